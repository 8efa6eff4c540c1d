import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { createS3Client } from "../../lib/s3";

/** Larger results are kept in the bucket: a row that is read for its state alone should not carry megabytes. In characters of JSON. */
const LARGEST_INLINE = 65_536;

/** Where results are kept that are too large for the jobs' table. They expire by the bucket's own rule. */
export interface ResultFolder {
  write(key: string, json: string): Promise<void>;
  read(key: string): Promise<string>;
  close(): void;
}

/** How a result is kept: in the row, or under a key of the bucket. */
export type Kept = { readonly json: string; readonly key: null } | { readonly json: null; readonly key: string };

/**
 * Decides where a result is kept, and writes it there if that is the bucket. The key has the worker's lease in it, so a worker that has lost its own
 * overwrites nothing: what counts is the key that the row names.
 */
export async function keepResult(
  folder: ResultFolder | undefined,
  result: object,
  jobId: string,
  token: string,
): Promise<Kept> {
  const json = JSON.stringify(result);
  if (!folder || json.length <= LARGEST_INLINE) return { json, key: null };
  const key = `results/${jobId}/${token}.json`;
  await folder.write(key, json);
  return { json: null, key };
}

/** A bucket of S3. Endpoint and credentials are found the way every AWS program finds them. */
export function openResultBucket(bucket: string, region: string): ResultFolder {
  const s3 = createS3Client({ region });
  return {
    write: async (Key, Body) => {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType: "application/json" }));
    },
    read: async (Key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      return (await Body?.transformToString()) ?? "";
    },
    close: () => s3.destroy(),
  };
}
