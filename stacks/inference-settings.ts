import { z } from "zod";
import { fits } from "../components/inference/capacity";
import type { FleetSchedule } from "../components/inference/fleet";
import { cron, isTimeZone } from "../components/inference/fleet-checks";
import { hardware, instanceTypes, isInstanceType } from "../components/inference/hardware";
import { type ModelName, models } from "../components/inference/models";
import { parseCidr } from "../components/network/cidr";
import { natModes } from "../components/network/nat-gateways";
import { environmentDefaults } from "./environments";
import { budgetFor, dearestUsdPerMonth } from "./inference-cost";
import { cidrBlock, flag, needs, oneOf, retention, setting, text, whole, zones } from "./setting";
import type { Place } from "./system";

/** Settings that phi3 and ollama have in common: a fleet behind a load balancer and a distribution. */

const hostName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;
const domainWords = "a host name whose DNS record you point at the load balancer";

function certificateArn(region: string) {
  return text(
    new RegExp(`^arn:aws[a-z-]*:acm:${region}:\\d{12}:certificate/[\\w-]+$`),
    `the ARN of an issued certificate of ACM in ${region} for that name`,
    `arn:aws:acm:${region}:123456789012:certificate/00000000-0000-0000-0000-000000000000`,
  );
}

/** Name and certificate of the load balancer. Only where any page may call (dev) can they be left out. */
export function domain({ environment, region }: Place, example: string) {
  const schema = z.strictObject({
    name: text(hostName, domainWords, example).prefault(""),
    certificateArn: certificateArn(region).prefault(""),
  });
  return environmentDefaults[environment].plainHttp ? schema.optional() : schema.prefault({});
}

/** Name and certificate of the distribution. CloudFront takes certificates of us-east-1 only. */
export function pageDomain() {
  return z
    .strictObject({
      name: text(hostName, "a host name whose DNS record you point at the distribution", "chat.example.com"),
      certificateArn: certificateArn("us-east-1"),
    })
    .optional();
}

export function network(place: Place, cidr: string) {
  const { natMode, zoneCount } = environmentDefaults[place.environment];
  return {
    cidr: cidrBlock(place, cidr, 2),
    availabilityZones: zones(place, 2, zoneCount),
    nat: oneOf(natModes.slice(1), natMode),
    flowLogs: flag(true),
    logRetentionDays: retention(30),
  };
}

/** Whether the text is a block of addresses, from its first, of /16 or smaller. */
export function isSmallBlock(block: string): boolean {
  try {
    return parseCidr(block).prefixLength >= 16;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

export interface FleetDefaults {
  readonly instanceType: string;
  readonly gpu: boolean;
  /** Whether the fleet may be empty: something then starts its first instance. Default false. */
  readonly mayBeEmpty?: boolean;
  readonly min: number;
  readonly max: number;
  readonly upAbove: number;
  readonly downBelow: number;
  readonly schedules: readonly ScheduleSettings[];
}

/** A schedule of the configuration. Sizes that it does not name are those of the fleet. */
export type ScheduleSettings = Omit<FleetSchedule, Sizes> & {
  readonly [size in Sizes]?: number | undefined;
};
type Sizes = "min" | "max" | "desired";
type FleetSizes = { readonly min: number; readonly max: number; readonly desired?: number | undefined };

/** Off at night and at weekends, which are two thirds of a week. */
export const workingHours: readonly ScheduleSettings[] = [
  { name: "night", cron: "0 19 * * *", min: 0, max: 0, desired: 0 },
  { name: "morning", cron: "0 7 * * MON-FRI" },
];

/** The schedule with all its sizes. */
export function withSizes(
  { min, max, desired, ...rest }: ScheduleSettings,
  { min: least, max: most, desired: wanted }: FleetSizes,
): FleetSchedule {
  return { ...rest, min: min ?? least, max: max ?? most, desired: desired ?? min ?? wanted ?? least };
}

/** Instance types of `hardware`, with or without GPUs. */
export function fleet(defaults: FleetDefaults) {
  const known = instanceTypes.filter((name) => hardware[name].gpus > 0 === defaults.gpu);
  const type = setting(z.enum(known), `one of ${known.join(", ")}`, defaults.instanceType);
  const sizes = "instances";
  const least = defaults.mayBeEmpty ? 0 : 1;
  const sizeOfSchedule = (example: number) =>
    setting(z.int().min(0).max(100).optional(), "a whole number of instances from 0 to 100", example);
  return {
    /** The preferred one first. */
    instanceTypes: setting(
      z
        .array(type)
        .min(1)
        .refine((names) => new Set(names).size === names.length, { error: "names a type twice; give each once." })
        .default([defaults.instanceType as (typeof known)[number]]),
      "a list of instance types",
      defaults.instanceType,
    ),
    size: z
      .strictObject({
        min: whole(least, 100, defaults.min, sizes),
        max: whole(1, 100, defaults.max, sizes),
        desired: setting(
          z.int().min(least).max(100).optional(),
          `a whole number of instances from ${least} to 100`,
          defaults.min,
        ),
      })
      .prefault({}),
    spot: z
      .strictObject({
        onDemandBase: whole(0, 100, 1, "instances that are always on demand"),
        onDemandPercentageAbove: whole(0, 100, 0, "percent of the others that are on demand too"),
      })
      .optional(),
    scaling: z
      .strictObject({
        upAbove: whole(1, 99, defaults.upAbove, "percent"),
        downBelow: whole(1, 99, defaults.downBelow, "percent"),
      })
      .prefault({}),
    schedules: z
      .array(
        z.strictObject({
          name: text(/^[a-z0-9]+(-[a-z0-9]+)*$/, "lower case letters, digits and hyphens", "night"),
          cron: text(cron, "minute, hour, day of month, month and day of week", "0 20 * * *"),
          timeZone: setting(
            z.string().refine(isTimeZone).default("Etc/UTC"),
            "an IANA time zone, such as Etc/UTC",
            "Europe/Berlin",
          ),
          min: sizeOfSchedule(0),
          max: sizeOfSchedule(defaults.max),
          desired: sizeOfSchedule(0),
        }),
      )
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
        error: "has two schedules of one name; give each its own.",
      })
      .default([...defaults.schedules].map((schedule) => ({ timeZone: "Etc/UTC", ...schedule }))),
    /** Lets SSH in. Default: SSM Session Manager only. */
    admin: z
      .strictObject({
        cidr: setting(
          z.string().refine(isSmallBlock),
          "the block of addresses that administrators come from, from its first, /16 or smaller",
          "198.51.100.0/24",
        ),
        keyName: text(/^[\x21-\x7e]{1,255}$/, "the name of a key pair of EC2, without spaces", "ops"),
      })
      .optional(),
    /** Seconds that the longest request takes. */
    longestGenerationSeconds: whole(10, 3600, 300, "seconds"),
    requestsPerMinutePerIp: whole(10, 1_000_000, 100, "requests a minute"),
    amiId: text(/^ami-[0-9a-f]{8,17}$/, "the id of an image", "ami-0123456789abcdef0").optional(),
    budgetUsdPerMonth: setting(
      z.int().min(1).optional(),
      "whole US dollars a month; by default what the largest size costs around the clock, and a tenth",
      500,
    ),
  };
}

interface FleetSettings {
  readonly instanceTypes: readonly string[];
  readonly size: FleetSizes;
  readonly scaling: { readonly upAbove: number; readonly downBelow: number };
  readonly schedules: readonly ScheduleSettings[];
  readonly spot?: { readonly onDemandBase: number } | undefined;
}
type Issues = z.core.$RefinementCtx;

function report(issues: Issues, path: (string | number)[], message: string): void {
  issues.addIssue({ code: "custom", path, message });
}

/** Adds what must hold between the settings of a fleet. */
export function withFleetChecks<S extends z.ZodType<FleetSettings>>(schema: S, place: Place): S {
  return schema
    .superRefine(({ size }, issues) => checkSize(size, issues), needs("size"))
    .superRefine(
      ({ size, spot }, issues) => {
        if (!spot || spot.onDemandBase <= size.max) return;
        report(issues, ["spot", "onDemandBase"], `${spot.onDemandBase} is above size.max (${size.max}).`);
      },
      needs("size", "spot"),
    )
    .superRefine(({ scaling }, issues) => {
      const { upAbove, downBelow } = scaling;
      if (downBelow * 2 <= upAbove) return;
      const message = `${downBelow} is above half of scaling.upAbove (${upAbove}): what one instance less leaves to the others would bring it back at once.`;
      report(issues, ["scaling", "downBelow"], message);
    }, needs("scaling"))
    .superRefine(
      ({ size, schedules: given }, issues) => {
        const schedules = given.map((schedule) => withSizes(schedule, size));
        for (const [index, schedule] of schedules.entries()) checkSchedule(schedule, index, size, place, issues);
        const turnsOff =
          place.environment !== "prod" && schedules.some(({ min, desired }) => min === 0 && desired === 0);
        if (!turnsOff || schedules.some(({ min }) => min >= size.min)) return;
        report(
          issues,
          ["schedules"],
          `turn the fleet off, but none brings it back to size.min (${size.min}); add one.`,
        );
      },
      needs("size", "schedules"),
    )
    .superRefine(({ instanceTypes: types }, issues) => {
      const architectures = new Set(types.filter(isInstanceType).map((name) => hardware[name].arch));
      if (architectures.size <= 1) return;
      report(issues, ["instanceTypes"], "mixes x86_64 and arm64; one image can't start on both.");
    }, needs("instanceTypes"));
}

function checkSize({ min, max, desired = min }: FleetSettings["size"], issues: Issues): void {
  if (min > max) {
    const message = `the least size, ${min}, is above the largest, ${max}; raise size.max or lower size.min.`;
    report(issues, ["size", "min"], message);
  } else if (desired < min || desired > max) {
    report(issues, ["size", "desired"], `${desired} is not between size.min (${min}) and size.max (${max}).`);
  }
}

function checkSchedule(
  schedule: FleetSchedule,
  index: number,
  { min, max }: FleetSettings["size"],
  { environment }: Place,
  issues: Issues,
): void {
  if (schedule.max > max) report(issues, ["schedules", index, "max"], `${schedule.max} is above size.max (${max}).`);
  if (schedule.min > schedule.desired || schedule.desired > schedule.max) {
    report(issues, ["schedules", index], "must have min, desired and max in ascending order.");
  }
  const off = environment !== "prod" && schedule.min === 0 && schedule.desired === 0;
  if (schedule.min >= min || off) return;
  const message = `${schedule.min} is below size.min (${min}); outside prod, 0 with desired 0 turns the fleet off.`;
  report(issues, ["schedules", index, "min"], message);
}

/** That each instance type has the memory for the model. Models that are not in the table of `models` can't be checked. */
export function checkFit(
  types: readonly string[],
  model: string,
  maxModelLen: number,
  options: { readonly gpuMemoryUtilization?: number },
  issues: Issues,
): void {
  if (!(model in models)) return;
  types.filter(isInstanceType).forEach((name, index) => {
    const fit = fits(models[model as ModelName], hardware[name], maxModelLen, options);
    if (!fit.fits)
      issues.addIssue({
        code: "custom",
        path: ["instanceTypes", index],
        message: `${name} can't serve ${model}: ${fit.why}`,
      });
  });
}

/** What a fleet costs a month at its largest, around the clock, and a tenth for all beside it; rounded up to $10. */
export function defaultBudget(types: readonly string[], max: number): number {
  return budgetFor(dearestUsdPerMonth(types, max), 0.1);
}
