import { createReadStream } from "node:fs";
import { join } from "node:path";
import { GetObjectCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { parseWeightsManifest, type WeightFile, weightsManifest } from "../../userdata/weights-manifest";
import { UserError } from "../lib/user-error";
import type { Destination } from "./destination";

export interface UploadArgs extends Destination {
  readonly s3: S3Client;
  readonly folder: string;
  readonly files: readonly WeightFile[];
  /** Take the place of other weights under the same prefix. Instances that still ask for those don't start then. */
  readonly replace: boolean;
  /** Told of each file before its first byte is sent, or that it is there already. */
  readonly onFile: (file: WeightFile, there: boolean) => void;
  readonly onBytes: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

export interface Uploaded {
  /** Of the manifest: what the configuration pins. */
  readonly manifestSha256: string;
  readonly sent: readonly string[];
  readonly there: readonly string[];
  /** Whether the manifest had to be written. */
  readonly manifestSent: boolean;
}

/** S3 takes 10,000 parts, so a file can have 160 GB. */
const partBytes = 16 * 1024 ** 2;
const manifestName = "manifest.json";

/**
 * Puts a model's files under the prefix, and when all are there the manifest, which makes them the weights of that prefix. A file that lies there with the same size
 * and checksum is not sent again, so a run that was stopped goes on at the file it was at.
 *
 * Actions: `s3:GetObject`, `s3:PutObject` and `s3:AbortMultipartUpload` on the objects, `s3:ListBucket` on the bucket.
 * @throws UserError when other weights lie there and `replace` is off, or S3 refuses
 */
export async function uploadWeights(args: UploadArgs): Promise<Uploaded> {
  const { s3, bucket, prefix, files, onFile } = args;
  const manifest = weightsManifest(files);
  try {
    const before = await readText(s3, bucket, `${prefix}/${manifestName}`);
    const same = before === manifest.text;
    if (before !== undefined && !same && !args.replace) throw otherWeights(before, args);
    const sent: string[] = [];
    const there: string[] = [];
    for (const file of files) {
      const isThere = await liesThere(s3, bucket, `${prefix}/${file.path}`, file);
      onFile(file, isThere);
      if (!isThere) await send(args, file);
      (isThere ? there : sent).push(file.path);
    }
    if (!same) await put(args, manifestName, manifest.text, { "llm-stacks-sha256": manifest.sha256 });
    return { manifestSha256: manifest.sha256, sent, there, manifestSent: !same };
  } catch (error) {
    throw explained(error, args);
  }
}

async function send(args: UploadArgs, { path, sha256 }: WeightFile): Promise<void> {
  let before = 0;
  const body = createReadStream(join(args.folder, path));
  await put(args, path, body, { "llm-stacks-sha256": sha256 }, (loaded) => {
    args.onBytes(loaded - before);
    before = loaded;
  }).finally(() => body.destroy());
}

async function put(
  { s3, bucket, prefix, signal }: UploadArgs,
  path: string,
  body: ReturnType<typeof createReadStream> | string,
  metadata: Record<string, string>,
  onLoaded?: (bytes: number) => void,
): Promise<void> {
  const abortController = new AbortController();
  const upload = new Upload({
    client: s3,
    params: { Bucket: bucket, Key: `${prefix}/${path}`, Body: body, Metadata: metadata },
    partSize: partBytes,
    abortController,
  });
  upload.on("httpUploadProgress", ({ loaded = 0 }) => onLoaded?.(loaded));
  const stop = () => abortController.abort();
  signal?.throwIfAborted();
  signal?.addEventListener("abort", stop);
  try {
    await upload.done();
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function liesThere(s3: S3Client, bucket: string, key: string, file: WeightFile): Promise<boolean> {
  try {
    const { ContentLength, Metadata } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return ContentLength === file.bytes && Metadata?.["llm-stacks-sha256"] === file.sha256;
  } catch (error) {
    if (errorName(error) === "NotFound") return false;
    throw error;
  }
}

async function readText(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await Body?.transformToString();
  } catch (error) {
    if (errorName(error) === "NoSuchKey") return undefined;
    throw error;
  }
}

function otherWeights(manifest: string, { bucket, prefix, files }: UploadArgs): UserError {
  const old = new Map(filesOf(manifest).map((file) => [file.path, file.sha256]));
  const changed = files.filter(({ path, sha256 }) => old.has(path) && old.get(path) !== sha256);
  const added = files.filter(({ path }) => !old.has(path));
  const gone = [...old.keys()].filter((path) => !files.some((file) => file.path === path));
  const list = [
    ...changed.map(({ path }) => `  ${path} has another content`),
    ...added.map(({ path }) => `  ${path} is new`),
    ...gone.map((path) => `  ${path} is in the bucket alone`),
  ];
  return new UserError(
    `Other weights lie at s3://${bucket}/${prefix} already:\n${list.join("\n")}`,
    "A revision's files don't change. Give the commit these are of with --revision; or --replace, and instances that ask for the old ones don't start any more.",
  );
}

/** The files of what lies there; none if it is no manifest. */
function filesOf(manifest: string): readonly WeightFile[] {
  try {
    return parseWeightsManifest(manifest);
  } catch {
    return [];
  }
}

function explained(error: unknown, { bucket, prefix }: UploadArgs): unknown {
  const place = `s3://${bucket}/${prefix}/`;
  const [message, hint] =
    {
      NoSuchBucket: [`There is no bucket ${bucket}.`, "Deploy the stack again, so that its outputs are true."],
      AccessDenied: [
        `You may not read or write ${place}.`,
        "You need s3:GetObject, s3:PutObject and s3:AbortMultipartUpload there, and s3:ListBucket on the bucket.",
      ],
      CredentialsProviderError: [
        "There are no AWS credentials.",
        "aws sts get-caller-identity must answer; with --local none are needed.",
      ],
    }[errorName(error).replace(/^(403|Forbidden)$/, "AccessDenied")] ?? [];
  return message === undefined ? error : new UserError(message, hint, { cause: error });
}

function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "";
}
