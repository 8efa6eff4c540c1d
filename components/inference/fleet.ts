import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { packUserData } from "../../userdata/pack";
import { Component } from "../lib/component";
import type { Grantee, Statement } from "../lib/iam";
import { nameLimits, physicalName } from "../lib/names";
import { ServiceRole } from "../lib/service-role";
import { anyone, cidrPeer } from "../network/peer";
import { SecurityGroup } from "../network/security-group";
import type { Metric } from "../observability/metric";
import { defaultAmi, imageIdOf } from "./ami";
import { defaults, drainMarginSeconds, type FleetArgs, type FleetFacts, healthyWhileReplaced } from "./fleet-args";
import { fleetChecks } from "./fleet-checks";
import { startsFrom } from "./fleet-launch";
import { inService, wanted } from "./fleet-metrics";
import { FleetPolicies } from "./fleet-policies";
import { fleetStatements } from "./fleet-statements";
import { efaAdapters, hardwareOf } from "./hardware";
import { InstanceTemplate } from "./instance-template";

export type {
  FleetArgs,
  FleetCapacity,
  FleetFacts,
  FleetScaling,
  FleetSchedule,
  FleetSize,
  WarmPool,
} from "./fleet-args";

const launchHookName = "hold-until-healthy";
const terminationHookName = "drain-before-termination";
const groupMetrics = [
  "GroupMinSize",
  "GroupMaxSize",
  "GroupDesiredCapacity",
  "GroupInServiceInstances",
  "GroupPendingInstances",
  "GroupTerminatingInstances",
  "GroupTotalInstances",
] as const;

/**
 * Instances that serve a model behind load balancers: as many as the load asks for, never fewer than the least.
 *
 * An instance serves once its script has completed the launch hook, and leaves once its requests have ended. An update replaces instances by new ones
 * that serve already, and goes back by itself if those don't get healthy. The size is kept by AWS between `size.min` and `size.max`; `desired` counts at
 * creation only, so that no update undoes what the load asked for.
 *
 * Cost: the instances (see `hardware`), $8 a month for each 100 GB disk, $0.10 for each of the two alarms, $2.10 for each instance's metrics by the minute.
 */
export class Fleet extends Component implements Grantee {
  /** Known at preview. */
  readonly groupName: string;
  readonly roleName: string;
  readonly facts: FleetFacts;
  readonly securityGroup: SecurityGroup;
  readonly nodes: {
    readonly group: aws.autoscaling.Group;
    readonly role: ServiceRole;
    readonly profile: aws.iam.InstanceProfile;
    readonly template: InstanceTemplate;
  };

  constructor(name: string, args: FleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inference", "Fleet", name, args, opts);
    this.check(fleetChecks(args, this.context.environment));
    this.groupName = this.nameAs("autoScalingGroup", args.physicalRoles?.group);
    this.facts = { region: this.context.region, groupName: this.groupName, launchHookName, terminationHookName };
    this.securityGroup = this.createSecurityGroup(args);
    const role = this.createRole(args);
    this.roleName = role.name;
    const profile = this.createProfile(args, role);
    const template = this.createTemplate(args, profile);
    const group = this.createGroup(args, role, template);
    this.nodes = { group, role, profile, template };
    this.keepHooks(args);
    this.createPolicies(args);
    this.registerOutputs({ groupName: this.groupName });
  }

  /** @inheritdoc */
  allow(purpose: string, statements: readonly Statement[]): pulumi.Resource {
    return this.nodes.role.allow(purpose, statements);
  }

  /** Instances that serve, in each minute. */
  metricInService(): Metric {
    return inService(this.facts);
  }

  /** Instances that the group wants, in each minute; more than serve while some start. */
  metricWanted(): Metric {
    return wanted(this.facts);
  }

  private nameAs(kind: keyof typeof nameLimits, role: string = this.role): string {
    return physicalName(this.context.system, role, this.context.stack, nameLimits[kind]);
  }

  private createSecurityGroup({ vpc, targets, admin, efa, physicalRoles }: FleetArgs): SecurityGroup {
    const group = new SecurityGroup(
      this.childName("sg"),
      {
        ...this.inherited(),
        physicalRole: physicalRoles?.securityGroup ?? this.role,
        vpcId: vpc.id,
        description: `Instances of ${this.groupName}`,
      },
      { parent: this },
    );
    group.allowTo(anyone, 443, "HTTPS to AWS services, package repositories and image registries");
    for (const { name, port, loadBalancer } of targets) {
      group.allowFrom(loadBalancer.securityGroup, port, `Requests and health checks of ${name}`);
      loadBalancer.securityGroup.allowTo(group, port, `Requests and health checks of ${name}`);
    }
    if (efa) {
      // Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html
      group.allowFrom(group, "all", "EFA between the instances of the fleet");
      group.allowTo(group, "all", "EFA between the instances of the fleet");
    }
    if (admin) group.allowFrom(cidrPeer(admin.cidr), 22, "SSH of administrators");
    return group;
  }

  private createRole(args: FleetArgs): ServiceRole {
    const role = new ServiceRole(
      this.childName("instance"),
      {
        ...this.inherited(),
        physicalRole: args.physicalRoles?.role,
        trusts: "ec2.amazonaws.com",
        description: `Instances of ${this.groupName}`,
      },
      { parent: this },
    );
    for (const [purpose, statements] of Object.entries(fleetStatements(this.context, this.groupName, args))) {
      role.allow(purpose, statements);
    }
    return role;
  }

  private createProfile({ physicalRoles }: FleetArgs, role: ServiceRole): aws.iam.InstanceProfile {
    return new aws.iam.InstanceProfile(
      this.childName("profile"),
      {
        name: this.nameAs("iamInstanceProfile", physicalRoles?.profile),
        role: role.nodes.role.name,
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  private createTemplate(args: FleetArgs, profile: aws.iam.InstanceProfile): InstanceTemplate {
    const [instanceType = ""] = args.instanceTypes;
    const ami = args.ami ?? defaultAmi(hardwareOf(instanceType));
    return new InstanceTemplate(
      this.childName("template"),
      {
        ...this.inherited(),
        physicalRole: args.physicalRoles?.launchTemplate ?? this.role,
        imageId: imageIdOf(ami, { parent: this }),
        instanceType,
        rootVolumeGiB: args.rootVolumeGiB ?? defaults.rootVolumeGiB,
        profile,
        securityGroup: this.securityGroup,
        userData: this.checked("userData", () => packUserData(args.userData(this.facts))),
        keyName: args.admin?.keyName,
        capacity: args.capacity,
        efaAdapters: args.efa ? efaAdapters(instanceType) : undefined,
      },
      { parent: this },
    );
  }

  private createGroup(args: FleetArgs, role: ServiceRole, template: InstanceTemplate): aws.autoscaling.Group {
    const { size, targets, vpc, capacity } = args;
    const subnets = vpc.privateSubnets.filter(({ zone }) => capacity === undefined || zone === capacity.zone);
    const healthy = healthyWhileReplaced(args);
    const graceSeconds = args.healthCheckGraceSeconds ?? defaults.healthCheckGraceSeconds;
    const launchMinutes = Math.ceil((args.launchTimeoutSeconds ?? defaults.launchTimeoutSeconds) / 60);
    return new aws.autoscaling.Group(
      this.childName("group"),
      {
        name: this.groupName,
        minSize: size.min,
        maxSize: size.max,
        desiredCapacity: size.desired ?? size.min,
        vpcZoneIdentifiers: subnets.map(({ id }) => id),
        targetGroupArns: targets.map(({ arn }) => arn),
        healthCheckType: targets.length > 0 ? "ELB" : "EC2",
        healthCheckGracePeriod: graceSeconds,
        // The launch hook holds an instance until it serves, so nothing is left to warm up but the load balancer's first checks.
        defaultInstanceWarmup: graceSeconds,
        ...startsFrom(args, template),
        instanceMaintenancePolicy: {
          minHealthyPercentage: healthy.min,
          maxHealthyPercentage: healthy.max,
        },
        instanceRefresh: {
          strategy: "Rolling",
          preferences: {
            minHealthyPercentage: healthy.min,
            maxHealthyPercentage: healthy.max,
            instanceWarmup: String(graceSeconds),
            skipMatching: true,
            autoRollback: true,
          },
        },
        // The first instances start together with the group: hooks of their own would come too late for them.
        initialLifecycleHooks: this.hooks(args),
        enabledMetrics: [...groupMetrics],
        metricsGranularity: "1Minute",
        waitForCapacityTimeout: `${launchMinutes + 10}m`,
        tags: Object.entries(this.namedTags()).map(([key, value]) => ({ key, value, propagateAtLaunch: true })),
      },
      {
        parent: this,
        // `desiredCapacity` belongs to the scaling policies, and hooks are kept by resources of their own.
        ignoreChanges: ["desiredCapacity", "initialLifecycleHooks"],
        dependsOn: allPermissions(role, args),
        customTimeouts: { delete: "30m" },
      },
    );
  }

  private hooks(args: FleetArgs) {
    return [
      {
        name: launchHookName,
        lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
        heartbeatTimeout: args.launchTimeoutSeconds ?? defaults.launchTimeoutSeconds,
        // An instance that never said that it serves does not.
        defaultResult: "ABANDON",
      },
      {
        name: terminationHookName,
        lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
        heartbeatTimeout: Math.max(30, args.longestGenerationSeconds + drainMarginSeconds),
        defaultResult: "CONTINUE",
      },
    ];
  }

  /** The same hooks again, as resources: AWS takes the group's own at its creation only, and would never hear of a change. */
  private keepHooks(args: FleetArgs): void {
    for (const hook of this.hooks(args)) {
      new aws.autoscaling.LifecycleHook(
        this.childName(hook.name),
        { ...hook, autoscalingGroupName: this.nodes.group.name },
        { parent: this },
      );
    }
  }

  private createPolicies({ scaling, schedules, physicalRoles }: FleetArgs): void {
    new FleetPolicies(
      this.childName("policies"),
      {
        ...this.inherited(),
        scaling,
        schedules,
        facts: this.facts,
        group: this.nodes.group,
        alarmRoles: {
          busy: physicalRoles?.busyAlarm ?? `${this.role}-busy`,
          idle: physicalRoles?.idleAlarm ?? `${this.role}-idle`,
          wake: `${this.role}-wake`,
        },
      },
      { parent: this },
    );
  }
}

/**
 * What must be there before the first instance starts: its way out, and what it is allowed, also by `allow` and grants that the composition calls after
 * the constructor.
 */
function allPermissions(role: ServiceRole, { vpc, startsAfter = [] }: FleetArgs): Promise<pulumi.Resource[]> {
  return Promise.resolve().then(() => [vpc, ...startsAfter, ...role.permissions]);
}
