import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { APIGatewayProxyResult } from "aws-lambda";
import { vi } from "vitest";
import { createConsumer } from "../../../../services/lambda-efs/consumer";
import { createProducer } from "../../../../services/lambda-efs/producer";
import { type S3Server, startS3Server } from "../../../support/s3-server";
import { type Answer, apiEvent, invocation, s3Event } from "./events";

export interface Harness {
  /** Parent of the mount; whatever appears in it beside the mount got out. */
  readonly base: string;
  readonly mount: string;
  readonly s3: S3Server;
  readonly env: Record<string, string>;
  /** What the functions logged since the last reset. */
  readonly logs: Record<string, unknown>[];
  /** Every file and folder of the mount, folders with a final "/", sorted. */
  tree(): Promise<string[]>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** A folder in place of the mount, and an S3 endpoint on loopback. */
export async function startHarness(): Promise<Harness> {
  const base = await mkdtemp(join(tmpdir(), "lambda-efs-"));
  const mount = join(base, "mnt");
  await mkdir(mount);
  const s3 = await startS3Server();
  process.env["AWS_ACCESS_KEY_ID"] = "test";
  process.env["AWS_SECRET_ACCESS_KEY"] = "test";
  process.env["AWS_REGION"] = "us-east-1";
  const logs: Record<string, unknown>[] = [];
  const write = process.stdout.write.bind(process.stdout);
  const spy = vi.spyOn(process.stdout, "write").mockImplementation(((chunk: string | Uint8Array) => {
    if (typeof chunk !== "string" || !chunk.startsWith('{"timestamp"')) return write(chunk);
    logs.push(JSON.parse(chunk));
    return true;
  }) as typeof process.stdout.write);
  const env = {
    EFS_MOUNT_PATH: mount,
    S3_BUCKET_NAME: "bucket",
    ENABLE_S3_ARCHIVE: "true",
    CORS_ALLOW_ORIGIN: "*",
    AWS_ENDPOINT_URL_S3: s3.endpoint,
  };
  return {
    base,
    mount,
    s3,
    env,
    logs,
    tree: () => tree(mount),
    reset: async () => {
      await rm(mount, { recursive: true, force: true });
      await mkdir(mount);
      logs.length = 0;
      s3.objects.clear();
      s3.faults.clear();
      s3.requests.length = 0;
      s3.onPut = () => undefined;
    },
    close: async () => {
      spy.mockRestore();
      await s3.close();
      await rm(base, { recursive: true, force: true });
    },
  };
}

export const EMPTY_TREE = ["inputs/", "models/", "outputs/"];

export async function tree(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1) + (entry.isDirectory() ? "/" : ""))
    .sort();
}

export function read(result: APIGatewayProxyResult): Answer {
  return { status: result.statusCode, body: JSON.parse(result.body), headers: result.headers ?? {} };
}

export async function ingest(
  harness: Pick<Harness, "env">,
  body: string | null | object,
  options: { maxBytes?: number; remainingMs?: number; base64?: boolean } = {},
): Promise<Answer> {
  const { remainingMs = 60_000, base64 = false, ...rest } = options;
  const run = createProducer(harness.env, rest);
  const result = await run(apiEvent(body, base64), { ...invocation, getRemainingTimeInMillis: () => remainingMs });
  return read(result as APIGatewayProxyResult);
}

export async function notify(harness: Pick<Harness, "env">, ...keys: string[]) {
  return createProducer(harness.env)(s3Event(...keys), invocation);
}

export async function predict(harness: Pick<Harness, "env">, body: string | null | object): Promise<Answer> {
  return read(await createConsumer(harness.env)(apiEvent(body), invocation));
}
