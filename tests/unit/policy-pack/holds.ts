import { expect, test } from "vitest";
import type { Resource } from "../../support/policy-harness";
import { judge, serve, type Verdict } from "./rules";

/** What one rule has to say of a resource, or of a stack, with these settings. */
export type Case = readonly [
  title: string,
  subject: Resource | readonly Resource[],
  verdict: Verdict,
  settings?: object,
];

/** A test for each case. */
export function holds(id: string, cases: readonly Case[]): void {
  for (const [title, subject, verdict, settings] of cases) {
    test(title, async () => expect(await judge(id, subject, settings)).toEqual(verdict));
  }
}

/** The inputs that a rule's remediation makes of a resource; undefined when it changes nothing. */
export async function cure(id: string, resource: Resource, settings: object = {}): Promise<Resource["props"]> {
  const pack = await serve(
    { profile: "prod" },
    { all: "disabled", [id]: { enforcementLevel: "remediate", ...settings } },
  );
  const [remediation, ...others] = await pack.remediate(resource);
  if (others.length > 0) throw new Error(`${id} remediates more than once`);
  return remediation?.props;
}
