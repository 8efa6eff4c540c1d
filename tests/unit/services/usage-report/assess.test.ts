import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alwaysFree, firstYear } from "../../../../policy-pack/lib/free-tier/limits";
import { assess, isOver, limitOf, nearShare } from "../../../../services/usage-report/assess";
import { readBill } from "../../../../services/usage-report/cost-explorer";
import { hoursSince, monthOf, projection } from "../../../../services/usage-report/month";
import {
  type QuantityId,
  quantities,
  quantityIds,
  type Reading,
  type Readings,
} from "../../../../services/usage-report/quantities";
import { newsOf, subjectOf } from "../../../../services/usage-report/tell";
import { reportText } from "../../../../services/usage-report/text";

const now = new Date("2026-11-21T12:00:00Z");
const month = monthOf(now);
const instants = fc.date({ min: new Date("2026-01-01"), max: new Date("2029-01-01"), noInvalidDate: true });
const plans = fc.constantFrom("credits", "legacy12", "always-free" as const);

const allUnknown = Object.fromEntries(quantityIds.map((id) => [id, { unknown: "not asked" }])) as unknown as Readings;
const withReading = (id: QuantityId, reading: Reading): Readings => ({ ...allUnknown, [id]: reading });
const row = (readings: Readings, id: QuantityId) =>
  assess(readings, month, "credits").rows.find((one) => one.id === id);

describe("a month", () => {
  test("is one of the calendar in UTC, and holds the time it is of", () =>
    fc.assert(
      fc.property(instants, (at) => {
        const { start, end } = monthOf(at);
        expect(start.getTime()).toBeLessThanOrEqual(at.getTime());
        expect(at.getTime()).toBeLessThan(end.getTime());
        expect(monthOf(start).end).toEqual(end);
        expect((end.getTime() - start.getTime()) / 3_600_000).toBeGreaterThanOrEqual(28 * 24);
      }),
    ));

  test("has hours of a thing since its start, or since the month's", () => {
    expect(hoursSince(new Date("2026-11-21T10:00:00Z"), month)).toBe(2);
    expect(hoursSince(new Date("2026-03-01T00:00:00Z"), month)).toBe(20 * 24 + 12);
    expect(hoursSince(new Date("2026-12-01T00:00:00Z"), month)).toBe(0);
  });
});

describe("a projection", () => {
  const used = fc.double({ min: 0, max: 1e7, noNaN: true });

  test("is never less than what is used, and as much at the month's end", () =>
    fc.assert(
      fc.property(
        instants,
        used,
        fc.constantFrom("hours", "sum", "level" as const),
        fc.integer({ min: 0, max: 5 }),
        (at, amount, growth, running) => {
          const here = monthOf(at);
          const projected = projection(growth, { used: amount, running }, here);
          if (projected !== undefined) expect(projected).toBeGreaterThanOrEqual(amount * (1 - 1e-9));
          const last = { ...here, now: here.end };
          expect(projection(growth, { used: amount, running }, last)).toBeCloseTo(amount, 6);
        },
      ),
    ));

  test("grows with what runs: one machine for the whole month is the month's hours", () =>
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 4 }), (at, machines) => {
        const here = monthOf(at);
        const total = projection("hours", { used: machines * hoursSince(here.start, here), running: machines }, here);
        expect(total).toBeCloseTo((machines * (here.end.getTime() - here.start.getTime())) / 3_600_000, 6);
      }),
    ));

  test("says nothing of sums on the first day", () => {
    const early = monthOf(new Date("2026-11-01T06:00:00Z"));
    expect(projection("sum", { used: 10 }, early)).toBeUndefined();
    expect(projection("level", { used: 10 }, early)).toBe(10);
  });
});

describe("[afirgen P1] usage against a limit", () => {
  test("is judged for every level of every quantity", () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...quantityIds),
        fc.integer({ min: 0, max: 3000 }).map((thousandths) => thousandths / 1000),
        plans,
        (id, part, plan) => {
          const limit = limitOf(quantities[id], plan);
          const used = part * (limit === 0 ? 1 : limit);
          const report = assess(withReading(id, { used, source: "test", running: 0 }), month, plan);
          const found = report.rows.find((one) => one.id === id);
          expect(found?.state === "over").toBe(used > limit);
          expect(isOver(report)).toBe(used > limit);
          if (used <= limit && used > 0) expect(found?.state === "near").toBe(used >= nearShare * limit);
          expect((found?.beyondUsd ?? 0) > 0).toBe(used > limit);
        },
      ),
    ));

  test("unknown is told as unknown, with the reason, and is over no limit", () => {
    const report = assess(allUnknown, month, "credits");
    expect(new Set(report.rows.map(({ state }) => state))).toEqual(new Set(["unknown"]));
    expect(report.rows.every(({ used }) => used === undefined)).toBe(true);
    expect(isOver(report)).toBe(false);
    const text = reportText(report);
    expect(text.match(/ unknown /g)).toHaveLength(quantityIds.length);
    expect(text).toContain("Billed so far: unknown");
  });

  test("what will pass its limit is told before it does", () => {
    expect(row(withReading("s3Puts", { used: 1500, source: "test" }), "s3Puts")).toMatchObject({ state: "rising" });
    expect(row(withReading("ec2Hours", { used: 492, running: 1, source: "test" }), "ec2Hours")).toMatchObject({
      state: "ok",
    });
    expect(row(withReading("ec2Hours", { used: 500, running: 2, source: "test" }), "ec2Hours")).toMatchObject({
      state: "rising",
    });
  });

  test("has the policy pack's limits, with source and date", () => {
    expect(quantities.ec2Hours.limit).toBe(firstYear.ec2Hours);
    expect(quantities.alarms.limit).toBe(alwaysFree.alarms);
    const values = Object.fromEntries(quantityIds.map((id) => [id, quantities[id].limit.value]));
    expect(values).toMatchObject({
      ec2Hours: 750,
      rdsHours: 750,
      s3Gb: 5,
      s3Gets: 20_000,
      s3Puts: 2_000,
      customMetrics: 10,
      alarms: 10,
    });
    for (const id of quantityIds) expect(quantities[id].limit.date).toMatch(/^\d{4}-\d\d-\d\d$/);
  });
});

describe("the text", () => {
  test("shows part, projection and bound", () => {
    const text = reportText(
      assess(withReading("ebsGb", { used: 24, source: "volumes", bound: "least" }), month, "legacy12", 1.5),
    );
    expect(text).toMatch(/EBS volumes, GB +>= 24 +30 +80 % +24 +from 80 % +volumes/);
    expect(text).toContain("Billed so far, credits taken off: $1.50");
  });
});

describe("telling", () => {
  const report = assess(
    { ...allUnknown, alarms: { used: 12, source: "test" }, ebsGb: { used: 30, source: "test" } } as Readings,
    month,
    "credits",
  );

  test("names each quantity once a month and state", () => {
    const { news, after } = newsOf(report, undefined);
    expect(news.sort()).toEqual(["alarms", "ebsGb"]);
    expect(newsOf(report, after).news).toEqual([]);
    expect(newsOf(report, { ...after, month: "2026-10" }).news.sort()).toEqual(["alarms", "ebsGb"]);
    const worse = assess({ ...allUnknown, ebsGb: { used: 31, source: "test" } } as Readings, month, "credits");
    expect(newsOf(worse, after).news).toEqual(["ebsGb"]);
  });

  test("has a subject that SNS takes", () =>
    fc.assert(
      fc.property(fc.subarray([...quantityIds]), (ids) => {
        const subject = subjectOf(report, ids);
        expect(subject.length).toBeLessThanOrEqual(100);
        expect(subject).not.toMatch(/[^\x20-\x7e]/);
      }),
    ));
});

describe("Cost Explorer's answer", () => {
  const group = (service: string, type: string, quantity: number, usd = 0) => ({
    Keys: [service, type],
    Metrics: { UsageQuantity: { Amount: String(quantity) }, NetUnblendedCost: { Amount: String(usd) } },
  });

  test("is read by usage type, in every region", () => {
    const { readings, usd } = readBill([
      {
        Groups: [
          group("Amazon Elastic Compute Cloud - Compute", "BoxUsage:t3.micro", 400),
          group("Amazon Elastic Compute Cloud - Compute", "EUC1-BoxUsage:t2.micro", 20),
          group("EC2 - Other", "EBS:VolumeUsage.gp3", 12),
          group("Amazon Virtual Private Cloud", "PublicIPv4:InUseAddress", 500, 2.5),
          group("Amazon Relational Database Service", "InstanceUsage:db.t3.micro", 300),
          group("Amazon Simple Storage Service", "Requests-Tier1", 150),
          group("Amazon Simple Storage Service", "EU-Requests-Tier2", 40),
          group("Amazon CloudFront", "US-Requests-Tier2-HTTPS", 9000),
          group("Amazon CloudFront", "US-DataTransfer-Out-Bytes", 70),
          group("EC2 - Other", "DataTransfer-Out-Bytes", 3),
        ],
      },
    ]);
    const used = Object.fromEntries(Object.entries(readings).map(([id, reading]) => [id, reading.used]));
    expect(used).toEqual({ ec2Hours: 420, addressHours: 500, rdsHours: 300, s3Gets: 40, s3Puts: 150, egressGb: 3 });
    expect(usd).toBe(2.5);
  });
});
