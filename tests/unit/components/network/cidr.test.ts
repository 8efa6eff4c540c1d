import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  allocateSubnets,
  formatCidr,
  overlap,
  parseCidr,
  type SubnetPlan,
  sizeOf,
  zoneIndex,
} from "../../../../components/network/cidr";

const zones = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"];
const zoneSet = fc.uniqueArray(fc.constantFrom(...zones), { minLength: 1, maxLength: 6 });
const prefixLength = fc.integer({ min: 22, max: 28 });
const tierSizes = fc.array(prefixLength, { minLength: 1, maxLength: 4 });
const base = fc.integer({ min: 0, max: 255 }).map((octet) => `10.${octet}.0.0/16`);
const tiersOf = (sizes: readonly number[]) =>
  sizes.map((size, index) => ({ name: `tier${index}`, prefixLength: size }));

function range({ cidr }: SubnetPlan): { first: number; last: number } {
  const { base: first, prefixLength: length } = parseCidr(cidr);
  return { first, last: first + sizeOf(length) - 1 };
}

describe("[lambda-efs 2.1] the document's subnets", () => {
  test("come out of the allocator by themselves", () => {
    const tiers = [{ name: "private", prefixLength: 24 }];
    expect(allocateSubnets({ vpc: "10.0.0.0/16", tiers, zones: ["us-east-1a", "us-east-1b"] })).toEqual([
      { tier: "private", zone: "us-east-1a", cidr: "10.0.1.0/24" },
      { tier: "private", zone: "us-east-1b", cidr: "10.0.2.0/24" },
    ]);
  });
});

describe("allocateSubnets", () => {
  test("gives a second tier the addresses after all slots of the first", () => {
    const tiers = [
      { name: "private", prefixLength: 24 },
      { name: "public", prefixLength: 26 },
    ];
    expect(allocateSubnets({ vpc: "10.1.0.0/16", tiers, zones: ["eu-west-1b"] })).toEqual([
      { tier: "private", zone: "eu-west-1b", cidr: "10.1.2.0/24" },
      { tier: "public", zone: "eu-west-1b", cidr: "10.1.7.64/26" },
    ]);
  });

  test.prop({ vpc: base, sizes: tierSizes, zones: zoneSet })(
    "keeps every subnet inside the VPC, aligned, and apart from every other",
    ({ vpc, sizes, zones }) => {
      const plan = allocateSubnets({ vpc, tiers: tiersOf(sizes), zones });
      expect(plan).toHaveLength(sizes.length * zones.length);
      const whole = range({ tier: "", zone: "", cidr: vpc });
      const ranges = plan.map(range).sort((left, right) => left.first - right.first);
      for (const [index, { first, last }] of ranges.entries()) {
        expect(first).toBeGreaterThan(whole.first);
        expect(last).toBeLessThanOrEqual(whole.last);
        expect(first).toBeGreaterThan(ranges[index - 1]?.last ?? -1);
      }
    },
  );

  test.prop({ vpc: base, sizes: tierSizes, zones: zoneSet, fewer: zoneSet })(
    "moves no subnet when zones come or go, whatever their order",
    ({ vpc, sizes, zones, fewer }) => {
      const all = allocateSubnets({ vpc, tiers: tiersOf(sizes), zones: [...new Set([...fewer, ...zones])] });
      for (const subnet of allocateSubnets({ vpc, tiers: tiersOf(sizes), zones: fewer }))
        expect(all).toContainEqual(subnet);
    },
  );

  test.prop({ vpc: base, sizes: tierSizes, zones: zoneSet, added: prefixLength })(
    "moves no subnet when a tier is added at the end",
    ({ vpc, sizes, zones, added }) => {
      const before = allocateSubnets({ vpc, tiers: tiersOf(sizes), zones });
      const after = allocateSubnets({ vpc, tiers: tiersOf([...sizes, added]), zones });
      expect(after.slice(0, before.length)).toEqual(before);
    },
  );

  const two = [
    { name: "private", prefixLength: 26 },
    { name: "public", prefixLength: 26 },
  ];
  test("says with numbers what does not fit", () => {
    expect(() => allocateSubnets({ vpc: "10.0.0.0/24", tiers: two, zones: ["us-east-1a"] })).toThrow(
      "VPC 10.0.0.0/24 has 256 addresses, but its tiers need 832 (private 6 x /26, public 6 x /26, and one block kept free). " +
        "Use a larger VPC, smaller subnets or fewer zoneSlots.",
    );
  });

  test("fits a small VPC with fewer slots, and then refuses zones without one", () => {
    const one = two.slice(0, 1);
    expect(allocateSubnets({ vpc: "10.0.0.0/24", tiers: one, zones: ["us-east-1c"], zoneSlots: 3 })).toEqual([
      { tier: "private", zone: "us-east-1c", cidr: "10.0.0.192/26" },
    ]);
    expect(() => allocateSubnets({ vpc: "10.0.0.0/24", tiers: one, zones: ["us-east-1d"], zoneSlots: 3 })).toThrow(
      "Zone us-east-1d is number 4 of its region, but each tier has room for 3 (zoneSlots).",
    );
  });

  test.each([
    [{ vpc: "10.0.0.0/8" }, "VPC is 10.0.0.0/8; AWS takes /16 (largest) to /28 (smallest)."],
    [{ tiers: [{ name: "x", prefixLength: 29 }] }, "Tier x is /29; AWS takes"],
    [{ tiers: [] }, "At least one tier is needed."],
    [{ tiers: [two[0], two[0]] }, "The tier private is given twice."],
    [{ zones: [] }, "At least one zone is needed."],
    [{ zones: ["us-east-1a", "us-east-1a"] }, "The zone us-east-1a is given twice."],
    [{ zones: ["us-east-1a", "us-west-2a"] }, "The zone letter a is given twice."],
    [{ zones: ["us-east-1"] }, '"us-east-1" is not an availability zone; expected a name such as us-east-1a.'],
  ])("refuses %j", (change, message) => {
    const good = { vpc: "10.0.0.0/16", tiers: two, zones: ["us-east-1a"] };
    expect(() => allocateSubnets({ ...good, ...change } as typeof good)).toThrow(message);
  });
});

describe("parseCidr", () => {
  test.prop({ address: fc.integer({ min: 0, max: 2 ** 32 - 1 }), prefixLength: fc.integer({ min: 0, max: 32 }) })(
    "reads back what formatCidr writes",
    ({ address, prefixLength }) => {
      const block = { base: address - (address % sizeOf(prefixLength)), prefixLength };
      expect(parseCidr(formatCidr(block))).toEqual(block);
    },
  );

  test.each(["10.0.0.0", "10.0.0/16", "256.0.0.0/8", "10.0.0.0/33", "", "::/0"])("refuses %j", (text) => {
    expect(() => parseCidr(text)).toThrow(`"${text}" is not an IPv4 block; expected one such as 10.0.0.0/16.`);
  });

  test("says which block was meant by an address inside one", () => {
    expect(() => parseCidr("10.0.3.7/16")).toThrow(
      '"10.0.3.7/16" is not the start of its block; did you mean 10.0.0.0/16?',
    );
  });
});

test("a zone's number is its letter", () => {
  expect(["us-east-1a", "ap-northeast-1d", "us-gov-west-1c", "us-west-2-lax-1b"].map(zoneIndex)).toEqual([0, 3, 2, 1]);
});

describe("two blocks", () => {
  test.each([
    ["10.0.0.0/16", "10.0.0.0/16", true],
    ["10.0.0.0/16", "10.0.255.0/24", true],
    ["10.0.0.0/8", "10.200.0.0/16", true],
    ["10.0.0.0/16", "10.1.0.0/16", false],
    ["10.0.0.0/17", "10.0.128.0/17", false],
  ])("%s and %s overlap: %s", (one, other, expected) => {
    expect([overlap(one, other), overlap(other, one)]).toEqual([expected, expected]);
  });
});
