import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { regionOf, resourcesOf, type Session } from "../lib/session";
import { UserError } from "../lib/user-error";
import { type Item, withVersions } from "./items";
import { itemsAt, restoreFileSystem } from "./native";
import { copyObject, listObjects, type ObjectVersion } from "./objects";
import type { BackupPlace, Manifest } from "./sets";
import { type BucketStore, type Stores, storesIn } from "./stores";
import { fillTable, readItems } from "./tables";

type Log = (line: string) => void;

/** An object to be copied back, and where from. */
export interface SavedObject extends ObjectVersion {
  readonly from: { readonly bucket: string; readonly key: string; readonly versionId?: string };
}

/** Where data comes from: a backup, or a deployed stack as it was at a time. Undefined where it holds no such store. */
export interface RestoreSource {
  readonly name: string;
  objects(key: string): Promise<readonly SavedObject[] | undefined>;
  items(key: string): AsyncIterable<Item> | undefined;
}

/** A finished backup. */
export function backupSource(client: S3Client, place: BackupPlace, manifest: Manifest): RestoreSource {
  return {
    name: `backup ${manifest.point} of stack ${manifest.stack}`,
    objects: async (key) =>
      manifest.buckets
        .find((bucket) => bucket.key === key)
        ?.objects.map((object) => ({ ...object, from: { bucket: place.bucket, key: object.copy } })),
    items: (key) => {
      const table = manifest.tables.find((one) => one.key === key);
      return table && readItems(client, { Bucket: place.bucket, Key: table.file }, table.sha256);
    },
  };
}

/** A deployed stack as it was at a time: objects by their versions, items by what DynamoDB keeps of the last 35 days. */
export function timeSource(
  { s3, dynamodb }: { readonly s3: S3Client; readonly dynamodb: DynamoDBClient },
  stackName: string,
  stores: Stores,
  time: Date,
): RestoreSource {
  return {
    name: `stack ${stackName} as it was at ${time.toISOString()}`,
    objects: async (key) => {
      const bucket = stores.buckets.find((one) => one.key === key);
      if (!bucket) return undefined;
      const objects = await listObjects(s3, bucket.name, time);
      return objects
        .filter((object) => !bucket.managed.has(object.key))
        .map((object) => ({ ...object, from: { bucket: bucket.name, key: object.key, versionId: object.versionId } }));
    },
    items: (key) => {
      const table = stores.tables.find((one) => one.key === key);
      return table && itemsAt(dynamodb, table.name, time);
    },
  };
}

export interface Restored {
  readonly buckets: readonly {
    readonly name: string;
    readonly put: number;
    readonly same: number;
    readonly removed: number;
  }[];
  readonly tables: readonly { readonly name: string; readonly put: number; readonly removed: number }[];
}

/**
 * Makes the tables and buckets of a deployed stack hold what the source holds, and nothing else. What is in buckets now stays there as replaced versions.
 * Items that point at versions of objects point at the restored ones.
 *
 * @throws UserError when stack and source have nothing in common
 */
export async function restoreInto(target: Session, source: RestoreSource, log: Log): Promise<Restored> {
  const region = regionOf(target.settings);
  const stores = storesIn(await resourcesOf(target.stack));
  const s3 = new S3Client({ region });
  const dynamodb = new DynamoDBClient({ region });
  const versions = new Map<string, string>();
  const buckets = [];
  const tables = [];
  try {
    for (const store of stores.buckets) {
      const saved = await source.objects(store.key);
      if (!saved) continue;
      const counts = await fillBucket(s3, store, saved, versions);
      log(
        `  bucket ${store.name}: ${counts.put} objects restored, ${counts.same} were there, ${counts.removed} removed`,
      );
      buckets.push({ name: store.name, ...counts });
    }
    for (const { key, name } of stores.tables) {
      const items = source.items(key);
      if (!items) continue;
      const counts = await fillTable(dynamodb, name, translated(items, versions));
      log(`  table ${name}: ${counts.put} items restored, ${counts.removed} removed`);
      tables.push({ name, ...counts });
    }
  } finally {
    s3.destroy();
    dynamodb.destroy();
  }
  if (buckets.length + tables.length === 0) {
    throw new UserError(
      `Stack ${target.stackName} has no table and no bucket that ${source.name} has.`,
      `Deploy the same systems first: ./llm up ${target.stackName}`,
    );
  }
  return { buckets, tables };
}

async function* translated(items: AsyncIterable<Item>, versions: ReadonlyMap<string, string>): AsyncGenerator<Item> {
  for await (const item of items) yield withVersions(item, versions);
}

async function fillBucket(
  client: S3Client,
  store: BucketStore,
  saved: readonly SavedObject[],
  versions: Map<string, string>,
) {
  const present = new Map((await listObjects(client, store.name)).map((object) => [object.key, object]));
  let put = 0;
  let same = 0;
  for (const { key, size, etag, versionId, from } of saved) {
    const there = present.get(key);
    present.delete(key);
    if (there && there.etag === etag && there.size === size) {
      same += 1;
      versions.set(versionId, there.versionId);
      continue;
    }
    versions.set(versionId, await copyObject(client, { ...from, size }, { Bucket: store.name, Key: key }));
    put += 1;
  }
  const surplus = [...present.keys()].filter((key) => !store.managed.has(key));
  for (const Key of surplus) await client.send(new DeleteObjectCommand({ Bucket: store.name, Key }));
  versions.delete("null");
  return { put, same, removed: surplus.length };
}

/** What a restore can't do by itself: databases come with an update, file systems by a job of AWS Backup. */
export async function restoreManaged(target: Session, manifest: Manifest, log: Log): Promise<void> {
  const stores = storesIn(await resourcesOf(target.stack));
  for (const { key, recoveryPoint } of manifest.fileSystems) {
    const store = stores.fileSystems.find((one) => one.key === key);
    if (!store) continue;
    const job = await restoreFileSystem(regionOf(target.settings), manifest.accountId, recoveryPoint, store.name);
    log(`  file system ${store.name}: job ${job} of AWS Backup puts it into a directory aws-backup-restore_<time>`);
  }
  for (const { name, snapshot } of manifest.databases) {
    log(
      `  database ${name}: its data is in snapshot ${snapshot}. To deploy stack ${target.stackName} from it, see docs/backup.md#databases.`,
    );
  }
}
