import type * as pulumi from "@pulumi/pulumi";
import type { LoadBalancerTarget } from "../edge/load-balancer";
import type { ComponentArgs } from "../lib/component";
import type { Vpc } from "../network/vpc";
import type { AlarmTopic } from "../observability/alarm-topic";
import type { Metric } from "../observability/metric";
import type { Ami } from "./ami";

/** What instances and their scripts call each other by; all known at preview. */
export interface FleetFacts {
  readonly region: string;
  readonly groupName: string;
  /** Holds a new instance until it completes the hook: CONTINUE once it can serve, ABANDON to be replaced. */
  readonly launchHookName: string;
  /** Holds a leaving instance until it completes the hook, once its requests have ended. */
  readonly terminationHookName: string;
}

/** How many instances there are, whatever happens to them. */
export interface FleetSize {
  /**
   * Never fewer, but for a schedule to zero. At least 1, because no instance means no metric, and nothing that would start one; outside prod 0 with `scaling.wake`,
   * which does.
   */
  readonly min: number;
  readonly max: number;
  /** At creation; later the scaling policies decide. Default `min`. */
  readonly desired?: number;
}

/** Sizes from a moment on, until another schedule. */
export interface FleetSchedule {
  /** Lower case letters, digits and hyphens; unique in the fleet. */
  readonly name: string;
  /** Minute, hour, day of month, month, day of week, such as `0 8 * * MON-FRI`. */
  readonly cron: string;
  /** IANA name, such as `Europe/Berlin`. Default `Etc/UTC`. */
  readonly timeZone?: string;
  /** Not below the fleet's own; or 0 together with `desired` and outside prod, if another schedule brings the fleet back. */
  readonly min: number;
  /** Not above the fleet's own. */
  readonly max: number;
  readonly desired: number;
}

export interface WarmPool {
  /** Instances kept ready beside those that serve. */
  readonly minSize: number;
  /** Most instances in the pool and in the group together. Default: the group's `max`. */
  readonly maxPrepared?: number;
  /** `Stopped` costs the volume alone. Default `Stopped`. */
  readonly state?: "Stopped" | "Running" | "Hibernated";
}

export interface FleetScaling {
  /** Adds an instance when the fleet is busy for 3 minutes and takes one away when it is idle for 15. */
  readonly utilisation: {
    /** An average over the group, in percent, such as `gpuUtilisation(namespace)`. */
    readonly metric: (facts: FleetFacts) => Metric;
    readonly upAbove: number;
    readonly downBelow: number;
  };
  /** Adds instances until each has no more than `target` of something, such as waiting requests. Takes none away: that is for `utilisation`. */
  readonly perInstance?: {
    /** Summed over the group, one value a minute from each instance, such as `waitingRequests(namespace)`. */
    readonly metric: (facts: FleetFacts) => Metric;
    readonly target: number;
  };
  /** Starts the first instance when something waits and the group wants none. Default: nothing does. */
  readonly wake?: {
    /** What waits outside of the fleet, such as `() => queue.metricVisible()`. */
    readonly metric: (facts: FleetFacts) => Metric;
  };
  /** Told too when the fleet is busy or idle. Default: nobody. */
  readonly notify?: AlarmTopic;
  /** With `notify`: what to do then, as in `Alarm`. Default: the alarms say what happens, no more. */
  readonly runbooks?: { readonly busy: string; readonly idle: string };
}

/**
 * Capacity that is paid for whether it is used or not. It is in one zone, where all instances then start; a refresh ends an instance before it starts the next, as there is
 * no room for both.
 */
export interface FleetCapacity {
  /**
   * `reservation`: an On-Demand Capacity Reservation, for as long as it is wanted. `block`: a Capacity Block for ML, for days that were bought; EC2 ends its instances half an hour
   * before its end, so have schedules that bring the fleet down before.
   */
  readonly kind: "reservation" | "block";
  /** `cr-…` of either. */
  readonly id: string;
  /** The zone it is in, one of the VPC's. */
  readonly zone: string;
}

export interface FleetArgs extends ComponentArgs {
  /** Instances stand in its private subnets, in at least two zones, and need a way out for packages and images. */
  readonly vpc: Vpc;
  /** Default: the newest Deep Learning AMI for GPU types, the newest Ubuntu 24.04 for others. See `imageIdOf` on how a newer one comes. */
  readonly ami?: Ami;
  /** Rows of `hardware`, the preferred one first; all with GPUs or all without, of one architecture. */
  readonly instanceTypes: readonly string[];
  readonly size: FleetSize;
  /** Start in reserved capacity, and nowhere else. On demand and one instance type only. Default: wherever EC2 has room. */
  readonly capacity?: FleetCapacity;
  /** Give instances all their adapters of Elastic Fabric Adapter, for models that are split over several instances. Types with EFA only. Default false. */
  readonly efa?: boolean;
  /** Spot instances above an on-demand base. Default: on demand only. */
  readonly spot?: {
    /** Instances that are always on demand. */
    readonly onDemandBase: number;
    /** Percent of the instances above the base that are on demand too. */
    readonly onDemandPercentageAbove: number;
  };
  /** The start script, as text of at most 16 KB when compressed. Holds no secrets. Must complete the launch hook, at every start if there is a warm pool. */
  readonly userData: (facts: FleetFacts) => string;
  /** Encrypted gp3. Default 100. */
  readonly rootVolumeGiB?: number;
  /** Where instances serve; their ports open to these load balancers and to nobody else. */
  readonly targets: readonly LoadBalancerTarget[];
  /** What the CloudWatch agent may write: metrics of one namespace, and streams of these log groups. */
  readonly telemetry: { readonly namespace: string; readonly logGroups: readonly string[] };
  /** ECR repository of this account that images come from. Default: none, and no permission for ECR. */
  readonly imageRepository?: string;
  /** Lets SSH in from a block of addresses, with a key pair of EC2. Default: no SSH; SSM Session Manager needs no port. */
  readonly admin?: { readonly cidr: string; readonly keyName: string };
  readonly scaling: FleetScaling;
  /** Default none. */
  readonly schedules?: readonly FleetSchedule[];
  /** On-demand fleets of one instance type only. Default none. */
  readonly warmPool?: WarmPool;
  /** What must be there before the first instance starts, beside the way out and all permissions. Default nothing. */
  readonly startsAfter?: readonly pulumi.Resource[];
  /** Seconds in which a new instance may say that it serves, 60 to 7200; then it is replaced. Default 1800: weights are large. */
  readonly launchTimeoutSeconds?: number;
  /** Seconds after the launch hook before failed health checks count. Default 180. */
  readonly healthCheckGraceSeconds?: number;
  /** Seconds that the longest request takes, 1 to 7080. A leaving instance has them, and a minute more. */
  readonly longestGenerationSeconds: number;
  /** Role parts of physical names that are given from elsewhere. Default: that of the logical name. */
  readonly physicalRoles?: {
    readonly group?: string;
    readonly launchTemplate?: string;
    readonly role?: string;
    readonly profile?: string;
    readonly securityGroup?: string;
    readonly busyAlarm?: string;
    readonly idleAlarm?: string;
  };
}

/** What holds for every update: a new instance serves before an old one leaves, and one in ten is replaced at a time, at least one. */
const healthyPercentage = { min: 100, max: 110 } as const;
/** In reserved capacity there is no room for one more. */
const healthyWhenReserved = { min: 50, max: 100 } as const;

/** How much of a fleet serves while instances are replaced, in percent. */
export function healthyWhileReplaced({ capacity }: Pick<FleetArgs, "capacity">) {
  return capacity ? healthyWhenReserved : healthyPercentage;
}

/** Seconds beside the longest request for the instance to notice, and to complete the hook. */
export const drainMarginSeconds = 60;

export const defaults = { rootVolumeGiB: 100, launchTimeoutSeconds: 1800, healthCheckGraceSeconds: 180 } as const;
