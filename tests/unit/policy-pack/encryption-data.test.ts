import { describe, expect, test } from "vitest";
import { unknown } from "../../support/policy-harness";
import { cases, type Props, remediate } from "./cases";
import { judge, pass, unverifiable, violation } from "./rules";

describe("enc-rds-instance", () => {
  const refused = violation("storageEncrypted: the database is not encrypted");
  const needsKey = violation("kmsKeyId: a replica from another region is not encrypted without a key of its own");
  const source = (region: string) => `arn:aws:rds:${region}:111122223333:db:main`;

  cases("enc-rds-instance", "aws:rds/instance:Instance", [
    ["passes true", { storageEncrypted: true }, pass],
    ["refuses false", { storageEncrypted: false }, refused],
    ["refuses an undefined value, whose default is false", {}, refused],
    ["refuses a key without encryption", { kmsKeyId: "arn" }, refused],
    ["cannot judge an unknown", { storageEncrypted: unknown }, unverifiable("storageEncrypted")],
    ["passes a replica of an identifier, which is in the same region", { replicateSourceDb: "main" }, pass],
    ["refuses what is a replica of nothing", { replicateSourceDb: "" }, refused],
    [
      "passes a replica of an ARN in the same region",
      { replicateSourceDb: source("us-east-1"), region: "us-east-1" },
      pass,
    ],
    [
      "refuses one from another region, whatever storageEncrypted says",
      { replicateSourceDb: source("eu-west-1"), region: "us-east-1", storageEncrypted: true },
      needsKey,
    ],
    [
      "passes one from another region with a key, known or not",
      { replicateSourceDb: source("eu-west-1"), region: "us-east-1", kmsKeyId: unknown },
      pass,
    ],
    ["cannot judge an unknown source", { replicateSourceDb: unknown }, unverifiable("replicateSourceDb")],
    ["needs no source when there is a key", { replicateSourceDb: unknown, kmsKeyId: "arn" }, pass],
  ]);

  test("takes the provider's region", async () => {
    const replica = (from: string) => ({
      type: "aws:rds/instance:Instance",
      props: { replicateSourceDb: source(from) },
      provider: { region: "us-east-1" },
    });
    expect(await judge("enc-rds-instance", replica("us-east-1"))).toEqual(pass);
    expect(await judge("enc-rds-instance", replica("eu-west-1"))).toEqual(needsKey);
  });
});

describe("enc-rds-cluster", () => {
  const refused = violation("storageEncrypted: the cluster is not encrypted");

  describe.each(["aws:rds/cluster:Cluster", "aws:rds/globalCluster:GlobalCluster"])("%s", (type) => {
    cases("enc-rds-cluster", type, [
      ["passes true", { storageEncrypted: true }, pass],
      ["refuses false", { storageEncrypted: false }, refused],
      ["refuses an undefined value, whose default is false", { engineMode: "provisioned" }, refused],
      ["passes an undefined value where the default is true", { engineMode: "serverless" }, pass],
      ["refuses false there too", { engineMode: "serverless", storageEncrypted: false }, refused],
      ["passes what takes over the encryption of a cluster", { sourceDbClusterIdentifier: unknown }, pass],
      ["cannot judge an unknown", { storageEncrypted: unknown }, unverifiable("storageEncrypted")],
      ["cannot judge an unknown mode", { engineMode: unknown }, unverifiable("engineMode")],
      ["needs no mode when encrypted", { engineMode: unknown, storageEncrypted: true }, pass],
    ]);
  });
});

const group = "aws:elasticache/replicationGroup:ReplicationGroup";

describe("enc-elasticache-at-rest", () => {
  const refused = violation("atRestEncryptionEnabled: data is not encrypted at rest");

  cases("enc-elasticache-at-rest", group, [
    ["passes true", { atRestEncryptionEnabled: true }, pass],
    ["refuses false", { atRestEncryptionEnabled: false }, refused],
    ["refuses an undefined value, whose default is false for Redis", {}, refused],
    ["passes an undefined value for Valkey", { engine: "Valkey" }, pass],
    ["refuses false for Valkey", { engine: "valkey", atRestEncryptionEnabled: false }, refused],
    ["passes a member of a global datastore, known or not", { globalReplicationGroupId: unknown }, pass],
    ["cannot judge an unknown", { atRestEncryptionEnabled: unknown }, unverifiable("atRestEncryptionEnabled")],
    ["cannot judge an unknown engine", { engine: unknown }, unverifiable("engine")],
  ]);
});

describe("enc-elasticache-in-transit", () => {
  const id = "enc-elasticache-in-transit";
  const refused = violation("transitEncryptionEnabled: clients connect without TLS");
  const preferred = violation("transitEncryptionMode: clients may still connect without TLS");

  describe.each([group, "aws:elasticache/cluster:Cluster"])("%s", (type) => {
    cases(id, type, [
      ["passes true", { transitEncryptionEnabled: true }, pass],
      ["refuses false", { transitEncryptionEnabled: false }, refused],
      ["refuses an undefined value, whose default is false", {}, refused],
      ["cannot judge an unknown", { transitEncryptionEnabled: unknown }, unverifiable("transitEncryptionEnabled")],
    ]);
  });

  cases(id, group, [
    ["passes required TLS", { transitEncryptionEnabled: true, transitEncryptionMode: "required" }, pass],
    ["refuses preferred TLS", { transitEncryptionEnabled: true, transitEncryptionMode: "preferred" }, preferred],
    ["says it once when there is no TLS", { transitEncryptionMode: "preferred" }, refused],
    [
      "cannot judge an unknown mode",
      { transitEncryptionEnabled: true, transitEncryptionMode: unknown },
      unverifiable("transitEncryptionMode"),
    ],
    ["passes a member of a global datastore", { globalReplicationGroupId: unknown }, pass],
    ["does not take the group's own name for a larger group", { replicationGroupId: "sessions" }, refused],
  ]);

  test("passes a member of a replication group", async () => {
    const type = "aws:elasticache/cluster:Cluster";
    expect(await judge(id, { type, props: { replicationGroupId: unknown } })).toEqual(pass);
    expect(await judge(id, { type, props: { replicationGroupId: "" } })).toEqual(refused);
  });
});

describe("enc-elasticache-auth", () => {
  const open = violation("userGroupIds: clients need no password");
  const clear = violation("transitEncryptionEnabled: passwords are sent without TLS");
  const transitEncryptionEnabled = true;

  cases("enc-elasticache-auth", group, [
    ["passes a user group", { transitEncryptionEnabled, userGroupIds: ["admins"] }, pass],
    ["passes a user group that is unknown", { transitEncryptionEnabled, userGroupIds: [unknown] }, pass],
    ["passes a token, known or not", { transitEncryptionEnabled, authToken: unknown }, pass],
    ["passes a token that is only written", { transitEncryptionEnabled, authTokenWo: unknown }, pass],
    ["refuses neither", { transitEncryptionEnabled }, open],
    ["undefined TLS is another matter then", {}, open],
    ["refuses no groups and an empty token", { userGroupIds: [], authToken: "" }, open],
    ["refuses a token without TLS", { authToken: "hunter2", transitEncryptionEnabled: false }, clear],
    ["refuses a group without TLS", { userGroupIds: ["admins"] }, clear],
    ["takes the TLS of a global datastore", { authToken: "x", globalReplicationGroupId: "global" }, pass],
    ["cannot judge unknown groups", { transitEncryptionEnabled, userGroupIds: unknown }, unverifiable("userGroupIds")],
    [
      "cannot judge unknown TLS",
      { transitEncryptionEnabled: unknown, authToken: "x" },
      unverifiable("transitEncryptionEnabled"),
    ],
  ]);
});

describe("enc-sqs-at-rest", () => {
  const id = "enc-sqs-at-rest";
  const type = "aws:sqs/queue:Queue";
  const refused = violation("sqsManagedSseEnabled: encryption is turned off and there is no KMS key");
  const off = { sqsManagedSseEnabled: false };

  cases(id, type, [
    ["passes an undefined value, whose default is on", {}, pass],
    ["passes true", { sqsManagedSseEnabled: true }, pass],
    ["refuses false", off, refused],
    ["passes false with a key, known or not", { ...off, kmsMasterKeyId: unknown }, pass],
    ["refuses false with an empty key", { ...off, kmsMasterKeyId: "" }, refused],
    ["cannot judge an unknown", { sqsManagedSseEnabled: unknown }, unverifiable("sqsManagedSseEnabled")],
    ["needs no value when there is a key", { sqsManagedSseEnabled: unknown, kmsMasterKeyId: "alias/aws/sqs" }, pass],
  ]);

  test("remediation turns it on and nothing else", async () => {
    expect(await remediate(id, type, { ...off, arn: unknown })).toEqual({ sqsManagedSseEnabled: true, arn: unknown });
    expect(await remediate(id, type, { ...off, kmsMasterKeyId: "k" })).toBeUndefined();
    expect(await remediate(id, type, {})).toBeUndefined();
    expect(await remediate(id, type, { sqsManagedSseEnabled: unknown })).toBeUndefined();
  });
});

describe("enc-sns-at-rest", () => {
  const id = "enc-sns-at-rest";
  const type = "aws:sns/topic:Topic";
  const refused = violation("kmsMasterKeyId: messages are not encrypted");

  cases(id, type, [
    ["passes AWS's key", { kmsMasterKeyId: "alias/aws/sns" }, pass],
    ["passes a key that is unknown", { kmsMasterKeyId: unknown }, pass],
    ["refuses an undefined key", {}, refused],
    ["refuses an empty key", { kmsMasterKeyId: "" }, refused],
  ]);

  test("remediation sets the configured key and does nothing without", async () => {
    const settings = { remedyKey: "alias/aws/sns" };
    expect(await remediate(id, type, { arn: unknown })).toBeUndefined();
    expect(await remediate(id, type, { arn: unknown }, settings)).toEqual({
      arn: unknown,
      kmsMasterKeyId: "alias/aws/sns",
    });
    expect(await remediate(id, type, { kmsMasterKeyId: "alias/mine" }, settings)).toBeUndefined();
    expect(await remediate(id, type, { kmsMasterKeyId: unknown }, settings)).toBeUndefined();
  });
});

const requireCmk = { requireCmk: true };

describe.each([
  ["enc-logs-cmk", "aws:cloudwatch/logGroup:LogGroup", "kmsKeyId", "the log is encrypted with a key of AWS's"],
  ["enc-secret-cmk", "aws:secretsmanager/secret:Secret", "kmsKeyId", "the secret is encrypted with a key of AWS's"],
  [
    "enc-dynamodb-at-rest",
    "aws:dynamodb/tableReplica:TableReplica",
    "kmsKeyArn",
    "the table is encrypted with a key of AWS's",
  ],
])("%s", (id, type, key, problem) => {
  const refused = violation(`${key}: ${problem}`);

  cases(id, type, [
    ["passes an undefined key", {}, pass],
    ["refuses an undefined key where one is required", {}, refused, requireCmk],
    ["refuses an empty one", { [key]: "" }, refused, requireCmk],
    ["refuses AWS's own by alias", { [key]: "alias/aws/service" }, refused, requireCmk],
    ["refuses AWS's own by ARN", { [key]: "arn:aws:kms:us-east-1:1:alias/aws/service" }, refused, requireCmk],
    ["passes an alias of one's own", { [key]: "alias/aws-like" }, pass, requireCmk],
    ["passes a key that is unknown", { [key]: unknown }, pass, requireCmk],
  ]);
});

describe("enc-secret-cmk", () => {
  cases("enc-secret-cmk", "aws:secretsmanager/secret:Secret", [
    [
      "judges each replica",
      { kmsKeyId: "k", replicas: [{ kmsKeyId: "k" }, { region: "eu-west-1" }] },
      violation("replicas[1].kmsKeyId: the secret is encrypted with a key of AWS's"),
      requireCmk,
    ],
    ["cannot judge unknown replicas", { kmsKeyId: "k", replicas: unknown }, unverifiable("replicas"), requireCmk],
  ]);
});

describe("enc-dynamodb-at-rest", () => {
  const problem = "the table is encrypted with a key of AWS's";
  const own = (more: Props = {}): Props => ({ serverSideEncryption: { enabled: true, kmsKeyArn: "k", ...more } });

  cases("enc-dynamodb-at-rest", "aws:dynamodb/table:Table", [
    ["passes an undefined encryption", {}, pass],
    ["passes an own key where one is required", own(), pass, requireCmk],
    ["passes one that is unknown", own({ kmsKeyArn: unknown }), pass, requireCmk],
    ["refuses an undefined encryption there", {}, violation(`serverSideEncryption: ${problem}`), requireCmk],
    ["refuses one without a key", own({ kmsKeyArn: "" }), violation(`serverSideEncryption: ${problem}`), requireCmk],
    [
      "refuses one that is turned off",
      own({ enabled: false }),
      violation(`serverSideEncryption: ${problem}`),
      requireCmk,
    ],
    [
      "cannot judge whether it is turned off",
      own({ enabled: unknown }),
      unverifiable("serverSideEncryption.enabled"),
      requireCmk,
    ],
    [
      "cannot judge an unknown encryption",
      { serverSideEncryption: unknown },
      unverifiable("serverSideEncryption"),
      requireCmk,
    ],
    [
      "judges each replica",
      { ...own(), replicas: [{ kmsKeyArn: "k" }, {}] },
      violation(`replicas[1].kmsKeyArn: ${problem}`),
      requireCmk,
    ],
    ["cannot judge unknown replicas", { ...own(), replicas: unknown }, unverifiable("replicas"), requireCmk],
  ]);
});

describe("enc-kms-rotation", () => {
  const id = "enc-kms-rotation";
  const type = "aws:kms/key:Key";
  const refused = violation("enableKeyRotation: the key is never rotated");

  cases(id, type, [
    ["passes true", { enableKeyRotation: true }, pass],
    ["refuses false", { enableKeyRotation: false }, refused],
    ["refuses an undefined value, whose default is false", {}, refused],
    ["refuses it for a symmetric key that says so", { customerMasterKeySpec: "SYMMETRIC_DEFAULT" }, refused],
    ["passes an asymmetric key", { customerMasterKeySpec: "RSA_2048" }, pass],
    ["passes an HMAC key", { customerMasterKeySpec: "HMAC_256" }, pass],
    ["passes a key in a custom store, known or not", { customKeyStoreId: unknown }, pass],
    ["passes a key in an external store", { xksKeyId: "x" }, pass],
    ["cannot judge an unknown", { enableKeyRotation: unknown }, unverifiable("enableKeyRotation")],
    ["cannot judge an unknown kind of key", { customerMasterKeySpec: unknown }, unverifiable("customerMasterKeySpec")],
    ["needs no kind when rotated", { customerMasterKeySpec: unknown, enableKeyRotation: true }, pass],
  ]);

  test("remediation turns it on and nothing else", async () => {
    expect(await remediate(id, type, { policy: unknown })).toEqual({ policy: unknown, enableKeyRotation: true });
    expect(await remediate(id, type, { enableKeyRotation: true })).toBeUndefined();
    expect(await remediate(id, type, { enableKeyRotation: unknown })).toBeUndefined();
    expect(await remediate(id, type, { customerMasterKeySpec: "RSA_2048" })).toBeUndefined();
  });
});
