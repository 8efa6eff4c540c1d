import type { Readable } from "node:stream";
import { addAbortSignal } from "node:stream";
import { GetObjectCommand, PutObjectCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { createS3Client } from "../../lib/s3";
import { asServiceError, ServiceError, type Stage } from "./errors";
import type { FileId } from "./file-id";
import type { Content } from "./publish";

export interface OpenedObject {
  /** From the metadata; undefined if S3 did not say. */
  readonly sizeBytes: number | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Drops the connection; for a body that will not be read. */
  discard(): void;
}

/** The stack's bucket, with the three operations the functions' roles allow. */
export class Bucket {
  constructor(
    private readonly client: S3Client,
    private readonly name: string,
  ) {}

  /** Opens an object; its metadata is known before a byte of it is read. s3:GetObject, and s3:ListBucket to tell 404 from 403. */
  async open(key: string, fileId: FileId, signal: AbortSignal): Promise<OpenedObject> {
    try {
      const { Body, ContentLength } = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key }), {
        abortSignal: signal,
      });
      if (Body === undefined) throw new ServiceError("S3_FAILED", "fetch", "S3 sent no body.", { fileId });
      const body = addAbortSignal(signal, Body as Readable);
      return { sizeBytes: ContentLength, bytes: translated(body, fileId), discard: () => void body.destroy() };
    } catch (error) {
      throw s3Error(error, "fetch", fileId);
    }
  }

  /** Stores the data unless the key is taken; then it must hold the same, or it is a CONFLICT. s3:PutObject, s3:GetObject. */
  async putNew(
    key: string,
    data: Buffer,
    content: Content,
    fileId: FileId,
    signal: AbortSignal,
  ): Promise<"created" | "existing"> {
    const ChecksumSHA256 = Buffer.from(content.sha256, "hex").toString("base64");
    const put = new PutObjectCommand({ Bucket: this.name, Key: key, Body: data, ChecksumSHA256, IfNoneMatch: "*" });
    try {
      await this.client.send(put, { abortSignal: signal });
      return "created";
    } catch (error) {
      // 412: the key is taken. S3's 409, another write of the key just now, is for the caller to try again.
      if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== 412) {
        throw s3Error(error, "store", fileId);
      }
    }
    const present = await this.open(key, fileId, signal);
    if (present.sizeBytes === data.length && (await holds(present.bytes, data))) return "existing";
    present.discard();
    throw new ServiceError("CONFLICT", "store", "Another object has that key in the bucket; it was not replaced.", {
      fileId,
    });
  }

  /** Stores a result in place of the last one. s3:PutObject. */
  async putResult(key: string, body: string, fileId: FileId, signal: AbortSignal): Promise<void> {
    const put = new PutObjectCommand({ Bucket: this.name, Key: key, Body: body, ContentType: "application/json" });
    try {
      await this.client.send(put, { abortSignal: signal });
    } catch (error) {
      throw s3Error(error, "archive", fileId);
    }
  }
}

/** The functions' client of S3: a server that can't be reached is an error while there is time to answer. */
export function openS3(variables: Readonly<Record<string, string | undefined>>): S3Client {
  return createS3Client({ requestHandler: { connectionTimeout: 5_000 } }, variables);
}

async function* translated(body: AsyncIterable<Uint8Array>, fileId: FileId): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw s3Error(error, "fetch", fileId);
  }
}

/** Compares as the bytes come. The data came in a request body, so it has a few MB at most and is in memory already. */
async function holds(bytes: AsyncIterable<Uint8Array>, data: Buffer): Promise<boolean> {
  let offset = 0;
  for await (const chunk of bytes) {
    if (!data.subarray(offset, offset + chunk.length).equals(chunk)) return false;
    offset += chunk.length;
  }
  return offset === data.length;
}

function s3Error(error: unknown, stage: Stage, fileId: FileId): ServiceError {
  const known = asServiceError(error, stage, fileId);
  if (known.code !== "INTERNAL") return known;
  const details = { fileId, cause: error };
  if (error instanceof S3ServiceException && (error.name === "NoSuchKey" || error.$metadata.httpStatusCode === 404)) {
    return error.name === "NoSuchBucket"
      ? new ServiceError("MISCONFIGURED", stage, "The function's bucket does not exist.", details)
      : new ServiceError("OBJECT_NOT_FOUND", stage, "The bucket has no object with that key.", details);
  }
  const said = error instanceof S3ServiceException ? ` (${error.name})` : "";
  return new ServiceError("S3_FAILED", stage, `The request to S3 failed${said}.`, details);
}
