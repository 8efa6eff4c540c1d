import { createHash } from "node:crypto";
import { join } from "node:path";
import { asServiceError, ServiceError } from "./errors";
import { contentFileId, type FileId } from "./file-id";
import { ensureDirectories, findFile, preparePath } from "./mount";
import { conflict, measure, publishNew, requireSame, tooLarge, withStaged } from "./publish";
import type { Bucket } from "./s3";

/** 1 GiB: what fits through a function within its 300 s at EFS's 100 MiB/s burst, with room for a slow day. */
export const MAX_FILE_BYTES = 1024 ** 3;

export interface IngestContext {
  readonly mountPath: string;
  readonly bucket: Bucket;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Ingested {
  readonly fileId: FileId;
  readonly efsPath: string;
  readonly s3Key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** False if the same file was there already. */
  readonly created: boolean;
}

/** Copies an object to models/ on EFS. A file of that id must hold the same bytes, or it is a CONFLICT. */
export async function ingestObject(context: IngestContext, key: string, fileId: FileId): Promise<Ingested> {
  const { mountPath, bucket, maxBytes, signal } = context;
  await ensureDirectories(mountPath);
  // Always the newest version: reading the event's own would need s3:GetObjectVersion, and as no file is ever replaced,
  // a later version of an object is a CONFLICT whichever of the two events comes first.
  const object = await bucket.open(key, fileId, signal);
  try {
    const { sizeBytes: expectedBytes } = object;
    if (expectedBytes === 0) throw new ServiceError("EMPTY_FILE", "fetch", "The object has no bytes.", { fileId });
    if (expectedBytes !== undefined && expectedBytes > maxBytes) throw tooLarge(maxBytes, fileId);
    const limits = { maxBytes, expectedBytes, fileId };
    const efsPath = join(mountPath, "models", fileId);
    const existing = await findFile(mountPath, fileId);
    if (existing) {
      // A notification delivered twice, or the echo of ingestData: worth reading again, not worth writing.
      if (expectedBytes !== undefined && expectedBytes !== existing.sizeBytes) throw conflict(fileId);
      const content = await measure(object.bytes, limits);
      await requireSame(existing.path, content, fileId, signal);
      return { fileId, efsPath, s3Key: key, ...content, created: false };
    }
    return await withStaged(mountPath, object.bytes, limits, async (staged) => {
      const target = await preparePath(mountPath, "models", fileId);
      const outcome = await publishNew(staged, target, fileId, signal);
      const { sizeBytes, sha256 } = staged;
      return { fileId, efsPath, s3Key: key, sizeBytes, sha256, created: outcome === "created" };
    });
  } catch (error) {
    throw asServiceError(error, "fetch", fileId);
  } finally {
    object.discard();
  }
}

/**
 * Writes data to models/ on EFS and keeps it in the bucket at models/<id>. Without an id, the content's hash is the id.
 *
 * The bucket's notification brings the object back to this function, which then finds the same file in place. The file is staged before it
 * is stored, and published after, so that neither store has it if either of them can't take it.
 */
export async function ingestData(context: IngestContext, data: Buffer, wanted: FileId | undefined): Promise<Ingested> {
  const { mountPath, bucket, maxBytes, signal } = context;
  const fileId = wanted ?? contentFileId(createHash("sha256").update(data).digest("hex"));
  await ensureDirectories(mountPath);
  return withStaged(mountPath, [data], { maxBytes, fileId }, async (staged) => {
    const { sizeBytes, sha256 } = staged;
    const s3Key = `models/${fileId}`;
    const target = await preparePath(mountPath, "models", fileId);
    const existing = await findFile(mountPath, fileId);
    if (existing) await requireSame(existing.path, staged, fileId, signal);
    const stored = await bucket.putNew(s3Key, data, staged, fileId, signal);
    const published = existing ? "existing" : await publishNew(staged, target, fileId, signal);
    // The notification of our own object may publish it first; the file is new all the same.
    const created = !existing && (published === "created" || stored === "created");
    return { fileId, efsPath: join(mountPath, "models", fileId), s3Key, sizeBytes, sha256, created };
  });
}
