import { expect, test } from "vitest";
import type { Resource } from "../../support/policy-harness";
import type { Props } from "./cases";
import { judge, type Verdict } from "./rules";

/** What a rule says of a resource or a stack in the profile `free`. */
export function judgeFree(
  id: string,
  subject: Resource | readonly Resource[],
  settings: object = {},
): Promise<Verdict> {
  return judge(id, subject, settings, { profile: "free" });
}

/** One test for each case of a resource in the profile `free`. */
export function freeCases(
  id: string,
  type: string,
  table: readonly (readonly [title: string, props: Props, verdict: Verdict, settings?: object])[],
): void {
  const named = table.map(([title, props, verdict, settings = {}]) => ({ title, props, verdict, settings }));
  test.each(named)("$title", async ({ props, verdict, settings }) => {
    expect(await judgeFree(id, { type, props }, settings)).toEqual(verdict);
  });
}

/** What a rule says of a stack, without the sums. */
export async function judgeStack(
  id: string,
  stack: readonly Resource[],
  settings: object = {},
): Promise<Pick<Verdict, "violations" | "unknowns">> {
  const { violations, unknowns } = await judgeFree(id, stack, settings);
  return { violations, unknowns };
}

/** The sums that a rule tells of a stack. */
export async function sumsOf(
  id: string,
  stack: readonly Resource[],
  settings: object = {},
): Promise<readonly string[]> {
  return (await judgeFree(id, stack, settings)).sums ?? [];
}

/** So many resources of a type, named a0, a1 and so on. */
export function many(count: number, type: string, props: Props = {}): readonly Resource[] {
  return Array.from({ length: count }, (_, index) => ({ type, name: `a${index}`, props }));
}
