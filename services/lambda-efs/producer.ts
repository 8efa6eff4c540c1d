import type { APIGatewayProxyEvent, APIGatewayProxyResult, S3Event, S3EventRecord } from "aws-lambda";
import { deadline, type Invocation } from "./lib/deadline";
import { corsOrigin, logLevel, readEnv } from "./lib/env";
import { asServiceError, ServiceError } from "./lib/errors";
import { fileIdOfKey, parseFileId } from "./lib/file-id";
import { answer, decodeBase64, isApiEvent, logFailure, parseBody } from "./lib/http";
import { type IngestContext, type Ingested, ingestData, ingestObject, MAX_FILE_BYTES } from "./lib/ingest";
import { createLogger, type Logger } from "./lib/log";
import { Bucket, openS3 } from "./lib/s3";

type Variables = Readonly<Record<string, string | undefined>>;

/** What a notification's run did; Lambda drops it, and a direct invocation shows it. */
export interface S3EventResult {
  readonly ingested: readonly Ingested[];
}

/**
 * The function behind POST /ingest and the bucket's notifications.
 *
 * @param options.maxBytes largest file taken. Default: 1 GiB
 */
export function createProducer(variables: Variables, options: { maxBytes?: number } = {}) {
  const client = openS3(variables);
  const { maxBytes = MAX_FILE_BYTES } = options;

  return async (
    event: APIGatewayProxyEvent | S3Event,
    invocation: Invocation,
  ): Promise<APIGatewayProxyResult | S3EventResult> => {
    const requestId = invocation.awsRequestId;
    const log = createLogger(logLevel(variables), { service: "producer", requestId });
    const context = (): IngestContext => {
      const { mountPath, bucket } = readEnv(variables);
      return { mountPath, bucket: new Bucket(client, bucket), maxBytes, signal: deadline(invocation) };
    };
    if (isApiEvent(event)) {
      return answer({ requestId, log, corsAllowOrigin: corsOrigin(variables) }, async () => {
        const { created, ...body } = await timed(log, () => ingestRequest(context(), event));
        return { status: created ? 201 : 200, body: { ...body, created } };
      });
    }
    if (isS3Event(event)) return ingestRecords(context, event.Records, log);
    const error = new ServiceError("MISCONFIGURED", "parse", "The event is neither of API Gateway nor of S3.");
    logFailure(log, error);
    throw error;
  };
}

export const handler = createProducer(process.env);

async function ingestRequest(context: IngestContext, event: APIGatewayProxyEvent): Promise<Ingested> {
  const { key, data, fileId } = parseBody(event, ["key", "data", "fileId"]);
  if (key !== undefined && data === undefined) {
    const ofKey = fileIdOfKey(key);
    return ingestObject(context, key, parseFileId(fileId ?? ofKey));
  }
  if (data !== undefined && key === undefined) {
    const bytes = decodeBase64(data);
    return ingestData(context, bytes, fileId === undefined ? undefined : parseFileId(fileId));
  }
  throw new ServiceError("BAD_REQUEST", "parse", 'Give either "key" or "data", and not both.');
}

/**
 * Every record gets its try; then one failure fails the run. Lambda retries it, finds what succeeded in place, and in the end hands the
 * event to the dead-letter queue. That is so for hopeless ones as well: the queue is where an operator looks.
 */
async function ingestRecords(
  context: () => IngestContext,
  records: readonly S3EventRecord[],
  log: Logger,
): Promise<S3EventResult> {
  const ingested: Ingested[] = [];
  const failures: string[] = [];
  for (const record of records) {
    const { key: encodedKey, versionId, sequencer } = record.s3.object;
    try {
      const key = decodeKey(encodedKey);
      // What the S3 console makes for a folder.
      if (key.endsWith("/")) log.info("Skipped a folder", { key });
      else ingested.push(await timed(log, () => ingestObject(context(), key, parseFileId(fileIdOfKey(key))), { key }));
    } catch (thrown) {
      const error = asServiceError(thrown, "process");
      logFailure(log.with({ key: encodedKey, versionId, sequencer }), error);
      failures.push(`${encodedKey}: ${error.code}: ${error.message}`);
    }
  }
  if (failures.length === 0) return { ingested };
  throw new Error(`${failures.length} of ${records.length} objects were not ingested. ${failures.join(" | ")}`);
}

/** Notifications carry keys in form encoding. */
function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll("+", " "));
  } catch (cause) {
    throw new ServiceError("BAD_KEY", "parse", "The notification's key is not URL-encoded.", { cause });
  }
}

async function timed(log: Logger, run: () => Promise<Ingested>, fields = {}): Promise<Ingested> {
  const start = performance.now();
  const ingested = await run();
  log.info(ingested.created ? "Ingested" : "Already there", {
    ...fields,
    ...ingested,
    stage: "publish",
    durationMs: Math.round(performance.now() - start),
  });
  return ingested;
}

function isS3Event(event: unknown): event is S3Event {
  if (typeof event !== "object" || event === null || !("Records" in event) || !Array.isArray(event.Records))
    return false;
  return event.Records.every((record: Partial<S3EventRecord>) => record.eventSource === "aws:s3");
}
