import type { Environment } from "../lib/context";
import { isNamePart } from "../lib/names";
import { type Check, oneOf, wholeNumber } from "../lib/validation";
import { parseCidr } from "../network/cidr";
import { isAmi } from "./ami";
import { defaults, drainMarginSeconds, type FleetArgs, type FleetSchedule, type FleetSize } from "./fleet-args";
import { efaAdapters, hardware, instanceTypes, isInstanceType } from "./hardware";

const maxInstances = 1000;
/** Source: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html */
const longestHookSeconds = 7200;

/** Everything that can be said of a fleet's arguments before anything is made. */
export function fleetChecks(args: FleetArgs, environment: Environment): Check[] {
  const { launchTimeoutSeconds, healthCheckGraceSeconds, rootVolumeGiB } = { ...defaults, ...withoutUndefined(args) };
  return [
    {
      path: "vpc",
      ok: args.vpc.privateSubnets.length >= 2,
      message: `has ${args.vpc.privateSubnets.length} private subnets; give one with at least two zones.`,
    },
    {
      path: "ami",
      ok: args.ami === undefined || isAmi(args.ami),
      message: `is ${JSON.stringify(args.ami)}; give { id: "ami-…" } or { ssmParameter: "/…" }.`,
    },
    ...instanceTypeChecks(args.instanceTypes),
    ...sizeChecks(args.size, args.scaling.wake !== undefined && environment !== "prod" ? 0 : 1),
    ...scheduleChecks(args.size, args.schedules ?? [], environment),
    ...spotChecks(args),
    ...capacityChecks(args),
    ...efaChecks(args),
    ...warmPoolChecks(args),
    ...scalingChecks(args.scaling),
    ...adminChecks(args.admin),
    wholeNumber("rootVolumeGiB", rootVolumeGiB, 8, 16_384, "GiB"),
    wholeNumber("launchTimeoutSeconds", launchTimeoutSeconds, 60, longestHookSeconds, "seconds"),
    wholeNumber("healthCheckGraceSeconds", healthCheckGraceSeconds, 0, 7200, "seconds"),
    wholeNumber(
      "longestGenerationSeconds",
      args.longestGenerationSeconds,
      1,
      longestHookSeconds - drainMarginSeconds,
      "seconds",
    ),
    {
      path: "telemetry.namespace",
      ok: /^[\w.\-/#:]{1,255}$/.test(args.telemetry.namespace) && !args.telemetry.namespace.startsWith("AWS/"),
      message: `is "${args.telemetry.namespace}"; give a name of your own, such as Phi3/Inference.`,
    },
    {
      path: "targets",
      ok: new Set(args.targets.map(({ port }) => port)).size === args.targets.length,
      message: "has two targets on one port; give each its own.",
    },
  ];
}

function instanceTypeChecks(types: readonly string[]): Check[] {
  const rows = types.filter(isInstanceType).map((type) => hardware[type]);
  const of = (what: (row: (typeof rows)[number]) => unknown) => new Set(rows.map(what)).size;
  return [
    {
      path: "instanceTypes",
      ok: types.length > 0 && new Set(types).size === types.length,
      message: `is ${JSON.stringify(types)}; give at least one type, each once.`,
    },
    ...types.map((type, index) => oneOf<string>(`instanceTypes[${index}]`, type, instanceTypes)),
    {
      path: "instanceTypes",
      ok: of(({ gpus }) => gpus > 0) <= 1 && of(({ arch }) => arch) <= 1,
      message: `mixes types with GPUs and without, or architectures: ${types.join(", ")}; one image must start on all of them.`,
    },
  ];
}

function sizeChecks({ min, max, desired = min }: FleetSize, least: 0 | 1): Check[] {
  return [
    wholeNumber("size.min", min, least, maxInstances, "instances; to have none at night, give a schedule"),
    wholeNumber("size.max", max, Math.max(1, min), maxInstances, "instances, not below size.min"),
    wholeNumber("size.desired", desired, min, max, "instances, from size.min to size.max"),
  ];
}

/** Whether a schedule takes all instances away. */
export function isToZero({ min, desired }: FleetSchedule): boolean {
  return min === 0 && desired === 0;
}

/** What keeps schedules from taking a fleet below its minimum. */
export function scheduleChecks(
  size: FleetSize,
  schedules: readonly FleetSchedule[],
  environment: Environment,
): Check[] {
  const bringsBack = schedules.some(({ min }) => min >= size.min);
  const each = schedules.flatMap((schedule, index): Check[] => {
    const at = `schedules[${index}]`;
    const { name, timeZone, min, max, desired } = schedule;
    const shape: Check[] = [
      {
        path: `${at}.name`,
        ok: isNamePart(name) && schedules.findIndex((other) => other.name === name) === index,
        message: `is "${name}"; give lower case letters, digits and single hyphens, a name for each schedule.`,
      },
      {
        path: `${at}.cron`,
        ok: cron.test(schedule.cron),
        message: `is "${schedule.cron}"; give minute, hour, day of month, month and day of week, such as 0 8 * * MON-FRI.`,
      },
      {
        path: `${at}.timeZone`,
        ok: timeZone === undefined || isTimeZone(timeZone),
        message: `is "${timeZone}"; give an IANA name, such as Europe/Berlin.`,
      },
      wholeNumber(`${at}.max`, max, 0, size.max, "instances, up to size.max"),
    ];
    if (isToZero(schedule)) {
      return [
        ...shape,
        {
          path: at,
          ok: environment !== "prod",
          message: `"${name}" takes the fleet to zero in prod, which answers at all hours; keep at least ${size.min}.`,
        },
        {
          path: at,
          ok: bringsBack,
          message: `"${name}" takes the fleet to zero, and no schedule brings it back to ${size.min}: nothing else would.`,
        },
      ];
    }
    return [
      ...shape,
      wholeNumber(`${at}.min`, min, size.min, max, `instances, from size.min to ${at}.max; or 0 with desired 0`),
      wholeNumber(`${at}.desired`, desired, min, max, `instances, from ${at}.min to ${at}.max`),
    ];
  });
  return each;
}

/** Five fields of a schedule, as EC2 Auto Scaling takes them. */
export const cron = /^[\dA-Za-z*,/-]+( [\dA-Za-z*,/-]+){4}$/;

/** Whether the name is one of the IANA's time zones. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Z]/.test(name);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function spotChecks({ spot, size }: FleetArgs): Check[] {
  if (!spot) return [];
  return [
    wholeNumber("spot.onDemandBase", spot.onDemandBase, 0, size.max, "instances, up to size.max"),
    wholeNumber("spot.onDemandPercentageAbove", spot.onDemandPercentageAbove, 0, 100, "percent"),
  ];
}

function capacityChecks({ capacity, spot, warmPool, instanceTypes: types, vpc }: FleetArgs): Check[] {
  if (!capacity) return [];
  const zones = vpc.privateSubnets.map(({ zone }) => zone);
  return [
    {
      path: "capacity",
      ok: spot === undefined && warmPool === undefined && types.length === 1,
      message: "is for on-demand fleets of one instance type, without a warm pool: a reservation is of one type.",
    },
    {
      path: "capacity.id",
      ok: isCapacityId(capacity.id),
      message: `is "${capacity.id}"; give the id of a capacity reservation or block, such as cr-0123456789abcdef0.`,
    },
    oneOf("capacity.zone", capacity.zone, zones),
  ];
}

/** Whether the text can be the id of a capacity reservation; blocks have the same form. */
export function isCapacityId(id: string): boolean {
  return /^cr-[0-9a-f]{17}$/.test(id);
}

function efaChecks({ efa, instanceTypes: types }: FleetArgs): Check[] {
  if (!efa) return [];
  const without = types.filter((type) => efaAdapters(type) === undefined);
  return [
    {
      path: "efa",
      ok: types.length === 1 && without.length === 0,
      message: `is for fleets of one type with EFA, not of ${types.join(", ")}; take one such as p5.48xlarge, or leave efa off.`,
    },
  ];
}

function warmPoolChecks({ warmPool, spot, instanceTypes: types, size }: FleetArgs): Check[] {
  if (!warmPool) return [];
  return [
    {
      path: "warmPool",
      ok: spot === undefined && types.length === 1,
      message: "needs an on-demand fleet of one instance type: AWS refuses it with a mixed instances policy.",
    },
    wholeNumber("warmPool.minSize", warmPool.minSize, 0, size.max, "instances, up to size.max"),
    wholeNumber("warmPool.maxPrepared", warmPool.maxPrepared ?? size.max, size.min, maxInstances, "instances"),
  ];
}

function scalingChecks({ utilisation, perInstance }: FleetArgs["scaling"]): Check[] {
  const { upAbove, downBelow } = utilisation;
  return [
    {
      path: "scaling.utilisation",
      ok: 0 < downBelow && downBelow < upAbove && upAbove < 100,
      message: `scales up above ${upAbove} and down below ${downBelow}; give percents with 0 < downBelow < upAbove < 100.`,
    },
    {
      path: "scaling.utilisation",
      // What two instances do at `downBelow` must not make one of them busy, or the fleet goes up and down for ever.
      ok: 2 * downBelow <= upAbove,
      message: `takes one of two instances away below ${downBelow} %, which brings the other to ${2 * downBelow} %, above ${upAbove} %; give downBelow at most half of upAbove.`,
    },
    {
      path: "scaling.perInstance.target",
      ok: perInstance === undefined || perInstance.target > 0,
      message: `is ${perInstance?.target}; give a number above 0.`,
    },
  ];
}

function adminChecks(admin: FleetArgs["admin"]): Check[] {
  if (!admin) return [];
  let prefix: number | undefined;
  try {
    parseCidr(admin.cidr);
    prefix = Number(admin.cidr.split("/")[1]);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return [
    {
      path: "admin.cidr",
      ok: prefix !== undefined && prefix >= 8,
      message: `is "${admin.cidr}"; give the addresses of your office or VPN, such as 203.0.113.0/24, not larger than /8.`,
    },
    {
      path: "admin.keyName",
      ok: /^[\x21-\x7e]{1,255}$/.test(admin.keyName),
      message: `is "${admin.keyName}"; give the name of a key pair of EC2.`,
    },
  ];
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<T>;
}
