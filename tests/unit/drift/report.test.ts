import { expect, test } from "vitest";
import { DriftLog, driftText } from "../../../automation/drift/report";

const urn = (name: string) => `urn:pulumi:dev::llm-stacks::aws:sqs/queue:Queue::${name}`;

function logOf(...steps: object[]): DriftLog {
  const log = new DriftLog();
  for (const metadata of steps) log.record({ resOutputsEvent: { metadata } } as never);
  return log;
}

test("what changed is named with both values, and what is gone is gone", () => {
  const old = { outputs: { delay: 0, tags: { "a.b": "x" }, rules: [{ action: "allow" }], policy: "p".repeat(500) } };
  const now = { outputs: { delay: 5, tags: {}, rules: [{ action: "deny" }], policy: "q" } };
  const paths = ["delay", 'tags["a.b"]', "rules[0].action", "policy"];
  const detailedDiff = Object.fromEntries(paths.map((path) => [path, {}]));
  const { drifts } = logOf(
    { op: "same", urn: urn("a") },
    { op: "update", urn: urn("b"), old, new: now, detailedDiff },
    { op: "delete", urn: urn("c"), old },
  );
  expect(drifts.map(({ resource, kind }) => [resource, kind])).toEqual([
    ['aws:sqs/queue:Queue "b"', "changed"],
    ['aws:sqs/queue:Queue "c"', "gone"],
  ]);
  expect(drifts[0]?.changes.map(({ deployed, found }) => [deployed, found])).toEqual([
    [0, 5],
    ["x", undefined],
    ["allow", "deny"],
    ["p".repeat(500), "q"],
  ]);
  const text = driftText("dev", drifts);
  expect(text).toContain("2 resources are not as deployed in stack dev:");
  expect(text).toContain('    tags["a.b"]: "x" -> nothing\n');
  expect(text).toContain(`policy: "${"p".repeat(199)}... -> "q"`);
  expect(text).toContain('aws:sqs/queue:Queue "c" is gone');
});

test("a diff without details has the properties, and no drift is said too", () => {
  const step = {
    op: "update",
    urn: urn("b"),
    old: { outputs: { delay: 0 } },
    new: { outputs: { delay: 1 } },
    diffs: ["delay"],
  };
  expect(logOf(step).drifts[0]?.changes).toEqual([{ path: "delay", deployed: 0, found: 1 }]);
  expect(driftText("dev", [])).toBe("Stack dev is as it was deployed.");
});
