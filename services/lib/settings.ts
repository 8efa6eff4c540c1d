/** Settings of a service from its environment: every mistake at once, by variable. */
import { z } from "zod";

export type Variables = Readonly<Record<string, string | undefined>>;

/** A number from text: Number alone would take "" for 0. */
export const number = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, `must be a number from ${least} to ${most}`)
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`));

export const whole = (least: number, most: number) =>
  number(least, most).pipe(z.number().int("must be a whole number"));

/** @param protocols such as `https:` */
export const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `must be a URL that starts with ${protocols.map((each) => `${each}//`).join(" or ")}`,
  });

/** A URL of HTTP without a slash at its end. */
export const webUrl = () => url("http:", "https:").transform((text) => text.replace(/\/+$/, ""));

/** What must hold between variables. */
export interface Relation<Settings> {
  /** The variables that it reads: it is not asked when one of them is wrong by itself. */
  readonly of: readonly (keyof Settings & string)[];
  /** The variable that the mistake is told of. */
  readonly at: keyof Settings & string;
  readonly wrong: (settings: Settings) => boolean;
  readonly message: string;
}

/** Settings that can't be used. The message lists every mistake, by variable. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

export interface Mistake<Name extends string> {
  readonly at: Name;
  readonly message: string;
}

/**
 * Settings from variables. One that is empty counts as not set; one that the shape does not have is left alone.
 *
 * @param describe the SettingsError's message of all that is wrong. Mistakes have no values in them, which may be secrets
 * @throws SettingsError
 */
export function parseSettings<Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
  relations: readonly Relation<{ [Name in keyof Shape]: z.output<Shape[Name]> }>[],
  variables: Variables,
  describe: (mistakes: readonly Mistake<keyof Shape & string>[]) => string,
): { [Name in keyof Shape]: z.output<Shape[Name]> } {
  const values: Record<string, unknown> = {};
  const mistakes: Mistake<keyof Shape & string>[] = [];
  for (const [name, schema] of Object.entries(shape)) {
    const parsed = z.safeParse(schema, variables[name] === "" ? undefined : variables[name]);
    if (parsed.success) values[name] = parsed.data;
    else mistakes.push(...parsed.error.issues.map(({ message }) => ({ at: name, message })));
  }
  const alone = new Set<string>(mistakes.map(({ at }) => at));
  // Each variable went through its own schema of the shape, and a relation reads only those that passed.
  const settings = values as { [Name in keyof Shape]: z.output<Shape[Name]> };
  for (const { of, at, wrong, message } of relations) {
    if (!of.some((name) => alone.has(name)) && wrong(settings)) mistakes.push({ at, message });
  }
  if (mistakes.length > 0) throw new SettingsError(describe(mistakes));
  return settings;
}
