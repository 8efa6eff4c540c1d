import { z } from "zod";
import { PackError } from "../pack-error";

/**
 * How an account gets things free. `credits`: opened since 15 July 2025; what is not always free spends credits.
 * `legacy12`: opened before that, with offers for twelve months. `always-free`: neither is left.
 */
export const freePlans = ["credits", "legacy12", "always-free"] as const;
export type FreePlan = (typeof freePlans)[number];

/** The setting `plan` of every rule whose answer hangs on it; the stack config `policy:freePlan` sets it for all of them. */
export const planSetting = z
  .enum(freePlans)
  .default("credits")
  .describe(
    "What the account has: credits (opened since 15 July 2025), legacy12 (opened before, first twelve months) or always-free (neither is left)",
  );

/** Reads a plan's name; undefined leaves the rules' own setting. Throws a {@link PackError} for a name that is none. */
export function parseFreePlan(name: string | undefined): FreePlan | undefined {
  const plan = freePlans.find((known) => known === name);
  if (name === undefined || plan) return plan;
  throw new PackError(
    `The stack config policy:freePlan is ${JSON.stringify(name)}; expected one of ${freePlans.join(", ")}. ` +
      "Set it with `pulumi config set policy:freePlan credits`.",
  );
}
