import { describe, expect, test } from "vitest";
import { costReport } from "../../../automation/cost/report";
import { PreviewedResources } from "../../../automation/cost/resources";
import { costSettings } from "../../../automation/cost/settings";
import { costLine, costMarkdown, costText, dollars } from "../../../automation/cost/text";
import type { PricedResource } from "../../../pricing/resource";

const urn = (type: string, name: string) => `urn:pulumi:dev::llm-stacks::${type}::${name}`;
const address = (name: string): PricedResource => {
  const type = "aws:ec2/eip:Eip";
  return { urn: urn(type, name), type, name, parent: "", inputs: { tags: { System: "phi3" } } };
};
const month = 730 * 0.005;
const settings = costSettings({});
const report = (before: PricedResource[], after: PricedResource[], more: object = {}) =>
  costReport({ stack: "dev", region: "us-east-1", before, after, settings: { ...settings, ...more } });

describe("a cost report", () => {
  test("says what a change adds and takes away", () => {
    expect(report([address("a")], [address("a"), address("b")]).change.expected).toBeCloseTo(month);
    expect(costLine(report([address("a")], [address("a"), address("b")]))).toBe(
      "Cost: about $7.30 a month ($7.30 to $7.30), this change: +$3.65; ./llm cost dev has the parts",
    );
    expect(costLine(report([address("a")], []))).toContain("this change: -$3.65");
    expect(costLine(report([address("a")], [address("a")]))).toContain("this change: nothing");
  });

  test("tells how far it is over a budget, and that it is within", () => {
    const after = [address("a"), address("b")];
    const over = report([], after, { budgetUsd: 7 });
    expect(over.overUsd).toBeCloseTo(0.3);
    expect(costText(over)).toContain("Over the budget of $7.00 by $0.30.");
    const within = report([], after, { budgetUsd: 7.31 });
    expect(within.overUsd).toBe(0);
    expect(costMarkdown(within)).toContain("Within the budget of $7.31.");
  });

  test("lists what is not priced beside the sum", () => {
    const type = "aws:kinesis/stream:Stream";
    const unknown = { urn: urn(type, "s"), type, name: "s", parent: "", inputs: {} };
    const found = report([], [address("a"), unknown]);
    for (const text of [costText(found), costMarkdown(found)]) {
      expect(text).toContain("Not priced, and not in the sums:");
      expect(text).toContain("aws:kinesis/stream:Stream s: no pricer knows its type");
    }
    expect(costLine(found)).toContain("without 1 that has no price");
  });

  test("says that another region's prices are not there", () => {
    const abroad = costReport({ stack: "dev", region: "eu-west-1", before: [], after: [address("a")], settings });
    expect(costText(abroad)).toContain("eu-west-1 has prices of its own");
    expect(costMarkdown(abroad)).toContain("eu-west-1 has prices of its own");
  });

  test.each([
    [{ "cost:budgetUsd": -1 }, "cost:budgetUsd is -1; expected US dollars a month"],
    [{ "cost:usage": { reqests: {} } }, 'cost:usage: Unrecognized key: "reqests"'],
    [
      { "cost:usage": { requests: { low: 10, expected: 5 } } },
      "cost:usage.requests: low, expected and high must not fall",
    ],
  ])("refuses the config %j", (config, message) => {
    expect(() => costSettings({ config })).toThrow(message);
  });

  test("writes cents where they count", () => {
    expect([0, 3.651, -12.4, 99.999, 1234.5, -1e6].map(dollars)).toEqual([
      "$0.00",
      "$3.65",
      "-$12.40",
      "$100.00",
      "$1,235",
      "-$1,000,000",
    ]);
  });
});

test("a preview's events are gathered as they are and as they will be", () => {
  const resources = new PreviewedResources();
  const state = (name: string, inputs = {}) => ({ urn: name, type: "aws:ec2/eip:Eip", id: "", parent: "", inputs });
  const step = (op: string, name: string, old?: object, next?: object) =>
    resources.record({ resourcePreEvent: { metadata: { op, urn: name, type: "t", old, new: next } } } as never);
  step("same", "a", state("a"), state("a"));
  step("update", "b", state("b", { size: 1 }), state("b", { size: 2 }));
  step("create", "c", undefined, state("c"));
  step("create-replacement", "d", state("d", { size: 1 }), state("d", { size: 2 }));
  step("replace", "d", state("d", { size: 1 }), state("d", { size: 2 }));
  step("delete-replaced", "d", state("d", { size: 1 }));
  step("delete", "e", state("e"));
  const seen = (list: readonly PricedResource[]) => list.map((each) => [each.urn, each.inputs["size"]]);
  expect(seen(resources.before)).toEqual([
    ["a", undefined],
    ["b", 1],
    ["d", 1],
    ["e", undefined],
  ]);
  expect(seen(resources.after)).toEqual([
    ["a", undefined],
    ["b", 2],
    ["c", undefined],
    ["d", 2],
  ]);
});
