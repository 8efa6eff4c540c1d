import { z } from "zod";
import { logRetentionDays } from "../components/lib/log-retention";
import { allocateSubnets } from "../components/network/cidr";
import type { Place } from "./system";

/** What a message says of a setting that is wrong. */
export interface SettingHelp {
  /** What was expected, such as `a whole number of MB from 128 to 10240`. */
  readonly expects: string;
  /** A value that would do, for the command that mends it. */
  readonly example: string | number | boolean;
}

const help = z.registry<SettingHelp>();

/** A value of a stack's configuration with what its error message says. */
export function setting<S extends z.ZodType>(schema: S, expects: string, example: SettingHelp["example"]): S {
  help.add(schema, { expects, example });
  return schema;
}

export function whole(least: number, most: number, byDefault: number, unit: string) {
  const schema = z.int().min(least).max(most).default(byDefault);
  return setting(schema, `a whole number of ${unit} from ${least} to ${most}`, byDefault);
}

export function flag(byDefault: boolean) {
  return setting(z.boolean().default(byDefault), "true or false", byDefault);
}

export function retention(byDefault: (typeof logRetentionDays)[number]) {
  const schema = z.literal([...logRetentionDays]).default(byDefault);
  return setting(schema, `a number of days CloudWatch can keep logs (${logRetentionDays.join(", ")})`, byDefault);
}

/** A number above 0 and up to 1. */
export function share(byDefault: number, unit: string) {
  const schema = z.number().gt(0).lte(1).default(byDefault);
  return setting(schema, `a number above 0 and up to 1 (${unit})`, byDefault);
}

export function oneOf<const T extends string>(values: readonly T[], byDefault: T) {
  return setting(z.enum(values).default(byDefault), `one of ${values.join(", ")}`, byDefault);
}

/** Text of a form. Without a default it must be set. */
export function text(pattern: RegExp, expects: string, example: string) {
  return setting(z.string().regex(pattern), expects, example);
}

/** Availability zones of the region; by default its first. */
export function zones({ region }: Place, least: number, byDefault: number) {
  const zone = setting(
    z.string().regex(new RegExp(`^${region}[a-z]$`)),
    `a zone of ${region}, such as ${region}a`,
    `${region}a`,
  );
  const list = z
    .array(zone)
    .min(least)
    .max(6)
    .refine((names) => new Set(names).size === names.length, { error: "names a zone twice; give each once." });
  const first = ["a", "b", "c"].slice(0, byDefault).map((letter) => `${region}${letter}`);
  const words = ["", "one", "two", "three"];
  return setting(list.default(first), `${words[least] ?? least} to six zones of ${region}`, `${region}a`);
}

/** An IPv4 block with room for six /24 subnets in each tier of a VPC, or for as many as `zoneSlots` says. */
export function cidrBlock({ region }: Place, byDefault: string, tiers: number, zoneSlots?: number) {
  const block = z.string().superRefine((vpc, issues) => {
    try {
      allocateSubnets({
        vpc,
        zones: [`${region}a`],
        zoneSlots,
        tiers: Array.from({ length: tiers }, (_, tier) => ({ name: String(tier), prefixLength: 24 })),
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      issues.addIssue({ code: "custom", message: error.message });
    }
  });
  return setting(block.default(byDefault), "an IPv4 block, such as 10.0.0.0/16", byDefault);
}

/**
 * For a check across settings: it runs when these are right, whatever else is wrong, so that all mistakes are told together.
 * `schema.superRefine(check, needs("size", "schedules"))`
 */
export function needs(...keys: readonly string[]) {
  return {
    when: ({ value, issues }: z.core.ParsePayload) =>
      typeof value === "object" &&
      value !== null &&
      // A key too many leaves the others as they are.
      !issues.some(
        ({ code, path }) =>
          code !== "unrecognized_keys" && (path === undefined || path.length === 0 || keys.includes(String(path[0]))),
      ),
  };
}

/** What is known of the setting at a path of a schema. */
export function helpFor(schema: unknown, path: readonly PropertyKey[]): SettingHelp | undefined {
  let here: unknown = schema;
  for (const step of path) {
    const inner = bare(here);
    if (inner instanceof z.ZodObject) here = (inner.shape as Record<PropertyKey, unknown>)[step];
    else if (inner instanceof z.ZodArray) here = inner.element;
    else return undefined;
  }
  return here instanceof z.ZodType ? (help.get(here) ?? help.get(bare(here) as z.ZodType)) : undefined;
}

/** The names of the settings of the object at a path of a schema. */
export function settingsAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  let here = bare(schema);
  for (const step of path) {
    if (!(here instanceof z.ZodObject)) return [];
    here = bare((here.shape as Record<PropertyKey, unknown>)[step]);
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

function bare(schema: unknown): unknown {
  let here = schema;
  while (here instanceof z.ZodDefault || here instanceof z.ZodOptional || here instanceof z.ZodPrefault) {
    here = here.def.innerType;
  }
  return here;
}
