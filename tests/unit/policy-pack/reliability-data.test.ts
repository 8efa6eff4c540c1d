import { describe, expect, test } from "vitest";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { type Case, cure, holds } from "./holds";
import { pass, serve, unverifiable, violation } from "./rules";

type Props = Record<string, Json>;

const instance = (props: Props): Resource => ({ type: "aws:rds/instance:Instance", props });
const cluster = (props: Props): Resource => ({ type: "aws:rds/cluster:Cluster", props });
const clusterInstance = (props: Props): Resource => ({ type: "aws:rds/clusterInstance:ClusterInstance", props });
const table = (props: Props): Resource => ({ type: "aws:dynamodb/table:Table", props });
const replica = { replicateSourceDb: "shop" };

describe("rel-rds-backup", () => {
  const id = "rel-rds-backup";
  const kept = (days: number, wanted = 7) =>
    violation(`backupRetentionPeriod: backups are kept for ${days} days, at least ${wanted} are asked for`);

  holds(id, [
    ["passes 7 days", instance({ backupRetentionPeriod: 7 }), pass],
    ["passes days written as text", instance({ backupRetentionPeriod: "30" }), pass],
    ["refuses 6 days", instance({ backupRetentionPeriod: 6 }), kept(6)],
    ["refuses no backups", instance({ backupRetentionPeriod: 0 }), kept(0)],
    ["refuses an instance's undefined value, whose default is none", instance({}), kept(0)],
    ["refuses a cluster's undefined value, whose default is one day", cluster({}), kept(1)],
    ["passes a cluster with 7 days", cluster({ backupRetentionPeriod: 7 }), pass],
    ["passes a read replica", instance(replica), pass],
    ["passes a read replica of an unknown source", instance({ replicateSourceDb: unknown }), pass],
    ["takes the days from the config", cluster({}), pass, { minDays: 1 }],
    ["refuses less than the config's days", instance({ backupRetentionPeriod: 13 }), kept(13, 14), { minDays: 14 }],
    ["cannot judge an unknown", instance({ backupRetentionPeriod: unknown }), unverifiable("backupRetentionPeriod")],
  ]);

  test("remediation sets the days", async () => {
    expect(await cure(id, instance({ password: unknown }))).toEqual({ password: unknown, backupRetentionPeriod: 7 });
    expect(await cure(id, cluster({ backupRetentionPeriod: 1 }), { minDays: 3 })).toEqual({ backupRetentionPeriod: 3 });
    expect(await cure(id, instance({ backupRetentionPeriod: 8 }))).toBeUndefined();
    expect(await cure(id, instance({ backupRetentionPeriod: unknown }))).toBeUndefined();
    expect(await cure(id, instance(replica))).toBeUndefined();
  });
});

test("what keeps a stack from being destroyed, and second zones, are asked for in prod only", async () => {
  const ids = [
    "log-vpc-flow",
    "rel-alb-deletion-protection",
    "rel-dynamodb-deletion-protection",
    "rel-elasticache-failover",
    "rel-kms-deletion-window",
    "rel-rds-deletion-protection",
    "rel-rds-final-snapshot",
    "rel-rds-multi-az",
  ];
  const on = async (profile: "dev" | "free" | "prod") => {
    const { levels } = await serve({ profile });
    return ids.filter((id) => levels[id] !== "disabled");
  };
  expect([await on("dev"), await on("free"), await on("prod")]).toEqual([[], [], ids]);
});

/** Rules that ask for one boolean property. */
describe.each<[id: string, property: string, problem: string, subjects: readonly ((props: Props) => Resource)[]]>([
  ["rel-rds-deletion-protection", "deletionProtection", "the database can be deleted at once", [instance, cluster]],
  ["rel-dynamodb-deletion-protection", "deletionProtectionEnabled", "the table can be deleted at once", [table]],
  [
    "rel-alb-deletion-protection",
    "enableDeletionProtection",
    "the load balancer can be deleted at once",
    ["lb", "alb"].map((module) => (props: Props) => ({ type: `aws:${module}/loadBalancer:LoadBalancer`, props })),
  ],
])("%s", (id, property, problem, subjects) => {
  for (const subject of subjects) {
    const { type } = subject({});
    holds(id, [
      [`passes true of ${type}`, subject({ [property]: true }), pass],
      [`refuses false of ${type}`, subject({ [property]: false }), violation(`${property}: ${problem}`)],
      [`refuses undefined of ${type}`, subject({}), violation(`${property}: ${problem}`)],
      [`cannot judge an unknown of ${type}`, subject({ [property]: unknown }), unverifiable(property)],
    ]);

    test(`remediation sets it for ${type}`, async () => {
      expect(await cure(id, subject({ name: unknown }))).toEqual({ name: unknown, [property]: true });
      expect(await cure(id, subject({ [property]: true }))).toBeUndefined();
      expect(await cure(id, subject({ [property]: unknown }))).toBeUndefined();
    });
  }
});

describe("rel-rds-multi-az", () => {
  const refused = violation("multiAz: the database runs in one zone");

  holds("rel-rds-multi-az", [
    ["passes a standby", instance({ multiAz: true }), pass],
    ["refuses false", instance({ multiAz: false }), refused],
    ["refuses an undefined value, whose default is false", instance({}), refused],
    ["passes a read replica", instance(replica), pass],
    ["passes a cluster", cluster({}), pass],
    ["cannot judge an unknown", instance({ multiAz: unknown }), unverifiable("multiAz")],
  ]);
});

describe("rel-rds-final-snapshot", () => {
  const lost = "skipFinalSnapshot: the data is gone with the database";
  const nameless = "finalSnapshotIdentifier: the final snapshot has no name, so the database cannot be deleted";
  const named = { finalSnapshotIdentifier: "shop-final" };

  holds("rel-rds-final-snapshot", [
    ["passes a named snapshot", instance(named), pass],
    ["counts an unknown name as there", instance({ finalSnapshotIdentifier: unknown }), pass],
    ["refuses an undefined name", instance({}), violation(nameless)],
    ["refuses an empty name", instance({ finalSnapshotIdentifier: "" }), violation(nameless)],
    ["refuses it for clusters", cluster({ skipFinalSnapshot: false }), violation(nameless)],
    ["refuses to skip", instance({ ...named, skipFinalSnapshot: true }), violation(lost)],
    ["asks for no name of what is skipped", cluster({ skipFinalSnapshot: true }), violation(lost)],
    ["passes a read replica", instance({ ...replica, skipFinalSnapshot: true }), pass],
    ["cannot judge an unknown", instance({ ...named, skipFinalSnapshot: unknown }), unverifiable("skipFinalSnapshot")],
  ]);
});

describe("rel-rds-minor-upgrade", () => {
  const id = "rel-rds-minor-upgrade";
  const refused = violation("autoMinorVersionUpgrade: minor upgrades are off");

  holds(id, [
    ["passes true", instance({ autoMinorVersionUpgrade: true }), pass],
    ["passes an undefined value, whose default is true", instance({}), pass],
    ["refuses false", instance({ autoMinorVersionUpgrade: false }), refused],
    ["refuses it for instances of clusters", clusterInstance({ autoMinorVersionUpgrade: false }), refused],
    [
      "cannot judge an unknown",
      instance({ autoMinorVersionUpgrade: unknown }),
      unverifiable("autoMinorVersionUpgrade"),
    ],
  ]);

  test("remediation turns them on", async () => {
    expect(await cure(id, instance({ autoMinorVersionUpgrade: false }))).toEqual({ autoMinorVersionUpgrade: true });
    expect(await cure(id, instance({}))).toBeUndefined();
    expect(await cure(id, instance({ autoMinorVersionUpgrade: unknown }))).toBeUndefined();
  });
});

describe("rel-dynamodb-pitr", () => {
  const id = "rel-dynamodb-pitr";
  const refused = violation("pointInTimeRecovery.enabled: the table cannot be restored");

  holds(id, [
    ["passes recovery", table({ pointInTimeRecovery: { enabled: true } }), pass],
    ["refuses false", table({ pointInTimeRecovery: { enabled: false } }), refused],
    ["refuses undefined", table({}), refused],
    [
      "cannot judge an unknown",
      table({ pointInTimeRecovery: { enabled: unknown } }),
      unverifiable("pointInTimeRecovery.enabled"),
    ],
    ["cannot judge an unknown block", table({ pointInTimeRecovery: unknown }), unverifiable("pointInTimeRecovery")],
  ]);

  test("remediation turns it on and leaves the rest", async () => {
    const days = { recoveryPeriodInDays: unknown };
    expect(await cure(id, table({}))).toEqual({ pointInTimeRecovery: { enabled: true } });
    expect(await cure(id, table({ pointInTimeRecovery: { ...days, enabled: false } }))).toEqual({
      pointInTimeRecovery: { ...days, enabled: true },
    });
    expect(await cure(id, table({ pointInTimeRecovery: unknown }))).toBeUndefined();
    expect(await cure(id, table({ pointInTimeRecovery: { enabled: true } }))).toBeUndefined();
  });
});

describe("caches", () => {
  const group = (props: Props): Resource => ({ type: "aws:elasticache/replicationGroup:ReplicationGroup", props });
  const node = (props: Props): Resource => ({ type: "aws:elasticache/cluster:Cluster", props });
  const serverless = (props: Props): Resource => ({ type: "aws:elasticache/serverlessCache:ServerlessCache", props });

  describe("rel-elasticache-backup", () => {
    const id = "rel-elasticache-backup";
    const kept = (days: number, wanted = 1) =>
      violation(`snapshotRetentionLimit: snapshots are kept for ${days} days, at least ${wanted} are asked for`);

    holds(id, [
      ["passes one day", group({ snapshotRetentionLimit: 1 }), pass],
      ["refuses none", group({ snapshotRetentionLimit: 0 }), kept(0)],
      ["refuses undefined", group({}), kept(0)],
      ["refuses a node of its own", node({ engine: "redis" }), kept(0)],
      ["passes a node of a group, which is judged itself", node({ replicationGroupId: unknown }), pass],
      ["passes Memcached", node({ engine: "memcached" }), pass],
      ["refuses a serverless cache", serverless({ engine: "valkey" }), kept(0)],
      ["passes serverless Memcached", serverless({ engine: "memcached" }), pass],
      ["takes the days from the config", group({ snapshotRetentionLimit: 6 }), kept(6, 7), { minDays: 7 }],
      ["cannot judge an unknown", group({ snapshotRetentionLimit: unknown }), unverifiable("snapshotRetentionLimit")],
      ["cannot judge an unknown engine", node({ engine: unknown }), unverifiable("engine")],
      ["needs no engine for a group", group({ engine: unknown, snapshotRetentionLimit: 1 }), pass],
    ]);

    test("remediation sets the days", async () => {
      expect(await cure(id, group({ authToken: unknown }), { minDays: 2 })).toEqual({
        authToken: unknown,
        snapshotRetentionLimit: 2,
      });
      expect(await cure(id, group({ snapshotRetentionLimit: 1 }))).toBeUndefined();
      expect(await cure(id, node({ engine: "memcached" }))).toBeUndefined();
      expect(await cure(id, group({ snapshotRetentionLimit: unknown }))).toBeUndefined();
    });
  });

  describe("rel-elasticache-failover", () => {
    const failover = "automaticFailoverEnabled: no replica takes over when the primary fails";
    const zones = "multiAzEnabled: all nodes may stand in one zone";

    holds("rel-elasticache-failover", [
      ["passes both", group({ automaticFailoverEnabled: true, multiAzEnabled: true }), pass],
      ["refuses undefined", group({}), violation(failover, zones)],
      ["refuses one zone", group({ automaticFailoverEnabled: true, multiAzEnabled: false }), violation(zones)],
      [
        "reports one beside an unknown",
        group({ automaticFailoverEnabled: unknown }),
        { violations: [zones], unknowns: ["automaticFailoverEnabled"] },
      ],
    ]);
  });
});

describe("buckets", () => {
  const bucket = (props: Props = {}, from?: Resource["from"]): Resource => ({
    type: "aws:s3/bucket:Bucket",
    name: "data",
    props: { bucket: "data-1", id: unknown, ...props },
    from,
  });
  const bucketV2 = (props: Props): Resource => ({ ...bucket(props), type: "aws:s3/bucketV2:BucketV2" });
  const companion = (kind: string, props: Props, name: string): Resource => ({
    type: `aws:s3/${kind.charAt(0).toLowerCase()}${kind.slice(1)}:${kind}`,
    name,
    props: { bucket: "data-1", ...props },
  });
  const versioning = (status: Json, props: Props = {}, version = ""): Resource =>
    companion(`BucketVersioning${version}`, { versioningConfiguration: { status }, ...props }, "versioning");

  describe("rel-s3-versioning", () => {
    const refused = violation("the bucket keeps no versions");

    holds("rel-s3-versioning", [
      ["passes versioning of its own", [bucket(), versioning("Enabled")], pass],
      ["passes that of the older resource", [bucket(), versioning("Enabled", {}, "V2")], pass],
      [
        "finds it by where the bucket came from",
        [bucket(), { ...versioning("Enabled", { bucket: unknown }), from: { bucket: ["data"] } }],
        pass,
      ],
      ["refuses suspended versioning", [bucket(), versioning("Suspended")], refused],
      ["refuses another bucket's", [bucket(), versioning("Enabled", { bucket: "other" })], refused],
      ["refuses undefined", [bucket()], refused],
      ["refuses what only the provider does not know yet", [bucket({ versioning: unknown })], refused],
      ["passes inline versioning", [bucket({ versioning: { enabled: true } })], pass],
      ["refuses inline versioning that is off", [bucket({ versioning: { enabled: false } })], refused],
      ["passes inline versioning of the older resource", [bucketV2({ versionings: [{ enabled: true }] })], pass],
      [
        "cannot judge an unknown status",
        [bucket(), versioning(unknown)],
        unverifiable("versioningConfiguration.status"),
      ],
      ["needs no status of another bucket's", [bucket(), versioning(unknown, { bucket: "other" })], refused],
    ]);
  });

  describe("rel-s3-lifecycle", () => {
    const keeps = "no lifecycle rule expires old versions";
    const parts = "no lifecycle rule aborts incomplete uploads";
    const expires = { noncurrentVersionExpiration: { noncurrentDays: 30 } };
    const aborts = { abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } };
    const lifecycle = (rules: Json, props: Props = {}, version = ""): Resource =>
      companion(`BucketLifecycleConfiguration${version}`, { rules, ...props }, "lifecycle");
    const enabled = (more: Props) => ({ status: "Enabled", ...more });
    const versioned = [bucket(), versioning("Enabled")];

    holds("rel-s3-lifecycle", [
      ["passes one rule for both", [...versioned, lifecycle([enabled({ ...expires, ...aborts })])], pass],
      ["passes two rules", [...versioned, lifecycle([enabled(expires), enabled(aborts)])], pass],
      ["passes the older resource", [...versioned, lifecycle([enabled({ ...expires, ...aborts })], {}, "V2")], pass],
      ["passes a bucket without versions", [bucket()], pass],
      ["refuses a versioned bucket without rules", versioned, violation(keeps, parts)],
      ["refuses without expiration", [...versioned, lifecycle([enabled(aborts)])], violation(keeps)],
      ["refuses without aborting", [...versioned, lifecycle([enabled(expires)])], violation(parts)],
      [
        "refuses a rule that is off",
        [...versioned, lifecycle([{ ...expires, status: "Disabled" }, enabled(aborts)])],
        violation(keeps),
      ],
      [
        "refuses another bucket's",
        [...versioned, lifecycle([enabled({ ...expires, ...aborts })], { bucket: "other" })],
        violation(keeps, parts),
      ],
      [
        "passes inline rules",
        [
          bucket({
            versioning: { enabled: true },
            lifecycleRules: [
              { enabled: true, noncurrentVersionExpiration: { days: 1 }, abortIncompleteMultipartUploadDays: 1 },
            ],
          }),
        ],
        pass,
      ],
      [
        "passes inline rules of the older resource",
        [
          bucketV2({
            versionings: [{ enabled: true }],
            lifecycleRules: [
              { enabled: true, noncurrentVersionExpirations: [{ days: 1 }], abortIncompleteMultipartUploadDays: 1 },
            ],
          }),
        ],
        pass,
      ],
      [
        "refuses inline rules that are off",
        [bucket({ versioning: { enabled: true }, lifecycleRules: [{ enabled: false, ...expires, ...aborts }] })],
        violation(keeps, parts),
      ],
      [
        "refuses rules that only the provider does not know yet",
        [bucket({ lifecycleRules: unknown }), versioning("Enabled")],
        violation(keeps, parts),
      ],
      ["cannot judge unknown rules", [...versioned, lifecycle(unknown)], unverifiable("rules")],
      [
        "cannot judge a bucket whose versions are unknown",
        [bucket(), versioning(unknown)],
        unverifiable("versioningConfiguration.status"),
      ],
      [
        "cannot judge a rule whose status is unknown",
        [...versioned, lifecycle([enabled(expires), { ...aborts, status: unknown }])],
        unverifiable("rules[1].status"),
      ],
    ]);
  });
});

describe("rel-kms-deletion-window", () => {
  const key = (props: Props, type = "key:Key"): Resource => ({ type: `aws:kms/${type}`, props });
  const secret = (props: Props): Resource => ({ type: "aws:secretsmanager/secret:Secret", props });
  const gone = (days: number, wanted = 14) =>
    violation(`deletionWindowInDays: a deleted key is gone after ${days} days, at least ${wanted} are asked for`);

  holds("rel-kms-deletion-window", [
    ["passes 14 days", key({ deletionWindowInDays: 14 }), pass],
    ["passes an undefined value, whose default is 30", key({}), pass],
    ["refuses 13 days", key({ deletionWindowInDays: 13 }), gone(13)],
    ...["externalKey:ExternalKey", "replicaKey:ReplicaKey", "replicaExternalKey:ReplicaExternalKey"].map(
      (type): Case => [`refuses 7 days of ${type}`, key({ deletionWindowInDays: 7 }, type), gone(7)],
    ),
    ["takes the days from the config", key({ deletionWindowInDays: 29 }), gone(29, 30), { minDays: 30 }],
    ["passes a secret's 7 days", secret({ recoveryWindowInDays: 7 }), pass],
    ["passes a secret's undefined value, whose default is 30", secret({}), pass],
    [
      "refuses a secret that is gone at once",
      secret({ recoveryWindowInDays: 0 }),
      violation("recoveryWindowInDays: a deleted secret is gone at once"),
    ],
    ["cannot judge an unknown", key({ deletionWindowInDays: unknown }), unverifiable("deletionWindowInDays")],
    [
      "cannot judge a secret's unknown",
      secret({ recoveryWindowInDays: unknown }),
      unverifiable("recoveryWindowInDays"),
    ],
  ]);
});
