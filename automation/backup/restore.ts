import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { regionOf, resourcesOf, type Session } from "../lib/session";
import { databasesIn, type RestorableDatabase } from "./databases";
import { type Item, withVersions } from "./items";
import { itemsAt, restoreFileSystem } from "./native";
import { archivedText, copyClient, copyObject, isArchived, listObjects, type ObjectVersion } from "./objects";
import type { BackupPlace, Manifest } from "./sets";
import { bringSnapshot, snapshotAt } from "./snapshots";
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
  /** Objects of a bucket that the source knows of, and whose content it has not. */
  archived(key: string): readonly ObjectVersion[];
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
    archived: (key) => manifest.buckets.find((bucket) => bucket.key === key)?.archived ?? [],
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
    archived: () => [],
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
  /** What could not be restored, a sentence each. */
  readonly missing: readonly string[];
}

/**
 * Makes the tables and buckets of a deployed stack hold what the source holds, and nothing else. What is in buckets now stays there as replaced versions.
 * Items that point at versions of objects point at the restored ones.
 */
export async function restoreInto(target: Session, source: RestoreSource, log: Log): Promise<Restored> {
  const region = regionOf(target.settings);
  const stores = storesIn(await resourcesOf(target.stack));
  const s3 = copyClient(region);
  const dynamodb = new DynamoDBClient({ region });
  const versions = new Map<string, string>();
  const buckets = [];
  const tables = [];
  const missing: string[] = [];
  try {
    for (const store of stores.buckets) {
      const saved = await source.objects(store.key);
      if (!saved) continue;
      const { missing: archived, ...counts } = await fillBucket(s3, store, saved, source.archived(store.key), versions);
      log(
        `  bucket ${store.name}: ${counts.put} objects restored, ${counts.same} were there, ${counts.removed} removed`,
      );
      buckets.push({ name: store.name, ...counts });
      missing.push(...archived);
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
  return { buckets, tables, missing };
}

async function* translated(items: AsyncIterable<Item>, versions: ReadonlyMap<string, string>): AsyncGenerator<Item> {
  for await (const item of items) yield withVersions(item, versions);
}

async function fillBucket(
  client: S3Client,
  store: BucketStore,
  saved: readonly SavedObject[],
  archived: readonly ObjectVersion[],
  versions: Map<string, string>,
) {
  const present = new Map((await listObjects(client, store.name)).map((object) => [object.key, object]));
  const isThere = ({ key, size, etag }: ObjectVersion) => {
    const there = present.get(key);
    present.delete(key);
    return there && there.etag === etag && there.size === size ? there : undefined;
  };
  let put = 0;
  let same = 0;
  // What the source has no content of stays where it is.
  const gone = archived.filter((object) => isThere(object) === undefined);
  const refused: { readonly bucket: string; readonly key: string; readonly versionId: string }[] = [];
  for (const object of saved) {
    const { key, size, versionId, from } = object;
    const there = isThere(object);
    if (there) {
      same += 1;
      versions.set(versionId, there.versionId);
      continue;
    }
    try {
      versions.set(versionId, await copyObject(client, { ...from, size }, { Bucket: store.name, Key: key }));
      put += 1;
    } catch (error) {
      if (!isArchived(error)) throw error;
      refused.push({ bucket: from.bucket, key: from.key, versionId: from.versionId ?? "null" });
    }
  }
  const surplus = [...present.keys()].filter((key) => !store.managed.has(key));
  for (const Key of surplus) await client.send(new DeleteObjectCommand({ Bucket: store.name, Key }));
  versions.delete("null");
  const missing = [
    ...(gone.length > 0
      ? [
          `${gone.length} objects of bucket ${store.name} were in an archive of S3 when the backup was made, which has only their names: ${gone.map(({ key }) => key).join(", ")}.`,
        ]
      : []),
    ...(refused[0] ? [archivedText(refused[0].bucket, refused)] : []),
  ];
  return { put, same, removed: surplus.length, missing };
}

/**
 * Starts AWS Backup's jobs for the file systems of a backup.
 * @returns what could not be, a sentence each
 */
export async function restoreFileSystems(target: Session, manifest: Manifest, log: Log): Promise<string[]> {
  const region = regionOf(target.settings);
  const stores = storesIn(await resourcesOf(target.stack));
  const missing: string[] = [];
  for (const { key, recoveryPoint } of manifest.fileSystems) {
    const store = stores.fileSystems.find((one) => one.key === key);
    if (!store) continue;
    if (region !== manifest.region) {
      missing.push(
        `File system ${store.name}: its recovery point is in ${manifest.region}. Copy it to ${region} and restore it there (aws backup start-copy-job --recovery-point-arn ${recoveryPoint}).`,
      );
      continue;
    }
    const job = await restoreFileSystem(region, manifest.accountId, recoveryPoint, store.name);
    log(`  file system ${store.name}: job ${job} of AWS Backup puts it into a directory aws-backup-restore_<time>`);
  }
  return missing;
}

/** A database that a restore replaces, and how to have the snapshot with its data in the target's region. */
export interface DatabaseRestore {
  readonly database: RestorableDatabase;
  /** Returns the snapshot's name. */
  snapshot(): Promise<string>;
}

/**
 * The databases that the target has and the source too.
 * @param manifest of a backup; else the origin's databases as they were at a time
 */
export async function databaseRestores(
  target: Session,
  origin: { readonly region: string; readonly stores: Stores; readonly time: Date } | Manifest,
  place: BackupPlace,
): Promise<DatabaseRestore[]> {
  const to = regionOf(target.settings);
  const tags = { Backup: place.stack };
  const bring = async (snapshot: string, region: string) => {
    await bringSnapshot(snapshot, { to, regions: [place.region, region], accountId: place.accountId });
    return snapshot;
  };
  const there = databasesIn(await resourcesOf(target.stack));
  return there.flatMap((database): DatabaseRestore[] => {
    if ("databases" in origin) {
      const saved = origin.databases.find(({ key }) => key === database.key);
      return saved ? [{ database, snapshot: () => bring(saved.snapshot, origin.region) }] : [];
    }
    const { region, time, stores } = origin;
    const store = stores.databases.find(({ key }) => key === database.key);
    if (!store) return [];
    return [{ database, snapshot: async () => bring(await snapshotAt(region, store.name, time, tags), region) }];
  });
}
