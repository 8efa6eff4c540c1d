import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test, vi } from "vitest";
import { estimate } from "../../../pricing/estimate";
import { costsNothing } from "../../../pricing/free";
import type { PricedResource } from "../../../pricing/resource";
import { usEast1 } from "../../../pricing/us-east-1";
import { usageSchema } from "../../../pricing/usage";
import { shippedResources } from "./shipped";

// Whole programs.
vi.setConfig({ testTimeout: 240_000 });

const usage = usageSchema.parse({});
const stackUrn = "urn:pulumi:dev::llm-stacks::pulumi:pulumi:Stack::llm-stacks-dev";

function resource(type: string, inputs: object = {}, name = "r", parent = stackUrn): PricedResource {
  return { urn: `urn:pulumi:dev::llm-stacks::${type}::${name}`, type, name, parent, inputs: { ...inputs } };
}

const priced = (...resources: PricedResource[]) => estimate(resources, { usage });
const nat = resource("aws:ec2/natGateway:NatGateway");

describe("an estimate", () => {
  test("multiplies hours and assumed use by list prices", () => {
    const { lines, total, notPriced } = priced(nat);
    expect(lines.map(({ item, usd }) => [item, usd.expected])).toEqual([
      ["hours", 730 * 0.045],
      ["traffic", 50 * 0.045],
    ]);
    expect(total).toEqual({
      low: 730 * 0.045 + 5 * 0.045,
      expected: 730 * 0.045 + 50 * 0.045,
      high: 730 * 0.045 + 500 * 0.045,
    });
    expect(notPriced).toEqual([]);
  });

  test("lists what it can't price, and does not take it for nothing", () => {
    const { notPriced, lines } = priced(
      resource("aws:kinesis/stream:Stream"),
      resource("aws:rds/instance:Instance", { instanceClass: "db.x9.huge", allocatedStorage: 20 }),
      resource("aws:autoscaling/group:Group", { minSize: 1, maxSize: 1 }),
      resource("aws:iam/role:Role"),
      resource("random:index/randomId:RandomId"),
    );
    expect(notPriced.map(({ type, why }) => [type, why])).toEqual([
      ["aws:kinesis/stream:Stream", "no pricer knows its type"],
      ["aws:rds/instance:Instance", "no price is known for db.x9.huge"],
      ["aws:autoscaling/group:Group", "its instance type is not known at preview"],
    ]);
    expect(lines.map(({ item }) => item)).toEqual(["storage"]);
  });

  test("takes off what every account has for nothing, and what an account of twelve months has, when it is one", () => {
    const alarms = Array.from({ length: 12 }, (_, index) =>
      resource("aws:cloudwatch/metricAlarm:MetricAlarm", {}, `a${index}`),
    );
    const { total, allowances } = priced(...alarms);
    expect(allowances).toEqual([{ unit: "standard alarms", free: 10, usd: { low: 1, expected: 1, high: 1 } }]);
    expect(total.expected).toBeCloseTo(0.2);
    const machine = resource("aws:ec2/instance:Instance", {
      instanceType: "t3.micro",
      rootBlockDevice: { volumeSize: 30 },
    });
    const whole = 730 * 0.0104 + 30 * 0.08;
    expect(priced(machine).total.expected).toBeCloseTo(whole);
    expect(estimate([machine], { usage, plan: "credits" }).total.expected).toBeCloseTo(whole);
    expect(estimate([machine], { usage, plan: "legacy12" }).total.expected).toBeCloseTo(0);
  });

  test("counts metrics of an alarm that computes", () => {
    const query = (metric: boolean) =>
      metric ? { id: "m", metric: { metricName: "x" } } : { id: "e", expression: "m" };
    const alarm = { metricQueries: [query(true), query(true), query(false)] };
    expect(priced(resource("aws:cloudwatch/metricAlarm:MetricAlarm", alarm)).lines[0]?.quantity.expected).toBe(2);
  });

  test("reads a fleet's size, type and disk from the group and the template of the same component", () => {
    const fleet = "urn:pulumi:dev::llm-stacks::llm:inference:Fleet::f";
    const inner = resource("llm:inference:InstanceTemplate", {}, "t", fleet);
    const template = {
      instanceType: "g5.xlarge",
      monitoring: { enabled: true },
      blockDeviceMappings: [{ ebs: { volumeSize: 100, throughput: 225 } }],
    };
    const size = { minSize: 1, maxSize: 3, desiredCapacity: 2, tags: [{ key: "System", value: "phi3" }] };
    const found = priced(
      resource("aws:autoscaling/group:Group", size, "g", fleet),
      inner,
      resource("aws:ec2/launchTemplate:LaunchTemplate", template, "lt", inner.urn),
      resource("aws:ec2/launchTemplate:LaunchTemplate", { instanceType: "p5.48xlarge" }, "other"),
    );
    expect(found.notPriced).toEqual([]);
    expect(found.lines.map(({ system, item, quantity }) => [system, item, quantity])).toEqual([
      ["phi3", "g5.xlarge", { low: 730, expected: 1460, high: 2190 }],
      ["phi3", "gp3 volume", { low: 100, expected: 200, high: 300 }],
      ["phi3", "MB/s above 125", { low: 100, expected: 200, high: 300 }],
      ["phi3", "metrics of instances and their agents", { low: 12, expected: 34, high: 81 }],
    ]);
    const idle = priced(
      resource("aws:autoscaling/group:Group", { minSize: 0, maxSize: 2 }, "g", fleet),
      resource("aws:ec2/launchTemplate:LaunchTemplate", template, "lt", fleet),
    );
    expect(idle.lines[0]?.quantity).toEqual({ low: 0, expected: 0.33 * 730, high: 1460 });
  });

  property.prop([fc.array(fc.constantFrom(...["natGateway:NatGateway", "eip:Eip"]), { maxLength: 20 })])(
    "never falls when something is added",
    (types) => {
      const all = types.map((type, index) =>
        resource(`aws:ec2/${type.split(":")[0]}:${type.split(":")[1]}`, {}, `${index}`),
      );
      const totals = all.map((_, index) => priced(...all.slice(0, index + 1)).total.expected);
      expect(totals).toEqual([...totals].sort((a, b) => a - b));
    },
  );
});

describe.each(["dev", "staging", "prod", "free"])("stack %s as it is shipped", (stack) => {
  test("has a price for everything, and no less at much use than at little", async () => {
    const { lines, notPriced, total } = estimate(await shippedResources(stack), { usage });
    expect(notPriced).toEqual([]);
    for (const { usd, urn, item } of lines) {
      expect(usd.low, `${urn} ${item}`).toBeLessThanOrEqual(usd.expected);
      expect(usd.expected, `${urn} ${item}`).toBeLessThanOrEqual(usd.high);
    }
    expect(total.expected).toBeGreaterThan(0);
    expect(new Set(lines.map(({ system }) => system)).size).toBeGreaterThan(stack === "free" ? 0 : 4);
  });
});

test("every price says where it stands and when it was written down", () => {
  for (const [key, { usd, source, date, unit }] of Object.entries(usEast1)) {
    expect(usd, key).toBeGreaterThan(0);
    expect(source, key).toMatch(/\w/);
    expect(date, key).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(unit, key).toMatch(/\w/);
  }
});

test("what costs nothing is named by its whole type", () => {
  expect(costsNothing("aws:s3/bucketPolicy:BucketPolicy")).toBe(true);
  expect(costsNothing("aws:s3/bucket:Bucket")).toBe(false);
  expect(costsNothing("aws:iam/user:User")).toBe(false);
});
