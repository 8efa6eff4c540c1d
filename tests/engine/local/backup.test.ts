import {
  CreateTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  PutItemCommand,
  ScanCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import {
  type BucketLocationConstraint,
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ObjectNotInActiveTierError,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  type StorageClass,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { backUp } from "../../../automation/backup/backup";
import { backupSource, restoreInto, timeSource } from "../../../automation/backup/restore";
import { backupPlaceOf, type Manifest } from "../../../automation/backup/sets";
import { storesIn } from "../../../automation/backup/stores";
import type { Session } from "../../../automation/lib/session";
import { awsEnv } from "../../../local/aws-env";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

/** Backup and restore against real answers of S3 and DynamoDB, without a deployed stack: the state that names the stores is written here. */
let emulator: TestEmulator;
const clients = new Map<string, { readonly s3: S3Client; readonly dynamodb: DynamoDBClient }>();

beforeAll(async () => {
  emulator = await startTestEmulator();
  for (const [key, value] of Object.entries(awsEnv(emulator.endpoint))) vi.stubEnv(key, value);
  refuseArchivedCopies();
});

/** What S3 does and the emulator does not: it copies no object that is in an archive. */
function refuseArchivedCopies() {
  const send = S3Client.prototype.send as (this: S3Client, command: unknown) => Promise<unknown>;
  vi.spyOn(S3Client.prototype, "send").mockImplementation(async function (this: S3Client, command: unknown) {
    if (command instanceof CopyObjectCommand) {
      const [, Bucket = "", Key = "", VersionId] =
        /^([^/]+)\/([^?]+)(?:\?versionId=(.*))?$/.exec(String(command.input.CopySource)) ?? [];
      const asked = { Bucket, Key: decodeURIComponent(Key), ...(VersionId && { VersionId }) };
      const { StorageClass } = (await send.call(this, new HeadObjectCommand(asked))) as { StorageClass?: string };
      if (StorageClass === "GLACIER") throw new ObjectNotInActiveTierError({ message: "", $metadata: {} });
    }
    return send.call(this, command);
  } as never);
}

afterAll(async () => {
  for (const { s3, dynamodb } of clients.values()) {
    s3.destroy();
    dynamodb.destroy();
  }
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await emulator?.dispose();
});

function clientsIn(region: string) {
  const found = clients.get(region) ?? { s3: new S3Client({ region }), dynamodb: new DynamoDBClient({ region }) };
  clients.set(region, found);
  return found;
}

/** A stack with a bucket and a table in a region. */
async function stackOf(stackName: string, region: string): Promise<Session> {
  const { s3, dynamodb } = clientsIn(region);
  const Bucket = `test-storage-${stackName}`;
  const TableName = `test-data-${stackName}`;
  await s3.send(
    new CreateBucketCommand({
      Bucket,
      ...(region !== "us-east-1" && {
        CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint },
      }),
    }),
  );
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    }),
  );
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 10, minDelay: 1 }, { TableName });
  const urn = (type: string, name: string) => `urn:pulumi:${stackName}::test::${type}::${name}`;
  const resources = [
    ["aws:s3/bucket:Bucket", "test-storage-bucket", { bucket: Bucket }],
    ["aws:dynamodb/table:Table", "test-data-table", { name: TableName }],
  ].map(([type, name, outputs]) => ({ urn: urn(String(type), String(name)), type, outputs }));
  return {
    stackName,
    settings: { config: { "aws:region": region } },
    policyPacks: [],
    emulator,
    engine: {},
    stack: {
      exportStack: async () => ({ deployment: { resources } }),
      workspace: { projectSettings: async () => ({ name: "test" }) },
    },
  } as unknown as Session;
}

async function put({ stackName, settings }: Session, Key: string, Body: string, as?: StorageClass): Promise<void> {
  const { s3 } = clientsIn(String(settings.config?.["aws:region"]));
  await s3.send(
    new PutObjectCommand({ Bucket: `test-storage-${stackName}`, Key, Body, ...(as && { StorageClass: as }) }),
  );
}

async function objectsOf({ stackName, settings }: Session): Promise<Record<string, string>> {
  const { s3 } = clientsIn(String(settings.config?.["aws:region"]));
  const Bucket = `test-storage-${stackName}`;
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  const found: Record<string, string> = {};
  for (const { Key = "", StorageClass } of Contents) {
    if (StorageClass === "GLACIER") found[Key] = "in an archive";
    else found[Key] = (await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()) ?? "";
  }
  return found;
}

const silent = () => undefined;

function restoreBackup(target: Session, origin: Session, manifest: Manifest) {
  const place = backupPlaceOf(origin);
  return restoreInto(target, backupSource(clientsIn(place.region).s3, place, manifest), silent);
}

describe("objects in an archive of S3", () => {
  test("are named as not in the backup, stay where they are, and are missed where they are not", async () => {
    const origin = await stackOf("glacier", "us-east-1");
    const other = await stackOf("glacier-euw1", "eu-west-1");
    await put(origin, "warm", "warm");
    await put(origin, "it's cold", "cold", "GLACIER");
    const manifest = await backUp(origin, silent);
    const [bucket] = manifest.buckets;
    expect(bucket?.objects.map(({ key }) => key)).toEqual(["warm"]);
    expect(bucket?.archived).toEqual([expect.objectContaining({ key: "it's cold", size: 4 })]);
    expect(manifest.missing).toEqual([
      expect.stringContaining("1 objects of bucket test-storage-glacier are in an archive of S3"),
    ]);
    expect(manifest.missing[0]).toContain(
      `aws s3api restore-object --bucket test-storage-glacier --key 'it'\\''s cold' --version-id '${bucket?.archived[0]?.versionId}' --restore-request Days=7`,
    );

    await put(origin, "later", "later");
    const same = await restoreBackup(origin, origin, manifest);
    expect(same).toMatchObject({ buckets: [{ put: 0, same: 1, removed: 1 }], missing: [] });
    expect(await objectsOf(origin)).toEqual({ warm: "warm", "it's cold": "in an archive" });

    const elsewhere = await restoreBackup(other, origin, manifest);
    expect(await objectsOf(other)).toEqual({ warm: "warm" });
    expect(elsewhere.missing).toEqual([expect.stringMatching(/^1 objects of bucket test-storage-glacier-euw1 were/)]);
  });

  test("that a backup had before they came there are in the next one too", async () => {
    const origin = await stackOf("moved", "us-east-1");
    await put(origin, "a", "a");
    const first = await backUp(origin, silent, new Date("2026-12-01T00:00:00Z"));
    const copied = first.buckets[0]?.objects[0]?.copy;
    const copies = clientsIn("us-east-1").s3;
    // As an object that moves keeps its version, this one's copy stands under the version of one that never was warm.
    await put(origin, "a", "a", "GLACIER");
    const second = await backUp(origin, silent, new Date("2026-12-02T00:00:00Z"));
    const [archived] = second.buckets[0]?.archived ?? [];
    expect(second.missing).toHaveLength(1);
    const { bucket: Bucket } = backupPlaceOf(origin);
    const Key = `${copied?.slice(0, copied.lastIndexOf("/"))}/${archived?.versionId}`;
    await copies.send(new PutObjectCommand({ Bucket, Key, Body: "a" }));
    const third = await backUp(origin, silent, new Date("2026-12-03T00:00:00Z"));
    expect(third.missing).toEqual([]);
    expect(third.buckets[0]?.objects).toEqual([expect.objectContaining({ key: "a", copy: Key })]);
  });
});

describe("a time", () => {
  // DynamoDB here restores a table as it is now, whatever the time: what shows is the way there and what is left behind.
  test("is met by versions of objects and by a table that AWS restores beside, which goes afterwards", async () => {
    const origin = await stackOf("time", "us-east-1");
    const other = await stackOf("time-euw1", "eu-west-1");
    const { s3, dynamodb } = clientsIn("us-east-1");
    const far = clientsIn("eu-west-1").dynamodb;
    await put(origin, "kept", "then");
    await put(origin, "deleted", "then");
    await dynamodb.send(new PutItemCommand({ TableName: "test-data-time", Item: { id: { S: "1" } } }));
    await far.send(new PutItemCommand({ TableName: "test-data-time-euw1", Item: { id: { S: "surplus" } } }));
    // S3's times are of whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const time = new Date();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await put(origin, "kept", "now");
    await put(origin, "new", "now");
    await s3.send(new DeleteObjectCommand({ Bucket: "test-storage-time", Key: "deleted" }));

    const { resources } = (await origin.stack.exportStack()).deployment as { resources: [] };
    const source = timeSource({ s3, dynamodb }, "time", storesIn(resources), time);
    const restored = await restoreInto(other, source, silent);
    expect(restored).toMatchObject({ tables: [{ put: 1, removed: 1 }], missing: [] });
    expect(await objectsOf(other)).toEqual({ kept: "then", deleted: "then" });
    const { Items } = await far.send(new ScanCommand({ TableName: "test-data-time-euw1" }));
    expect(Items).toEqual([{ id: { S: "1" } }]);
    const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}));
    expect(TableNames.filter((name) => name.includes("-at-"))).toEqual([]);
  });
});
