import { describe, expect, test } from "vitest";
import { unknown } from "../../support/policy-harness";
import { remediate } from "./cases";
import { freeCases, judgeFree, judgeStack, many, sumsOf } from "./free";
import { pass, unverifiable, violation } from "./rules";

const database = "aws:rds/instance:Instance";
const cluster = "aws:rds/cluster:Cluster";
const cache = "aws:elasticache/cluster:Cluster";
const replicationGroup = "aws:elasticache/replicationGroup:ReplicationGroup";
const table = "aws:dynamodb/table:Table";
const fileSystem = "aws:efs/fileSystem:FileSystem";

describe("ft-rds-shape", () => {
  const id = "ft-rds-shape";
  const small = { instanceClass: "db.t4g.micro", engine: "postgres" };
  const size = (name: string, offer: string) => violation(`instanceClass: the class is ${name}, and ${offer}`);
  const doubled = violation("multiAz: a second zone doubles the price of instance and storage");

  freeCases(id, database, [
    ["passes a small one", small, pass],
    ["passes false for a second zone", { ...small, multiAz: false }, pass],
    ["refuses a second zone", { ...small, multiAz: true }, doubled],
    [
      "refuses another class",
      { ...small, instanceClass: "db.t2.micro" },
      size("db.t2.micro", "the offer has db.t3.micro, db.t4g.micro"),
    ],
    ["takes the first year's class", { ...small, instanceClass: "db.t2.micro" }, pass, { plan: "legacy12" }],
    [
      "has no class that is always free",
      small,
      size("db.t4g.micro", "no class is free on this plan"),
      { plan: "always-free" },
    ],
    ["takes classes from the config", { ...small, instanceClass: "db.t4g.small" }, pass, { classes: ["db.t4g.small"] }],
    [
      "refuses another engine",
      { ...small, engine: "oracle-se2" },
      violation("engine: the engine is oracle-se2, not mysql, mariadb, postgres"),
    ],
    ["takes engines from the config", { ...small, engine: "sqlserver-ex" }, pass, { engines: ["sqlserver-ex"] }],
    ["passes what a replica inherits", { replicateSourceDb: "main" }, pass],
    [
      "can't judge unknowns",
      { instanceClass: unknown, engine: unknown, multiAz: unknown },
      unverifiable("instanceClass", "engine", "multiAz"),
    ],
    [
      "an unknown class hides no second zone",
      { ...small, instanceClass: unknown, multiAz: true },
      { ...doubled, unknowns: ["instanceClass"] },
    ],
  ]);
  freeCases(id, cluster, [
    [
      "refuses clusters",
      { engine: "aurora-postgresql" },
      violation("clusters, Aurora's among them, are not in the offer"),
    ],
  ]);

  test("one instance passes, a second is one too many", async () => {
    expect(await judgeStack(id, many(1, database))).toEqual(pass);
    expect(await judgeStack(id, many(2, database))).toEqual(
      violation("the stack has 1,460 RDS instance hours a month, the limit is 750: $12.07 a month beyond it"),
    );
    expect(await judgeStack(id, many(2, database), { hours: 1460 })).toEqual(pass);
    expect(await sumsOf(id, many(1, database), { plan: "legacy12" })).toEqual([
      "730 of 750 RDS instance hours a month; beyond it $0.00 a month ($0.017 an hour).",
    ]);
  });

  test("remediation takes the second zone away, and nothing else", async () => {
    const props = { ...small, multiAz: true, password: unknown, tags: { CostTier: "free" } };
    expect(await remediate(id, database, props)).toEqual({ ...props, multiAz: false });
    expect(await remediate(id, database, { ...props, multiAz: unknown })).toBeUndefined();
    expect(await remediate(id, database, { ...props, multiAz: false })).toBeUndefined();
  });
});

describe("ft-rds-storage", () => {
  const id = "ft-rds-storage";
  freeCases(id, database, [
    ["passes without types and growth", { allocatedStorage: 20 }, pass],
    ["passes gp3", { storageType: "gp3" }, pass],
    [
      "refuses another type",
      { storageType: "io1" },
      violation("storageType: storage of type io1 is not in the offer, gp2 and gp3 is"),
    ],
    [
      "refuses gp3 in the first year, where it is not sure",
      { storageType: "gp3" },
      violation("storageType: storage of type gp3 is not in the offer, gp2 is"),
      { plan: "legacy12" },
    ],
    ["refuses IOPS", { iops: 3000 }, violation("iops: IOPS are bought")],
    ["passes no IOPS", { iops: 0 }, pass],
    [
      "refuses growth",
      { maxAllocatedStorage: 21 },
      violation("maxAllocatedStorage: the storage may grow to 21 GB, the limit is 20"),
    ],
    ["passes growth within the limit", { maxAllocatedStorage: 20 }, pass],
    ["takes the limit from the config", { maxAllocatedStorage: 21 }, pass, { gb: 21 }],
    [
      "can't judge unknowns",
      { storageType: unknown, iops: unknown, maxAllocatedStorage: unknown },
      unverifiable("storageType", "iops", "maxAllocatedStorage"),
    ],
  ]);

  test("storage adds up", async () => {
    expect(await judgeStack(id, many(2, database, { allocatedStorage: 10 }))).toEqual(pass);
    expect(await judgeStack(id, many(3, database, { allocatedStorage: 10 }))).toEqual(
      violation("the stack has 30 GB of RDS storage, the limit is 20: $1.15 a month beyond it"),
    );
    const some = { type: database, props: { allocatedStorage: unknown }, from: { allocatedStorage: ["it"] } };
    expect(await judgeStack(id, [some])).toEqual(unverifiable("allocatedStorage"));
    expect(await sumsOf(id, many(1, database, { allocatedStorage: 20 }), { plan: "legacy12" })).toEqual([
      "20 of 20 GB of RDS storage; beyond it $0.00 a month ($0.115 a GB).",
    ]);
  });
});

describe("ft-rds-extended-support", () => {
  const id = "ft-rds-extended-support";
  const bought = violation(
    "engineLifecycleSupport: Extended Support is bought once the version's standard support ends",
  );
  const out = { engineLifecycleSupport: "open-source-rds-extended-support-disabled" };
  freeCases(id, database, [
    ["refuses without, for AWS opts in", { engine: "postgres" }, bought],
    ["refuses opting in", { engine: "mysql", engineLifecycleSupport: "open-source-rds-extended-support" }, bought],
    ["passes opting out", { engine: "mysql", ...out }, pass],
    ["passes engines that don't have it", { engine: "mariadb" }, pass],
    ["refuses an engine that is not given", {}, bought],
    ["can't judge an unknown engine", { engine: unknown }, unverifiable("engine")],
    ["needs no engine to see opting out", { engine: unknown, ...out }, pass],
    [
      "can't judge an unknown choice",
      { engine: "postgres", engineLifecycleSupport: unknown },
      unverifiable("engineLifecycleSupport"),
    ],
  ]);
  freeCases(id, cluster, [["judges clusters", { engine: "aurora-mysql" }, bought]]);
});

describe("ft-elasticache-node", () => {
  const id = "ft-elasticache-node";
  const wrong = (name: string, offer: string) => violation(`nodeType: the node type is ${name}, and ${offer}`);
  const over = (hours: string, money: string) =>
    violation(`the stack has ${hours} ElastiCache node hours a month, the limit is 750: ${money} a month beyond it`);

  freeCases(id, cache, [
    ["passes a small one", { nodeType: "cache.t4g.micro" }, pass],
    ["passes without a type, which the group has", {}, pass],
    [
      "refuses another type",
      { nodeType: "cache.t2.micro" },
      wrong("cache.t2.micro", "the offer has cache.t3.micro, cache.t4g.micro"),
    ],
    ["takes the first year's type", { nodeType: "cache.t2.micro" }, pass, { plan: "legacy12" }],
    [
      "has none that is always free",
      { nodeType: "cache.t3.micro" },
      wrong("cache.t3.micro", "no type is free on this plan"),
      { plan: "always-free" },
    ],
    ["takes types from the config", { nodeType: "cache.t3.small" }, pass, { nodeTypes: ["cache.t3.small"] }],
    ["can't judge an unknown type", { nodeType: unknown }, unverifiable("nodeType")],
  ]);
  freeCases(id, replicationGroup, [
    [
      "judges groups",
      { nodeType: "cache.r7g.large" },
      wrong("cache.r7g.large", "the offer has cache.t3.micro, cache.t4g.micro"),
    ],
  ]);
  freeCases(id, "aws:elasticache/serverlessCache:ServerlessCache", [
    ["refuses serverless caches", {}, violation("serverless caches are not in the offer")],
  ]);

  test.each([
    ["a node", [{ type: cache }], pass],
    ["two nodes", [{ type: cache, props: { numCacheNodes: 2 } }], over("1,460", "$12.07")],
    ["a group of one", [{ type: replicationGroup }], pass],
    ["a group of two", [{ type: replicationGroup, props: { numCacheClusters: 2 } }], over("1,460", "$12.07")],
    ["a replica", [{ type: replicationGroup, props: { replicasPerNodeGroup: 1 } }], over("1,460", "$12.07")],
    [
      "shards with replicas",
      [{ type: replicationGroup, props: { numNodeGroups: 2, replicasPerNodeGroup: 1 } }],
      over("2,920", "$36.89"),
    ],
    [
      "a group and its member",
      [{ type: replicationGroup }, { type: cache, props: { replicationGroupId: unknown } }],
      over("1,460", "$12.07"),
    ],
  ])("counts %s", async (_, stack, verdict) => {
    expect(await judgeStack(id, stack)).toEqual(verdict);
  });

  test("numbers come from the config", async () => {
    expect(await judgeStack(id, many(2, cache), { hours: 1460 })).toEqual(pass);
    expect(await sumsOf(id, many(1, cache), { plan: "legacy12", hourPrice: 1 })).toEqual([
      "730 of 750 ElastiCache node hours a month; beyond it $0.00 a month ($1.00 an hour).",
    ]);
  });
});

describe("ft-dynamodb-capacity", () => {
  const id = "ft-dynamodb-capacity";
  freeCases(id, table, [
    ["passes provisioned capacity", { billingMode: "PROVISIONED", readCapacity: 5 }, pass],
    ["passes without a mode", {}, pass],
    [
      "refuses on-demand",
      { billingMode: "PAY_PER_REQUEST" },
      violation("billingMode: on-demand requests are not in the offer"),
    ],
    [
      "refuses Standard-IA",
      { tableClass: "STANDARD_INFREQUENT_ACCESS" },
      violation("tableClass: the class Standard-IA is not in the offer"),
    ],
    ["passes Standard", { tableClass: "STANDARD" }, pass],
    [
      "refuses each replica",
      { replicas: [{ regionName: "eu-west-1" }, { regionName: unknown }] },
      violation("replicas[0]: replicas are not in the offer", "replicas[1]: replicas are not in the offer"),
    ],
    [
      "refuses point-in-time recovery",
      { pointInTimeRecovery: { enabled: true } },
      violation("pointInTimeRecovery.enabled: point-in-time recovery is billed for each GB of the table"),
    ],
    ["passes recovery that is off", { pointInTimeRecovery: { enabled: false } }, pass],
    [
      "can't judge unknowns",
      { billingMode: unknown, tableClass: unknown, replicas: unknown, pointInTimeRecovery: unknown },
      unverifiable("billingMode", "tableClass", "replicas", "pointInTimeRecovery"),
    ],
  ]);

  test.each(["aws:dynamodb/tableReplica:TableReplica", "aws:dynamodb/globalTable:GlobalTable"])(
    "refuses %s",
    async (type) => {
      const props = { replicas: [{ regionName: "eu-west-1" }] };
      expect(await judgeFree(id, { type, props })).toEqual(violation("replicas are not in the offer"));
    },
  );

  const over = (units: string, money: string) =>
    violation(`the stack has ${units}, the limit is 25: ${money} a month beyond it`);

  test("units of tables and indexes add up, reads and writes apart", async () => {
    const props = {
      readCapacity: 10,
      writeCapacity: 5,
      globalSecondaryIndexes: [{ readCapacity: 5, writeCapacity: 2 }],
    };
    expect(await judgeStack(id, many(1, table, props))).toEqual(pass);
    expect(await judgeStack(id, many(2, table, props))).toEqual(over("30 provisioned DynamoDB read units", "$0.47"));
    expect(await judgeStack(id, many(2, table, props), { readUnits: 30 })).toEqual(pass);
    expect(await judgeStack(id, many(1, table, { writeCapacity: 26 }))).toEqual(
      over("26 provisioned DynamoDB write units", "$0.47"),
    );
    expect(await judgeStack(id, many(2, table, { ...props, billingMode: "PAY_PER_REQUEST" }))).toEqual(pass);
    const open = {
      type: table,
      props: { readCapacity: 20, globalSecondaryIndexes: unknown },
      from: { globalSecondaryIndexes: ["it"] },
    };
    expect(await judgeStack(id, [open])).toEqual(unverifiable("globalSecondaryIndexes"));
  });

  test("each region has its own", async () => {
    const at = (name: string, region: string) => ({
      type: table,
      name,
      props: { readCapacity: 20 },
      provider: { region },
    });
    expect(await judgeStack(id, [at("a", "us-east-1"), at("b", "eu-west-1")])).toEqual(pass);
    expect(await judgeStack(id, [at("a", "us-east-1"), at("b", "us-east-1")])).toEqual(
      over("40 provisioned DynamoDB read units in us-east-1", "$1.42"),
    );
    const own = {
      type: table,
      name: "c",
      props: { readCapacity: 20, region: "us-east-1" },
      provider: { region: "eu-west-1" },
    };
    expect((await judgeStack(id, [at("a", "us-east-1"), own])).violations).toHaveLength(1);
    const open = { ...own, props: { readCapacity: 20, region: unknown }, from: { region: ["a"] } };
    expect(await judgeStack(id, [at("a", "us-east-1"), open])).toEqual(unverifiable("region"));
    expect(await judgeStack(id, [{ ...open, name: "a" }])).toEqual(unverifiable("region"));
  });

  test("tells both sums", async () => {
    expect(await sumsOf(id, many(1, table, { readCapacity: 5, writeCapacity: 5 }))).toEqual([
      "5 of 25 provisioned DynamoDB read units; beyond it $0.00 a month ($0.09 each).",
      "5 of 25 provisioned DynamoDB write units; beyond it $0.00 a month ($0.47 each).",
    ]);
  });
});

describe("ft-efs", () => {
  const id = "ft-efs";
  const tidy = { lifecyclePolicies: [{ transitionToIa: "AFTER_30_DAYS" }] };
  const kept = violation("lifecyclePolicies: files never move to Infrequent Access");
  freeCases(id, fileSystem, [
    ["passes with a lifecycle", tidy, pass],
    ["refuses none", {}, kept],
    [
      "refuses one that only moves back",
      { lifecyclePolicies: [{ transitionToPrimaryStorageClass: "AFTER_1_ACCESS" }] },
      kept,
    ],
    [
      "finds it among others",
      { lifecyclePolicies: [{ transitionToArchive: "AFTER_90_DAYS" }, { transitionToIa: "AFTER_7_DAYS" }] },
      pass,
    ],
    ["can't judge an unknown lifecycle", { lifecyclePolicies: unknown }, unverifiable("lifecyclePolicies")],
    [
      "refuses bought throughput",
      { ...tidy, throughputMode: "provisioned" },
      violation("throughputMode: provisioned throughput is billed used or not"),
    ],
    ["passes elastic throughput", { ...tidy, throughputMode: "elastic" }, pass],
    ["can't judge an unknown mode", { ...tidy, throughputMode: unknown }, unverifiable("throughputMode")],
    [
      "asks for one zone if told to",
      tidy,
      violation("availabilityZoneName: the file system keeps its files in several zones"),
      { oneZone: true },
    ],
    ["passes one zone", { ...tidy, availabilityZoneName: unknown }, pass, { oneZone: true }],
  ]);

  test("what they hold adds up once AWS has told", async () => {
    const holding = (bytes: number) => many(2, fileSystem, { sizeInBytes: [{ value: bytes }] });
    expect(await judgeStack(id, holding(2 * 1024 ** 3))).toEqual(pass);
    expect(await judgeStack(id, holding(3 * 1024 ** 3))).toEqual(
      violation("the stack has 6 GB in EFS, the limit is 5: $0.30 a month beyond it"),
    );
    expect(await judgeStack(id, many(1, fileSystem, { sizeInBytes: unknown }))).toEqual(pass);
    expect(await judgeStack(id, holding(3 * 1024 ** 3), { gb: 6 })).toEqual(pass);
    expect(await sumsOf(id, holding(1024 ** 3), { plan: "legacy12" })).toEqual([
      "2 of 5 GB in EFS; beyond it $0.00 a month ($0.30 a GB).",
    ]);
  });
});
