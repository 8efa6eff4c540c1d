import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { createS3Client } from "../../lib/s3";
import type { Log } from "./log";
import type { Source } from "./store";

const kinds: Readonly<Record<string, Source>> = {
  "audio/wav": "audio",
  "audio/x-wav": "audio",
  "audio/wave": "audio",
  "audio/vnd.wave": "audio",
  "audio/mpeg": "audio",
  "audio/mp3": "audio",
  "audio/mp4": "audio",
  "audio/x-m4a": "audio",
  "audio/ogg": "audio",
  "audio/webm": "audio",
  "audio/flac": "audio",
  "image/png": "image",
  "image/jpeg": "image",
  "image/webp": "image",
  "image/tiff": "image",
};

/** Types of files that are taken. */
export const uploadTypes = Object.keys(kinds);

/** What a file of that type is; undefined for one that is not taken. */
export function kindOf(type: string): Source | undefined {
  return kinds[type.split(";")[0]?.trim().toLowerCase() ?? ""];
}

export interface UploadsOptions {
  /** Keeps files until their FIR has ended. */
  readonly folder: string;
  /** Gets a copy, which expires there. Undefined: no copy. */
  readonly bucket: string | undefined;
  readonly region: string;
  readonly log: Log;
}

/** Uploaded files. They never go by the name that their owner gave them. */
export class Uploads {
  private readonly s3: S3Client | undefined;

  constructor(private readonly options: UploadsOptions) {
    const { bucket, region } = options;
    this.s3 = bucket === undefined ? undefined : createS3Client({ region, maxAttempts: 3 });
  }

  async open(): Promise<void> {
    await mkdir(this.options.folder, { recursive: true });
  }

  /** @throws whatever breaks the stream off; nothing is left of the file then */
  async save(id: string, stream: Readable): Promise<void> {
    const path = this.pathOf(id);
    try {
      await pipeline(stream, createWriteStream(path, { mode: 0o600 }));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  read(id: string): Promise<Buffer> {
    return readFile(this.pathOf(id));
  }

  /** One PUT. Without it the FIR is made all the same, so a failure is only logged. */
  async copyToBucket(id: string, bytes: Buffer, type: string): Promise<void> {
    const { bucket, log } = this.options;
    if (this.s3 === undefined || bucket === undefined) return;
    try {
      const key = `uploads/${id}`;
      await this.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentType: type }));
    } catch (error) {
      log.error("an upload could not be copied to the bucket", error);
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.pathOf(id), { force: true });
  }

  /** Removes the files of FIRs that are not among these. */
  async keepOnly(ids: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.options.folder);
    await Promise.all(
      names.filter((name) => /^[0-9a-f-]{36}$/.test(name) && !ids.has(name)).map((id) => this.remove(id)),
    );
  }

  close(): void {
    this.s3?.destroy();
  }

  private pathOf(id: string): string {
    return join(this.options.folder, id);
  }
}
