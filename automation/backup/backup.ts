import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { regionOf, resourcesOf, type Session } from "../lib/session";
import { UserError } from "../lib/user-error";
import { ensureBackupBucket } from "./bucket";
import { backUpFileSystem } from "./native";
import { archivedText, copyClient, copyObject, isArchived, listObjects, type ObjectVersion } from "./objects";
import { type BackupPlace, backupPlaceOf, type Manifest, manifestKey, pointAt } from "./sets";
import { copySnapshot, snapshotDatabase } from "./snapshots";
import { type BucketStore, storesIn } from "./stores";
import { saveItems, scan } from "./tables";

type Log = (line: string) => void;

/**
 * Backs up what a stack keeps: items of its tables and objects of its buckets into the bucket of backups, databases as snapshots, file systems by
 * AWS Backup. Objects that an earlier backup holds are not copied again. Of what is written meanwhile a part may be in it.
 *
 * @throws UserError when the stack keeps nothing
 */
export async function backUp(session: Session, log: Log, now: Date = new Date()): Promise<Manifest> {
  const { stackName, settings } = session;
  const region = regionOf(settings);
  const place = backupPlaceOf(session);
  const stores = storesIn(await resourcesOf(session.stack));
  if (Object.values(stores).every((list) => list.length === 0)) {
    throw new UserError(
      `Stack ${stackName} keeps no data: it has no table, bucket, database or file system.`,
      `Is it deployed? ./llm outputs ${stackName}`,
    );
  }
  const point = pointAt(now);
  const project = (await session.stack.workspace.projectSettings()).name;
  const dynamodb = new DynamoDBClient({ region });
  const from = new S3Client({ region });
  const to = copyClient(place.region);
  const missing: string[] = [];
  try {
    await ensureBackupBucket(to, project, place);
    // Objects before tables: an item that names a version of an object then finds it, as versions are there before what points at them.
    const buckets = [];
    for (const store of stores.buckets) {
      const { objects, archived } = await saveObjects({ from, to }, store, place);
      log(`  bucket ${store.name}: ${objects.length} objects`);
      if (archived.length > 0) missing.push(archivedText(store.name, archived));
      buckets.push({ key: store.key, name: store.name, objects, archived });
    }
    const tables = [];
    for (const { key, name } of stores.tables) {
      const file = `${stackName}/${point}/tables/${key}.jsonl.gz`;
      const saved = await saveItems(to, scan(dynamodb, name), { Bucket: place.bucket, Key: file });
      log(`  table ${name}: ${saved.items} items`);
      tables.push({ key, name, file, ...saved });
    }
    const databases = [];
    for (const { key, name } of stores.databases) {
      const tags = { Project: project, Backup: stackName };
      const snapshot = await snapshotDatabase(region, name, point, tags);
      log(`  database ${name}: snapshot ${snapshot}`);
      databases.push({ key, name, snapshot });
      if (place.region === region) continue;
      const copy = { snapshot, accountId: place.accountId, from: region, to: place.region };
      const why = await copySnapshot(copy).catch((error: unknown) => {
        if (error instanceof UserError) return error.message;
        throw error;
      });
      if (why) missing.push(`Database ${name}: ${why}`);
      else log(`    and in ${place.region}`);
    }
    const fileSystems = [];
    for (const { key, name } of stores.fileSystems) {
      const recoveryPoint = await backUpFileSystem(region, place.accountId, name);
      if (recoveryPoint) fileSystems.push({ key, name, recoveryPoint });
      else missing.push(`File system ${name}: AWS Backup has no default vault or role here (docs/backup.md).`);
      if (recoveryPoint) log(`  file system ${name}: AWS Backup makes ${recoveryPoint}`);
    }
    const manifest: Manifest = {
      format: 1,
      stack: stackName,
      point,
      region,
      accountId: place.accountId,
      startedAt: now.toISOString(),
      finishedAt: new Date().toISOString(),
      tables,
      buckets,
      databases,
      fileSystems,
      missing,
    };
    // Last: a backup without it never finished, and is not listed.
    await to.send(
      new PutObjectCommand({
        Bucket: place.bucket,
        Key: manifestKey(stackName, point),
        Body: JSON.stringify(manifest),
        ContentType: "application/json",
      }),
    );
    return manifest;
  } finally {
    for (const client of [dynamodb, from, to]) client.destroy();
  }
}

/** Copies what is not there yet. An object that came to an archive after an earlier backup copied it is there. */
async function saveObjects(
  { from, to }: { readonly from: S3Client; readonly to: S3Client },
  store: BucketStore,
  place: BackupPlace,
) {
  const objects = (await listObjects(from, store.name)).filter(({ key }) => !store.managed.has(key));
  const saved = [];
  const archived: ObjectVersion[] = [];
  for (const object of objects) {
    // A version never changes, so its copy is made once for all backups. Without versions the content's tag stands in.
    const version = object.versionId === "null" ? `null-${object.etag.replaceAll('"', "")}` : object.versionId;
    const copy = `${place.stack}/objects/${store.key}/${version}`;
    if (!(await isThere(to, place.bucket, copy, object.size))) {
      try {
        await copyObject(to, { bucket: store.name, ...object }, { Bucket: place.bucket, Key: copy });
      } catch (error) {
        if (!isArchived(error)) throw error;
        archived.push(object);
        continue;
      }
    }
    saved.push({ ...object, copy });
  }
  return { objects: saved, archived };
}

async function isThere(client: S3Client, Bucket: string, Key: string, size: number): Promise<boolean> {
  try {
    return (await client.send(new HeadObjectCommand({ Bucket, Key }))).ContentLength === size;
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return false;
    throw error;
  }
}
