import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { createS3Client } from "../../services/lib/s3";
import { backupPrefix } from "../bootstrap/state-bucket";
import { UsageError } from "../lib/exit";
import { callerPath, localDir } from "../lib/paths";
import { UserError } from "../lib/user-error";

/** Where copies lie. */
export type Place = { readonly folder: string } | { readonly bucket: string; readonly prefix: string };

/**
 * What `--to` means.
 * @param backendUrl of the states, which `s3` means
 * @throws UsageError where there is no such place
 */
export function placeOf(to: string | undefined, backendUrl: string | undefined): Place {
  if (to === undefined) return { folder: join(localDir, "state-backups") };
  if (to === "s3") {
    const bucket = /^s3:\/\/([^/?]+)/.exec(backendUrl ?? "")?.[1];
    if (bucket) return { bucket, prefix: backupPrefix };
    throw new UsageError(
      "--to s3 is the bucket that holds the states, and these states are in none.",
      "Name a bucket (--to s3://bucket/prefix) or a folder, or make a state bucket: ./llm bootstrap",
    );
  }
  if (!to.startsWith("s3://")) return { folder: callerPath(to) };
  const [, bucket, prefix = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(to) ?? [];
  if (!bucket) throw new UsageError(`"${to}" names no bucket.`, "Write s3://bucket/prefix");
  return { bucket, prefix: prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/` };
}

/** Writes a copy, readable by its owner alone. Returns what `./llm state restore` takes. */
export async function write(place: Place, name: string, text: string, region: string): Promise<string> {
  if ("folder" in place) {
    const file = join(place.folder, name);
    mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
    // Never over another copy.
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    chmodSync(file, 0o600);
    return file;
  }
  const Key = `${place.prefix}${name}`;
  await withS3(region, (s3) =>
    s3.send(new PutObjectCommand({ Bucket: place.bucket, Key, Body: text, ContentType: "application/json" })),
  );
  return `s3://${place.bucket}/${Key}`;
}

/** Reads a copy from a file or from `s3://bucket/key`. @throws UserError where there is none */
export async function read(from: string, region: string): Promise<string> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(from) ?? [];
  try {
    if (!bucket) return readFileSync(callerPath(from), "utf8");
    const { Body } = await withS3(region, (s3) => s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
    return (await Body?.transformToString()) ?? "";
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      `The copy ${from} can't be read: ${why}`,
      "Name a file or s3://bucket/key, as ./llm state backup printed it.",
      { cause },
    );
  }
}

async function withS3<T>(region: string, use: (s3: S3Client) => Promise<T>): Promise<T> {
  const s3 = createS3Client({ region });
  try {
    return await use(s3);
  } finally {
    s3.destroy();
  }
}
