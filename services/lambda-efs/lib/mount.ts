import type { Stats } from "node:fs";
import { lstat, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errno, mountError, ServiceError } from "./errors";
import type { FileId } from "./file-id";

/**
 * The folders of the mount: `models` holds ingested files, `outputs` their results. `inputs` is where files arrive:
 * each is written there under a unique name and appears elsewhere only when it is complete, so no reader meets half a file.
 */
export const AREAS = ["models", "inputs", "outputs"] as const;
export type Area = (typeof AREAS)[number];

/** Ends the names of files that are still arriving. */
export const PART_SUFFIX = ".part";

/** Since the last write to it. Twice the functions' usual time limit of 300 s: whatever was writing it is gone. */
export const STALE_AFTER_MS = 600_000;

/** Makes the mount ready for a request: its folders exist, and what killed runs left behind is removed. */
export async function ensureDirectories(root: string): Promise<void> {
  const found = await statOrUndefined(stat, root);
  if (!found?.isDirectory()) {
    throw new ServiceError("MOUNT_MISSING", "mount", "The EFS mount path is not there.");
  }
  for (const area of AREAS) await ensureFolder(join(root, area));
  await removeStaleParts(root);
}

/**
 * Where a file of that id is to be written, its folders made. A CONFLICT if a file, or a link, stands where a folder must be.
 *
 * @param suffix appended to the name, such as ".result"
 */
export async function preparePath(root: string, area: Area, id: FileId, suffix = ""): Promise<string> {
  let folder = join(root, area);
  const segments = `${id}${suffix}`.split("/");
  for (const segment of segments.slice(0, -1)) {
    folder = join(folder, segment);
    await ensureFolder(folder, id);
  }
  return join(folder, segments.at(-1) ?? "");
}

/** Path and size of the file of that id under models/; undefined if there is none. */
export async function findFile(root: string, id: FileId): Promise<{ path: string; sizeBytes: number } | undefined> {
  let path = join(root, "models");
  const segments = id.split("/");
  for (const [index, segment] of segments.entries()) {
    path = join(path, segment);
    // lstat at each level: a link someone put on the file system must not lead a file id out of it.
    const found = await statOrUndefined(lstat, path, id);
    const last = index === segments.length - 1;
    if (last && found?.isFile()) return { path, sizeBytes: found.size };
    if (!found?.isDirectory()) return undefined;
  }
  return undefined;
}

async function ensureFolder(path: string, fileId?: FileId): Promise<void> {
  try {
    await mkdir(path, { mode: 0o755 });
  } catch (error) {
    if (errno(error) !== "EEXIST") throw mountError(error, "mount", fileId);
  }
  const found = await statOrUndefined(lstat, path, fileId);
  if (found?.isDirectory()) return;
  throw fileId === undefined
    ? new ServiceError("MOUNT_FAILED", "mount", "One of models, inputs and outputs on EFS is not a folder.")
    : new ServiceError("CONFLICT", "publish", "A file stands where the file id has a folder.", { fileId });
}

async function removeStaleParts(root: string): Promise<void> {
  const inputs = join(root, "inputs");
  const before = Date.now() - STALE_AFTER_MS;
  try {
    for (const name of await readdir(inputs)) {
      if (!name.endsWith(PART_SUFFIX)) continue;
      const found = await statOrUndefined(lstat, join(inputs, name));
      // Another run may have removed it meanwhile, which is just as well.
      if (found?.isFile() && found.mtimeMs < before) await rm(join(inputs, name), { force: true });
    }
  } catch (error) {
    throw mountError(error, "mount");
  }
}

async function statOrUndefined(
  call: (path: string) => Promise<Stats>,
  path: string,
  fileId?: string,
): Promise<Stats | undefined> {
  try {
    return await call(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errno(error) ?? "")) return undefined;
    throw mountError(error, "mount", fileId);
  }
}
