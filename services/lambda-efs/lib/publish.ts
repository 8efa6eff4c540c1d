import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, lstat, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errno, mountError, ServiceError } from "./errors";
import type { FileId } from "./file-id";
import { PART_SUFFIX } from "./mount";

/** What makes two files the same. */
export interface Content {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A complete file on the mount, on disk, that nobody can see yet. */
export interface Staged extends Content {
  readonly path: string;
}

export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

interface CopyLimits {
  readonly maxBytes: number;
  /** What the source announced; the copy fails if it brings more or fewer bytes. */
  readonly expectedBytes?: number;
  readonly fileId: FileId;
}

/** The EFS client reads and writes up to 1 MiB at a time. */
const BLOCK_BYTES = 1024 * 1024;

/**
 * Writes the source to a new file under inputs/ and hands it to `use`. Whatever happens, that file is gone afterwards:
 * all that can remain is what `use` published.
 */
export async function withStaged<T>(
  root: string,
  source: ByteSource,
  limits: CopyLimits,
  use: (staged: Staged) => Promise<T>,
): Promise<T> {
  const path = join(root, "inputs", `${randomUUID()}${PART_SUFFIX}`);
  try {
    const staged = { path, ...(await writeNew(path, source, limits)) };
    return await use(staged);
  } catch (error) {
    throw mountError(error, "write", limits.fileId);
  } finally {
    // If even this fails, the answer already stands, and the next run's sweep of old parts removes the file.
    await rm(path, { force: true }).catch(() => undefined);
  }
}

/** Size and SHA-256 of a source, without keeping it. */
export async function measure(source: ByteSource, limits: CopyLimits): Promise<Content> {
  return drain(source, limits, async () => undefined);
}

/**
 * Makes a staged file appear under its final name, unless that name is taken: then the taken name must hold the same
 * content, or it is a CONFLICT.
 *
 * rename() would replace what is there, and looking first leaves a gap for another run. link() makes the second name in one
 * step and fails with EEXIST, so of two runs exactly one creates and the other compares. EFS has hard links, and an NFS server carries them out
 * atomically.
 */
export async function publishNew(
  staged: Staged,
  target: string,
  fileId: FileId,
  signal?: AbortSignal,
): Promise<"created" | "existing"> {
  try {
    await link(staged.path, target);
    return "created";
  } catch (error) {
    if (errno(error) !== "EEXIST") throw mountError(error, "publish", fileId);
  }
  await requireSame(target, staged, fileId, signal);
  return "existing";
}

/** Makes a staged file appear under its final name in place of what is there. */
export async function publishOver(staged: Staged, target: string, fileId: FileId): Promise<void> {
  try {
    await rename(staged.path, target);
  } catch (error) {
    throw mountError(error, "publish", fileId);
  }
}

/** CONFLICT unless the file at `path` has that content. Sizes are compared first; only equal ones are worth reading. */
export async function requireSame(path: string, content: Content, fileId: FileId, signal?: AbortSignal): Promise<void> {
  try {
    const found = await lstat(path);
    if (found.isFile() && found.size === content.sizeBytes) {
      const handle = await openForReading(path);
      try {
        const sha256 = createHash("sha256");
        for await (const block of readBlocks(handle, signal)) sha256.update(block);
        if (sha256.digest("hex") === content.sha256) return;
      } finally {
        await handle.close();
      }
    }
  } catch (error) {
    throw mountError(error, "publish", fileId);
  }
  throw conflict(fileId);
}

export function conflict(fileId: FileId): ServiceError {
  return new ServiceError("CONFLICT", "publish", "Another file has that id on EFS; it was not replaced.", { fileId });
}

export function openForReading(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
}

/** The file's blocks, in one buffer that is used again: a block is good only until the next is asked for. */
export async function* readBlocks(handle: FileHandle, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function writeNew(path: string, source: ByteSource, limits: CopyLimits): Promise<Content> {
  const handle = await open(path, "wx", 0o644);
  try {
    const content = await drain(source, limits, async (chunk) => {
      for (let done = 0; done < chunk.length; ) done += (await handle.write(chunk, done)).bytesWritten;
    });
    await handle.sync();
    return content;
  } finally {
    await handle.close();
  }
}

async function drain(
  source: ByteSource,
  { maxBytes, expectedBytes, fileId }: CopyLimits,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<Content> {
  const sha256 = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw tooLarge(maxBytes, fileId);
    sha256.update(chunk);
    await take(chunk);
  }
  if (sizeBytes === 0) throw new ServiceError("EMPTY_FILE", "fetch", "The file has no bytes.", { fileId });
  if (expectedBytes !== undefined && sizeBytes !== expectedBytes) {
    const message = `The source announced ${expectedBytes} bytes and sent ${sizeBytes}.`;
    throw new ServiceError("S3_FAILED", "fetch", message, { fileId });
  }
  return { sizeBytes, sha256: sha256.digest("hex") };
}

export function tooLarge(maxBytes: number, fileId: FileId): ServiceError {
  return new ServiceError("TOO_LARGE", "fetch", `The file has more than ${maxBytes} bytes, the limit.`, { fileId });
}
