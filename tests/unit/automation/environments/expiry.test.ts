import { fc, test } from "@fast-check/vitest";
import { describe, expect, test as plain } from "vitest";
import { expiryFor, withExpiry } from "../../../../automation/environments/expiry";
import { expiringStacks } from "../../../../automation/teardown/reap";
import { componentTags } from "../../../../components/lib/tags";
import { ConfigError, parseStackConfig } from "../../../../stacks/config";

const hour = 3_600_000;
const now = Date.parse("2026-12-01T10:20:30Z");

describe("a stack's time to live", () => {
  test.prop([fc.integer({ min: 1, max: 720 }), fc.integer({ min: 0, max: 2_000_000_000_000 })])(
    "ends within the hour after it, and a second update changes nothing",
    (ttl, time) => {
      const end = expiryFor(ttl, undefined, time);
      expect(Date.parse(end) - time).toBeGreaterThanOrEqual(ttl * hour);
      expect(Date.parse(end) - time).toBeLessThan((ttl + 1) * hour);
      expect(expiryFor(ttl, end, time + 1)).toBe(end);
    },
  );

  plain("begins anew when half of it is gone, or when it was made longer or shorter", () => {
    const at = (text: string) => Date.parse(text);
    const end = "2026-12-03T11:00:00Z";
    expect(expiryFor(48, end, at("2026-12-02T10:00:00Z"))).toBe(end);
    expect(expiryFor(48, end, at("2026-12-02T12:00:00Z"))).toBe("2026-12-04T12:00:00Z");
    expect(expiryFor(24, end, now)).toBe("2026-12-02T11:00:00Z");
  });

  plain("is left alone without ttlHours, and where an end is given", () => {
    const fixed = { config: { "llm-stacks:ttlHours": 5, "llm-stacks:expiresOn": "2026-12-24T18:00:00Z" } };
    expect(withExpiry({ config: {} }, [], now)).toEqual({ config: {} });
    expect(withExpiry(fixed, [], now)).toBe(fixed);
  });

  plain("is what the deployed resources say", () => {
    const resources = [{ urn: "u", type: "t", outputs: { tags: { ExpiresOn: "2026-12-01T15:00:00Z" } } }];
    expect(withExpiry({ config: { "llm-stacks:ttlHours": 5 } }, resources, now).config?.["llm-stacks:expiresOn"]).toBe(
      "2026-12-01T15:00:00Z",
    );
  });

  plain("is a tag of every resource, and production has none", () => {
    const context = {
      ...{ project: "p", stack: "dev", environment: "dev" as const, system: "phi3", costTier: "always-on" as const },
      ...{ region: "us-east-1", accountId: "1", protectData: false, disposableData: true },
    };
    expect(componentTags({ ...context, expiresOn: "2026-12-01T15:00:00Z" }, "data")).toMatchObject({
      ExpiresOn: "2026-12-01T15:00:00Z",
    });
    expect(Object.keys(componentTags(context, "data"))).not.toContain("ExpiresOn");
    const config = {
      "aws:region": "us-east-1",
      "llm-stacks:environment": "prod",
      "llm-stacks:systems": '["lambda-efs"]',
      "llm-stacks:lambdaEfs": '{"api":{"corsOrigin":"https://a.example.com"}}',
    };
    expect(parseStackConfig(config, "llm-stacks", "prod").expiresOn).toBeUndefined();
    expect(() => parseStackConfig({ ...config, "llm-stacks:ttlHours": "5" }, "llm-stacks", "prod")).toThrow(
      ConfigError,
    );
    const dev = { ...config, "llm-stacks:environment": "dev", "llm-stacks:expiresOn": "2026-12-01T15:00:00Z" };
    expect(parseStackConfig(dev, "llm-stacks", "dev").expiresOn).toBe("2026-12-01T15:00:00Z");
  });
});

describe("stacks to reap", () => {
  const tags = (Stack: string, ExpiresOn: string, Environment = "dev", Project = "llm-stacks") => ({
    ...{ Project, Stack, Environment, ExpiresOn },
  });

  plain("are those whose latest time is over; never production, nor another project's", () => {
    const found = expiringStacks(
      [
        tags("old", "2026-12-01T09:00:00Z"),
        tags("old", "2026-12-01T10:00:00Z"),
        tags("renewed", "2026-12-01T09:00:00Z"),
        tags("renewed", "2026-12-02T09:00:00Z"),
        tags("prod", "2026-12-01T09:00:00Z", "prod"),
        tags("other", "2026-12-01T09:00:00Z", "dev", "another"),
        tags("odd", "tomorrow"),
      ],
      "llm-stacks",
      now,
    );
    expect(found.map(({ name, resources, expired }) => ({ name, resources, expired }))).toEqual([
      { name: "old", resources: 2, expired: true },
      { name: "renewed", resources: 2, expired: false },
    ]);
  });
});
