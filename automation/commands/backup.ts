import { S3Client } from "@aws-sdk/client-s3";
import { backUp } from "../backup/backup";
import { backupPlaceOf, listBackups, readManifest } from "../backup/sets";
import { EXIT } from "../lib/exit";
import { guardPlace, openSession } from "../lib/session";
import { secondsSince } from "../lib/terminal";

export interface BackupFlags {
  local?: boolean;
  json?: boolean;
}

/** `./llm backup`: what the stack keeps, into the bucket of backups. What can't be backed up is named and is status 1. */
export async function backup(stackName: string, flags: BackupFlags): Promise<void> {
  const start = performance.now();
  const session = await openSession(stackName, flags);
  await guardPlace(session);
  const manifest = await backUp(session, (line) => console.error(line));
  const place = backupPlaceOf(session);
  for (const what of manifest.missing) console.error(`Not in the backup: ${what}`);
  if (flags.json) console.log(JSON.stringify(manifest, null, 2));
  else
    console.log(
      `Backup ${manifest.point} of stack ${stackName} is in s3://${place.bucket}, after ${secondsSince(start)}.`,
    );
  // On this machine file systems can't be backed up at all, nor snapshots copied, so there it is no failure of the run.
  const archived = manifest.buckets.some((bucket) => bucket.archived.length > 0);
  if (session.emulator ? archived : manifest.missing.length > 0) process.exitCode = EXIT.failed;
}

/** `./llm backups`: the stack's backups, oldest first. */
export async function backups(stackName: string, flags: BackupFlags): Promise<void> {
  const session = await openSession(stackName, flags);
  const place = backupPlaceOf(session);
  const client = new S3Client({ region: place.region });
  try {
    const { points, bytes } = await listBackups(client, place);
    const manifests = [];
    for (const point of points) manifests.push(await readManifest(client, place, point));
    if (flags.json) {
      console.log(JSON.stringify({ bucket: place.bucket, bytes, backups: manifests }, null, 2));
      return;
    }
    for (const { point, startedAt, tables, buckets, databases, fileSystems } of manifests) {
      const items = tables.reduce((sum, table) => sum + table.items, 0);
      const objects = buckets.reduce((sum, bucket) => sum + bucket.objects.length, 0);
      console.log(
        `${point}  ${startedAt}  ${items} items, ${objects} objects, ${databases.length} databases, ${fileSystems.length} file systems`,
      );
    }
    console.log(
      points.length === 0
        ? `Stack ${stackName} has no backup. Make one: ./llm backup ${stackName}${flags.local ? " --local" : ""}`
        : `Together ${(bytes / 2 ** 20).toFixed(1)} MiB in s3://${place.bucket}/${stackName}/`,
    );
  } finally {
    client.destroy();
  }
}
