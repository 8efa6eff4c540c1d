import { describe, expect, test } from "vitest";
import { type Json, unknown } from "../../support/policy-harness";
import { judge, pass, serve, unverifiable, violation } from "./rules";

describe("log-loggroup-retention", () => {
  const id = "log-loggroup-retention";
  const group = (props: Record<string, Json>) => ({ type: "aws:cloudwatch/logGroup:LogGroup", props });
  const forEver = violation("retentionInDays: events never expire");

  test.each<[string, Record<string, Json>, object]>([
    ["passes with a retention", { retentionInDays: 14 }, pass],
    ["refuses 0, which AWS reads as for ever", { retentionInDays: 0 }, forEver],
    ["refuses an undefined retention", {}, forEver],
    ["cannot judge an unknown retention", { retentionInDays: unknown }, unverifiable("retentionInDays")],
    ["passes class DELIVERY, which keeps events for two days", { logGroupClass: "DELIVERY" }, pass],
    ["cannot judge an unknown class without retention", { logGroupClass: unknown }, unverifiable("logGroupClass")],
    ["needs no class when there is a retention", { logGroupClass: unknown, retentionInDays: 7 }, pass],
  ])("%s", async (_, props, verdict) => {
    expect(await judge(id, group(props))).toEqual(verdict);
  });

  const remediate = async (props: Record<string, Json>, profile: "dev" | "prod" = "prod") => {
    const pack = await serve({ profile }, { all: "disabled", [id]: "remediate" });
    return pack.remediate(group(props));
  };

  test("remediation sets the profile's days and nothing else", async () => {
    expect((await remediate({ name: unknown, retentionInDays: 0 }))[0]?.props).toEqual({
      name: unknown,
      retentionInDays: 30,
    });
    expect((await remediate({}, "dev"))[0]?.props).toEqual({ retentionInDays: 14 });
  });

  test("remediation takes the property off the bridge's list of defaults", async () => {
    const [cure] = await remediate({ __defaults: ["retentionInDays", "skipDestroy"], retentionInDays: 0 });
    expect(cure?.props).toEqual({ __defaults: ["skipDestroy"], retentionInDays: 30 });
  });

  test("remediation leaves a retention, an unknown and class DELIVERY alone", async () => {
    expect(await remediate({ retentionInDays: 7 })).toEqual([]);
    expect(await remediate({ retentionInDays: unknown })).toEqual([]);
    expect(await remediate({ logGroupClass: "DELIVERY" })).toEqual([]);
    expect(await remediate({ logGroupClass: unknown })).toEqual([]);
  });
});
