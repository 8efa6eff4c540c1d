import { describe, expect, test } from "vitest";
import { cacheTypes, databaseClasses, defaultAgentsBudget, idleUsdPerMonth } from "../../../stacks/agents-cost";
import { agentsSchema } from "../../../stacks/agents-settings";
import type { Place } from "../../../stacks/system";

const place = (environment: Place["environment"]): Place => ({ environment, region: "us-east-1", secrets: new Set() });
const domain = {
  name: "agents.example.com",
  certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555",
};
const parse = (environment: Place["environment"], settings: object = {}) =>
  agentsSchema(place(environment)).parse({ ...(environment === "dev" ? {} : { domain }), ...settings });
/** Mistakes as path and message. */
const mistakes = (environment: Place["environment"], settings: object) => {
  const { error } = agentsSchema(place(environment)).safeParse({
    ...(environment === "dev" ? {} : { domain }),
    ...settings,
  });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
};

describe("the settings of agents", () => {
  test("are small and cheap in dev, and what the document asks for in prod", () => {
    const sizes = (settings: ReturnType<typeof parse>) => ({
      engines: [settings.instanceTypes, settings.size.min, settings.size.max],
      servers: [settings.servers.instanceTypes, settings.servers.size],
      database: settings.database,
      cache: settings.cache,
      network: [settings.nat, settings.availabilityZones.length],
    });
    expect(sizes(parse("dev"))).toEqual({
      engines: [["g5.xlarge"], 0, 2],
      servers: [["t4g.medium"], { min: 1, max: 2 }],
      database: { instanceClass: "db.t4g.small", multiAz: false, storageGiB: 20, backupDays: 7, restoreOver: false },
      cache: { nodeType: "cache.t4g.micro", nodes: 1 },
      network: ["single", 2],
    });
    expect(sizes(parse("prod", { allowP5: true }))).toEqual({
      engines: [["p5.48xlarge"], 2, 8],
      servers: [["c6i.xlarge"], { min: 2, max: 6 }],
      database: { instanceClass: "db.r6g.xlarge", multiAz: true, storageGiB: 100, backupDays: 7, restoreOver: false },
      cache: { nodeType: "cache.r6g.large", nodes: 2 },
      network: ["per-az", 3],
    });
  });

  test("refuse p5 in a stack that is not marked for it, with what it costs a day", () => {
    const words =
      "p5.48xlarge costs $1,321 a day, and 2 to 8 of them $2,642 to $10,568 a day (us-east-1, on demand, 2026-11-21). " +
      "If that is meant, set allowP5 to true; else name a smaller type, such as g5.xlarge.";
    expect(mistakes("prod", {})).toEqual([`instanceTypes.0: ${words}`]);
    expect(mistakes("prod", { allowP5: true })).toEqual([]);
    expect(mistakes("prod", { instanceTypes: ["g5.48xlarge"] })).toEqual([]);
    expect(mistakes("dev", { instanceTypes: ["g5.xlarge", "p5en.48xlarge"] })).toEqual([
      expect.stringMatching(/^instanceTypes\.1: p5en\.48xlarge costs \$1,519 a day, and 0 to 2 of them \$0 to \$3,038/),
    ]);
  });

  test("let the engines be none outside prod only", () => {
    expect(mistakes("dev", { size: { min: 0, max: 1 } })).toEqual([]);
    expect(mistakes("staging", { size: { min: 0, max: 1 } })).toEqual([]);
    expect(mistakes("prod", { allowP5: true, size: { min: 0, max: 1 } })).toEqual([
      expect.stringMatching(/^size\.min: /),
    ]);
  });

  test("take reserved capacity of one type, in a zone of the stack", () => {
    const capacity = { kind: "block", id: "cr-0123456789abcdef0", zone: "us-east-1a" };
    expect(mistakes("dev", { capacity })).toEqual([]);
    expect(mistakes("dev", { capacity: { ...capacity, id: "cr-1", kind: "spot" } })).toHaveLength(2);
    expect(
      mistakes("dev", { capacity: { ...capacity, zone: "us-east-1f" }, instanceTypes: ["g5.xlarge", "g6.xlarge"] }),
    ).toEqual([
      "capacity: is of one instance type on demand; leave spot out and name one type.",
      "capacity.zone: us-east-1f is not in availabilityZones (us-east-1a, us-east-1b); add it, or take capacity there.",
    ]);
    expect(mistakes("dev", { capacity, spot: {} })).toEqual([expect.stringMatching(/^capacity: is of one instance/)]);
  });

  test("take EFA for one type that has it", () => {
    expect(mistakes("prod", { allowP5: true, efa: true })).toEqual([]);
    expect(mistakes("dev", { efa: true })).toEqual([
      "efa: is for one instance type with EFA, not for g5.xlarge; take one such as p5.48xlarge, or leave efa off.",
    ]);
  });

  test("tell what is wrong with the servers", () => {
    const servers = { instanceTypes: ["t4g.medium", "c6i.large"], size: { min: 3, max: 2 } };
    expect(mistakes("dev", { servers })).toEqual([
      "servers.size.min: the least size, 3, is above the largest, 2; raise servers.size.max or lower servers.size.min.",
      "servers.instanceTypes: mixes x86_64 and arm64; one image can't start on both.",
    ]);
    expect(mistakes("dev", { servers: { instanceTypes: ["g5.xlarge"] } })).toEqual([
      expect.stringMatching(/^servers\.instanceTypes\.0: /),
    ]);
  });

  test.each([
    ["ollama", { ollama: { url: "http://10.0.0.1:11434/v1", model: "llama3.2:1b" } }, "ollama.url"],
    ["a site of Datadog's", { datadogSite: "https://datadoghq.com" }, "datadogSite"],
    ["a snapshot", { database: { restoreFrom: "no snapshot" } }, "database.restoreFrom"],
    ["a restore of nothing", { database: { restoreOver: true } }, "database.restoreOver"],
    ["a class", { database: { instanceClass: "db.m1.small" } }, "database.instanceClass"],
    ["a node type", { cache: { nodeType: "cache.m1.small" } }, "cache.nodeType"],
    ["weights", { model: { hubFallback: false } }, "model.weightsManifestSha256"],
    ["a model's memory", { instanceTypes: ["g4dn.xlarge"] }, "instanceTypes.0"],
  ])("say where %s is wrong", (_, settings, path) => {
    expect(mistakes("dev", settings)).toEqual([expect.stringMatching(new RegExp(`^${path.replaceAll(".", "\\.")}: `))]);
  });
});

describe("the cost", () => {
  const settings = {
    instanceTypes: ["g5.xlarge"],
    servers: { instanceTypes: ["t4g.medium"], size: { max: 2 } },
    size: { max: 2 },
    nat: "single",
    availabilityZones: ["us-east-1a", "us-east-1b"],
    database: { instanceClass: "db.t4g.small", multiAz: false, storageGiB: 20 },
    cache: { nodeType: "cache.t4g.micro", nodes: 1 },
  } as const;

  test("is the sum of its parts", () => {
    const parts = {
      engines: 2 * 1.006 * 730,
      servers: 0.0336 * 730,
      besideInstances: 3 * 10.1,
      database: databaseClasses["db.t4g.small"] * 730 + 20 * 0.115,
      cache: cacheTypes["cache.t4g.micro"] * 730,
      network: 36.5 + 16.43 + 2 * 3.65 + 19,
      watching: 20,
    };
    const sum = Object.values(parts).reduce((one, other) => one + other);
    expect(idleUsdPerMonth(settings, 2, 1)).toBeCloseTo(sum, 6);
  });

  test("grows with a standby, replicas and a NAT gateway in each zone", () => {
    const base = idleUsdPerMonth(settings, 0, 1);
    const more = (change: object) => idleUsdPerMonth({ ...settings, ...change }, 0, 1) - base;
    expect(more({ database: { ...settings.database, multiAz: true } })).toBeCloseTo(0.032 * 730 + 2.3, 6);
    expect(more({ cache: { ...settings.cache, nodes: 3 } })).toBeCloseTo(2 * 0.016 * 730, 6);
    expect(more({ nat: "per-az" })).toBeCloseTo(36.5, 6);
  });

  test("of the largest sizes and a tenth is the budget, in tens", () => {
    expect(defaultAgentsBudget(settings)).toBe(Math.ceil((idleUsdPerMonth(settings, 2, 2) * 1.1) / 10) * 10);
    expect(defaultAgentsBudget(parse("prod", { allowP5: true }))).toBeGreaterThan(8 * 55.04 * 730);
  });
});
