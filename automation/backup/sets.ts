import { GetObjectCommand, NoSuchBucket, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { shortHash } from "../../components/lib/names";
import { localAccountId } from "../../local/aws-env";
import { UsageError } from "../lib/exit";
import { regionOf, type Session } from "../lib/session";
import { UserError } from "../lib/user-error";
import type { Found } from "../teardown/found";

const manifestSchema = z.object({
  format: z.literal(1),
  stack: z.string(),
  point: z.string(),
  region: z.string(),
  accountId: z.string(),
  /** ISO 8601. What was written before is in the backup, what was written after `finishedAt` is not. */
  startedAt: z.string(),
  finishedAt: z.string(),
  tables: z.array(
    z.object({ key: z.string(), name: z.string(), items: z.number(), file: z.string(), sha256: z.string() }),
  ),
  buckets: z.array(
    z.object({
      key: z.string(),
      name: z.string(),
      objects: z.array(
        z.object({
          key: z.string(),
          versionId: z.string(),
          size: z.number(),
          etag: z.string(),
          /** Its key in the bucket of backups. */
          copy: z.string(),
        }),
      ),
      /** Objects whose content S3 does not give out before it is asked to restore it: known, and not in the backup. */
      archived: z
        .array(z.object({ key: z.string(), versionId: z.string(), size: z.number(), etag: z.string() }))
        .default([]),
    }),
  ),
  databases: z.array(z.object({ key: z.string(), name: z.string(), snapshot: z.string() })),
  fileSystems: z.array(z.object({ key: z.string(), name: z.string(), recoveryPoint: z.string() })),
  /** What could not be backed up, a sentence each. */
  missing: z.array(z.string()),
});
/** What a backup holds. It is written last: a backup without one never finished. */
export type Manifest = z.output<typeof manifestSchema>;

/** Where the backups of a stack are. */
export interface BackupPlace {
  readonly bucket: string;
  readonly region: string;
  readonly accountId: string;
  readonly stack: string;
}

/** The bucket of backups outlives the stacks: it belongs to none of them. One for each account and region. */
export function backupPlaceOf(session: Session, stack: string = session.stackName): BackupPlace {
  const region = String(session.settings.config?.["llm-stacks:backupRegion"] ?? regionOf(session.settings));
  const accountId = session.caller?.accountId ?? localAccountId;
  return { bucket: `llm-stacks-backups-${shortHash(`${accountId}/${region}`)}`, region, accountId, stack };
}

/** Name of a backup that begins now: its time in UTC, such as `20261121t225623z`. It can be part of AWS names. */
export function pointAt(time: Date): string {
  return time
    .toISOString()
    .replace(/[-:]|\.\d+/g, "")
    .toLowerCase();
}

export const manifestKey = (stack: string, point: string) => `${stack}/${point}/manifest.json`;

/** What there is of a stack's backups: points that finished, oldest first, and the size of all that is kept for the stack. */
export async function listBackups(client: S3Client, place: BackupPlace): Promise<{ points: string[]; bytes: number }> {
  const points: string[] = [];
  let bytes = 0;
  try {
    for await (const page of paginateListObjectsV2({ client }, { Bucket: place.bucket, Prefix: `${place.stack}/` })) {
      for (const { Key = "", Size = 0 } of page.Contents ?? []) {
        bytes += Size;
        const point = /^[^/]+\/([^/]+)\/manifest\.json$/.exec(Key)?.[1];
        if (point) points.push(point);
      }
    }
  } catch (error) {
    if (!(error instanceof NoSuchBucket) && (error as Error).name !== "NoSuchBucket") throw error;
  }
  return { points: points.sort(), bytes };
}

/** @throws UserError when it can't be read, or is not a manifest of this program */
export async function readManifest(client: S3Client, place: BackupPlace, point: string): Promise<Manifest> {
  const Key = manifestKey(place.stack, point);
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: place.bucket, Key }));
    return manifestSchema.parse(JSON.parse((await Body?.transformToString()) ?? ""));
  } catch (cause) {
    throw new UserError(
      `The backup s3://${place.bucket}/${Key} can't be read: ${(cause as Error).message}`,
      `./llm backups ${place.stack} lists those there are.`,
      { cause },
    );
  }
}

/**
 * The backup that is meant: `latest`, a point's name, or a time: the newest that had begun by then.
 * @param points oldest first
 * @throws UsageError when there is none, or it can't be told what is meant
 */
export function choosePoint(points: readonly string[], to: string, stack: string): string {
  const newest = points.at(-1);
  if (newest === undefined) {
    throw new UsageError(`Stack ${stack} has no backup.`, `Make one while it is deployed: ./llm backup ${stack}`);
  }
  if (to === "latest") return newest;
  if (points.includes(to.toLowerCase())) return to.toLowerCase();
  const time = /^\d{4}-\d{2}-\d{2}T/.test(to) ? new Date(to) : undefined;
  if (time === undefined || Number.isNaN(time.getTime())) {
    throw new UsageError(
      `"${to}" is neither a backup of stack ${stack} nor a time.`,
      `Backups: ${points.slice(-5).join(", ")}. Times in UTC, such as 2026-12-01T18:00:00Z; or latest.`,
    );
  }
  const found = points.filter((point) => point <= pointAt(time)).at(-1);
  if (found === undefined) {
    throw new UsageError(`Stack ${stack} has no backup of ${to} or before.`, `The oldest is ${points[0]}.`);
  }
  return found;
}

/** The backups of a stack as what stays when it is destroyed. */
export async function currentBackups(session: Session): Promise<Found[]> {
  const place = backupPlaceOf(session);
  const client = new S3Client({ region: place.region });
  try {
    const { points, bytes } = await listBackups(client, place);
    if (points.length === 0) return [];
    const id = `s3://${place.bucket}/${place.stack}/`;
    return [{ kind: "backups", id, facts: { sizeGiB: bytes / 2 ** 30 }, retained: `${points.length} backups` }];
  } finally {
    client.destroy();
  }
}
