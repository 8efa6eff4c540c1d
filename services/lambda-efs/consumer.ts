import { createHash } from "node:crypto";
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { deadline, type Invocation } from "./lib/deadline";
import { corsOrigin, type FunctionEnv, logLevel, readEnv } from "./lib/env";
import { errno, mountError, ServiceError } from "./lib/errors";
import { type FileId, parseFileId, RESULT_SUFFIX } from "./lib/file-id";
import { answer, isApiEvent, logFailure, parseBody } from "./lib/http";
import { MAX_FILE_BYTES } from "./lib/ingest";
import { createLogger } from "./lib/log";
import { detectFormat, FORMAT_HEAD_BYTES, type ModelFormat } from "./lib/model-format";
import { ensureDirectories, findFile, preparePath } from "./lib/mount";
import { openForReading, publishOver, readBlocks, withStaged } from "./lib/publish";
import { Bucket, openS3 } from "./lib/s3";

export interface Inference {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly format: ModelFormat;
}

/** Milliseconds, to a tenth. */
export interface Timings {
  /** Until the file is found, open, and its first block read. */
  readonly loadMs: number;
  /** Reading and hashing the rest. */
  readonly processMs: number;
  /** Writing the result to EFS. */
  readonly writeMs: number;
  /** Putting it into the bucket; 0 if archiving is off. */
  readonly archiveMs: number;
}

export interface Prediction {
  readonly fileId: FileId;
  readonly model: string;
  /** Where the result is. */
  readonly efsPath: string;
  /** Its copy in the bucket; null if archiving is off. */
  readonly s3Key: string | null;
  readonly durationMs: number;
  readonly timings: Timings;
  /** Whether this was the first request of this copy of the function. */
  readonly coldStart: boolean;
  readonly result: Inference;
}

/** The function behind POST /predict. */
export function createConsumer(variables: Readonly<Record<string, string | undefined>>) {
  const client = openS3(variables);
  let coldStart = true;

  return async (event: APIGatewayProxyEvent, invocation: Invocation): Promise<APIGatewayProxyResult> => {
    const requestId = invocation.awsRequestId;
    const log = createLogger(logLevel(variables), { service: "consumer", requestId });
    const first = coldStart;
    coldStart = false;
    if (!isApiEvent(event)) {
      const error = new ServiceError("MISCONFIGURED", "parse", "The event is not of API Gateway.");
      logFailure(log, error);
      throw error;
    }
    return answer({ requestId, log, corsAllowOrigin: corsOrigin(variables) }, async () => {
      const env = readEnv(variables);
      const { fileId, model } = parseRequest(event);
      const signal = deadline(invocation);
      const bucket = env.archive ? new Bucket(client, env.bucket) : undefined;
      const prediction = { ...(await predict({ env, bucket, signal, requestId }, fileId, model)), coldStart: first };
      log.info("Predicted", {
        fileId,
        model,
        stage: "process",
        coldStart: first,
        durationMs: prediction.durationMs,
        ...prediction.timings,
      });
      return { status: 200, body: prediction };
    });
  };
}

export const handler = createConsumer(process.env);

function parseRequest(event: APIGatewayProxyEvent): { fileId: FileId; model: string } {
  const { fileId, model } = parseBody(event, ["fileId", "model"]);
  if (fileId === undefined) throw new ServiceError("BAD_REQUEST", "parse", '"fileId" is missing.');
  if (model !== undefined && !/^[\x20-\x7e]{1,128}$/.test(model)) {
    throw new ServiceError("BAD_REQUEST", "parse", '"model" must have 1 to 128 printable ASCII characters.');
  }
  const id = parseFileId(fileId);
  return { fileId: id, model: model ?? id };
}

interface PredictContext {
  readonly env: FunctionEnv;
  /** Where results are archived; undefined if they are not. */
  readonly bucket: Bucket | undefined;
  readonly signal: AbortSignal;
  readonly requestId: string;
}

async function predict(
  { env, bucket, signal, requestId }: PredictContext,
  fileId: FileId,
  model: string,
): Promise<Omit<Prediction, "coldStart">> {
  const lap = stopwatch();
  await ensureDirectories(env.mountPath);
  const { result, loadMs, processMs } = await infer(env.mountPath, fileId, signal, lap);
  const efsPath = await preparePath(env.mountPath, "outputs", fileId, RESULT_SUFFIX);
  const record = {
    fileId,
    model,
    requestId,
    createdAt: new Date().toISOString(),
    timings: { loadMs, processMs },
    result,
  };
  const text = `${JSON.stringify(record, null, 2)}\n`;
  await withStaged(env.mountPath, [Buffer.from(text)], { maxBytes: MAX_FILE_BYTES, fileId }, (staged) =>
    publishOver(staged, efsPath, fileId),
  );
  const writeMs = lap();
  const s3Key = bucket === undefined ? null : `outputs/${fileId}${RESULT_SUFFIX}`;
  if (bucket !== undefined && s3Key !== null) await bucket.putResult(s3Key, text, fileId, signal);
  const archiveMs = bucket === undefined ? 0 : lap();
  const timings = { loadMs, processMs, writeMs, archiveMs };
  const durationMs = tenths(loadMs + processMs + writeMs + archiveMs);
  return { fileId, model, efsPath, s3Key, durationMs, timings, result };
}

/** The computation: size, hash and kind of the model file, in one pass and in constant memory. */
async function infer(
  mountPath: string,
  fileId: FileId,
  signal: AbortSignal,
  lap: () => number,
): Promise<{ result: Inference; loadMs: number; processMs: number }> {
  const found = await findFile(mountPath, fileId);
  if (found === undefined) throw notFound(fileId);
  try {
    const handle = await openForReading(found.path);
    try {
      const sha256 = createHash("sha256");
      let head: Buffer | undefined;
      let loadMs = 0;
      let sizeBytes = 0;
      for await (const block of readBlocks(handle, signal)) {
        if (head === undefined) {
          head = Buffer.from(block.subarray(0, FORMAT_HEAD_BYTES));
          loadMs = lap();
        }
        sha256.update(block);
        sizeBytes += block.length;
      }
      const format = detectFormat(head ?? Buffer.alloc(0), sizeBytes);
      return { result: { sizeBytes, sha256: sha256.digest("hex"), format }, loadMs, processMs: lap() };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errno(error) === "ENOENT") throw notFound(fileId);
    throw mountError(error, "load", fileId);
  }
}

function notFound(fileId: FileId): ServiceError {
  return new ServiceError("NOT_FOUND", "load", `No file ${JSON.stringify(fileId)} is on EFS; ingest it first.`, {
    fileId,
  });
}

/** Each call gives the time since the last. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const elapsed = tenths(now - last);
    last = now;
    return elapsed;
  };
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
