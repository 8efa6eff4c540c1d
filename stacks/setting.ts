import { z } from "zod";
import { logRetentionDays } from "../components/lib/log-retention";

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
