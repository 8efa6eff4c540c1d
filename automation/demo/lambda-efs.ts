import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Answer, ApiClient, type Authorize } from "./api-client";
import type { Cloud, LogLine } from "./cloud";
import type { DemoContext } from "./context";
import { writeEvidence } from "./evidence";
import { checkContent, type Fingerprint, fingerprint, idOf } from "./fingerprint";
import type { Report } from "./report";
import { sampleModels } from "./sample-models";
import { summarize, tenths } from "./statistics";
import { check, type Steps } from "./steps";

/** Outputs of the system that the demo drives. */
export const lambdaEfsOutputs = z.object({
  apiUrl: z.url(),
  apiKeyId: z.string().optional(),
  bucketName: z.string(),
  fileSystemId: z.string(),
  accessPointId: z.string(),
  accessPointArn: z.string(),
  producerFunctionName: z.string(),
  producerLogGroup: z.string(),
  consumerFunctionName: z.string(),
  consumerFunctionArn: z.string(),
  consumerLogGroup: z.string(),
});
export type LambdaEfsOutputs = z.output<typeof lambdaEfsOutputs>;

export interface LambdaEfsDemoOptions extends Omit<DemoContext, "region" | "endpoint"> {
  readonly outputs: LambdaEfsOutputs;
  readonly authorize: Authorize;
  readonly cloud: Cloud;
  /** Model file to send through S3, at most 1 GiB. */
  readonly file: string;
  /** Pauses between asking again, and before the warm prediction. Default 2 s. */
  readonly pauseMs?: number;
  /** How long an upload may take to arrive on EFS, and a file on EFS to be seen by the consumer. Default 300 s each. */
  readonly arrivalTimeoutMs?: number;
}

/** How many predictions run at once. */
const CONCURRENT = 10;

/** Clocks of this machine and of CloudWatch may differ by that much. */
const CLOCK_SKEW_MS = 5_000;

/**
 * Drives the deployed system as a client would, reads back what it did, and writes the evidence.
 *
 * Leaves two files on EFS, and their objects and results in the bucket, under ids that depend on their content: running it again adds nothing.
 *
 * @throws Error only if the evidence can't be written or the file can't be read; a failure of the system is in the report
 */
export async function runLambdaEfsDemo(options: LambdaEfsDemoOptions): Promise<{ passed: boolean; report: Report }> {
  const { outputs, outDir, log, versions, commit } = options;
  const since = new Date(Date.now() - CLOCK_SKEW_MS);
  const file = await fingerprint(options.file);
  const target = {
    api: outputs.apiUrl,
    bucket: outputs.bucketName,
    fileSystem: outputs.fileSystemId,
    producer: outputs.producerFunctionName,
    consumer: outputs.consumerFunctionName,
  };
  const report = await writeEvidence({ system: "lambda-efs", outDir, versions, commit, target, file, log }, (steps) =>
    new Demo(options, steps, file, since).run(),
  );
  return { passed: report.passed, report };
}

class Demo {
  private readonly api: ApiClient;
  private readonly pauseMs: number;
  private readonly arrivalTimeoutMs: number;

  constructor(
    private readonly options: LambdaEfsDemoOptions,
    private readonly steps: Steps,
    private readonly file: Fingerprint,
    private readonly since: Date,
  ) {
    this.api = new ApiClient(options.outputs.apiUrl, options.authorize);
    this.pauseMs = options.pauseMs ?? 2_000;
    this.arrivalTimeoutMs = options.arrivalTimeoutMs ?? 300_000;
  }

  async run(): Promise<void> {
    const small = await fingerprint(sampleModels.small);
    const small64 = (await readFile(sampleModels.small)).toString("base64");
    const ingested = await this.ingestByApi(small, small64);
    // Nothing may warm the consumer before.
    await this.coldAndWarm(small, ingested);
    await this.refuseConflict(small, ingested);
    await this.manyAtOnce(small, ingested);
    await this.unknownFile();
    const uploaded = await this.upload();
    const arrived = await this.arrival(uploaded);
    const predicted = await this.predictUploaded(arrived);
    await this.archivedResult(predicted);
    await this.listResults(predicted);
    await this.readFileSystem();
    await this.saveLogs("producer", this.options.outputs.producerLogGroup, uploaded);
    await this.saveLogs("consumer", this.options.outputs.consumerLogGroup, predicted);
  }

  private ingestByApi(small: Fingerprint, data: string) {
    return this.steps.run("ingest by API, twice", [], async (details) => {
      const fileId = idOf(small);
      const first = await this.api.expect([201, 200], "/ingest", { data, fileId });
      const again = await this.api.expect([200], "/ingest", { data, fileId });
      Object.assign(details, { fileId, first: seen(first), again: seen(again) });
      for (const { body } of [first, again]) checkContent(body, small);
      check(again.body.created === false, "The same file was written a second time.");
      return fileId;
    });
  }

  private refuseConflict(small: Fingerprint, ingested: string | undefined) {
    return this.steps.run("another file under the same id is refused", [ingested], async (details, fileId) => {
      const data = Buffer.from("not that model").toString("base64");
      const refused = await this.api.expect([409], "/ingest", { data, fileId });
      Object.assign(details, { status: refused.status, code: refused.body.error?.code });
      const kept = await this.api.expect([200], "/predict", { fileId });
      checkContent(kept.body.result, small);
    });
  }

  private coldAndWarm(small: Fingerprint, ingested: string | undefined) {
    return this.steps.run("predict, cold against warm", [ingested], async (details, fileId) => {
      const first = await this.api.expect([200], "/predict", { fileId, model: small.name });
      await sleep(this.pauseMs);
      const second = await this.api.expect([200], "/predict", { fileId, model: small.name });
      Object.assign(details, {
        first: timesOf(first),
        second: timesOf(second),
        format: first.body.result?.format?.name,
      });
      details["firstWas"] = first.body.coldStart ? "cold" : "already warm: the function ran before";
      details["firstMinusSecondMs"] = tenths(first.clientMs - second.clientMs);
      for (const { body } of [first, second]) checkContent(body.result, small);
    });
  }

  private manyAtOnce(small: Fingerprint, ingested: string | undefined) {
    return this.steps.run(`${CONCURRENT} predictions at once`, [ingested], async (details, fileId) => {
      const one = () => this.api.expect([200], "/predict", { fileId });
      const answers = await Promise.all(Array.from({ length: CONCURRENT }, one));
      for (const { body } of answers) checkContent(body.result, small);
      Object.assign(details, {
        succeeded: answers.length,
        coldStarts: answers.filter(({ body }) => body.coldStart).length,
        clientMs: summarize(answers.map(({ clientMs }) => clientMs)),
        functionMs: summarize(answers.map(({ body }) => body.durationMs)),
      });
    });
  }

  private unknownFile() {
    return this.steps.run("an unknown file is answered with NOT_FOUND", [], async (details) => {
      const fileId = `demo/no-such-file-${Date.now()}`;
      const { status, body } = await this.api.expect([404], "/predict", { fileId });
      Object.assign(details, { status, ...body.error });
      check(body.error?.code === "NOT_FOUND" && body.error?.fileId === fileId, "The error does not name the file.");
    });
  }

  private upload() {
    return this.steps.run("upload to S3", [], async (details) => {
      const fileId = idOf(this.file);
      const key = `models/${fileId}`;
      const at = new Date(Date.now() - CLOCK_SKEW_MS);
      const start = performance.now();
      await this.options.cloud.upload(this.options.outputs.bucketName, key, this.options.file);
      const seconds = (performance.now() - start) / 1000;
      Object.assign(details, {
        key,
        sizeBytes: this.file.sizeBytes,
        megabytesPerSecond: tenths(this.file.sizeBytes / 1e6 / seconds),
      });
      return { fileId, key, at };
    });
  }

  /** The upload has to reach EFS with nobody calling the producer: its log says when. */
  private arrival(uploaded: { fileId: string; key: string; at: Date } | undefined) {
    return this.steps.run(
      "the upload's notification brings it to EFS",
      [uploaded],
      async (details, { fileId, key, at }) => {
        const { cloud, outputs } = this.options;
        const entry = await this.poll(`The producer logged nothing about ${key}`, async () => {
          const lines = await cloud.logs(outputs.producerLogGroup, at, `{ $.fileId = "${fileId}" }`);
          const entries = lines.flatMap(({ text }) => parseEntry(text)).filter((one) => one["fileId"] === fileId);
          const failure = entries.find(({ level }) => level === "error" || level === "warn");
          check(failure === undefined, `The producer failed: ${failure?.["code"]}: ${failure?.["message"]}`);
          return entries.find((one) => one["key"] === key);
        });
        const { message, requestId, created, durationMs, sizeBytes, sha256 } = entry;
        Object.assign(details, { message, requestId, created, functionMs: durationMs, sizeBytes, sha256 });
        checkContent(entry, this.file);
        return fileId;
      },
    );
  }

  private predictUploaded(arrived: string | undefined) {
    return this.steps.run("predict from the uploaded file", [arrived], async (details, fileId) => {
      let asked = 0;
      // A copy of the function that looked for the file before may not see it for a while: NFS clients cache "not there", too.
      const answer = await this.poll(`The consumer does not see ${fileId}`, async () => {
        asked += 1;
        const { status, body, clientMs } = await this.api.expect([200, 404], "/predict", {
          fileId,
          model: this.file.name,
        });
        return status === 200 ? { status, body, clientMs } : undefined;
      });
      Object.assign(details, {
        fileId,
        asked,
        ...timesOf(answer),
        result: answer.body.result,
        s3Key: answer.body.s3Key,
      });
      checkContent(answer.body.result, this.file);
      return { fileId, s3Key: answer.body.s3Key as string | null, at: this.since };
    });
  }

  private archivedResult(predicted: { fileId: string; s3Key: string | null } | undefined) {
    return this.steps.run("the result is archived", [predicted], async (details, { fileId, s3Key }) => {
      details["s3Key"] = s3Key ?? "archiving is off in this stack";
      if (s3Key === null) return;
      const record = JSON.parse(await this.options.cloud.readText(this.options.outputs.bucketName, s3Key));
      Object.assign(details, { createdAt: record.createdAt, requestId: record.requestId });
      check(record.fileId === fileId, `The archived result is that of ${record.fileId}.`);
      checkContent(record.result, this.file);
    });
  }

  private listResults(predicted: { s3Key: string | null } | undefined) {
    return this.steps.run("outputs/ in the bucket", [predicted], async (details, { s3Key }) => {
      const objects = await this.options.cloud.list(this.options.outputs.bucketName, "outputs/");
      Object.assign(details, { count: objects.length, objects: objects.slice(0, 50) });
      check(s3Key === null || objects.some(({ key }) => key === s3Key), `${s3Key} is not listed.`);
    });
  }

  private readFileSystem() {
    return this.steps.run("both functions mount the access point", [], async (details) => {
      const { cloud, outputs } = this.options;
      const fileSystem = await cloud.fileSystem(outputs.fileSystemId, outputs.accessPointId);
      const producer = await cloud.describeFunction(outputs.producerFunctionName);
      const consumer = await cloud.describeFunction(outputs.consumerFunctionName);
      Object.assign(details, { fileSystem, producer, consumer });
      check(fileSystem.encrypted, "The file system is not encrypted.");
      check(
        fileSystem.accessPoint.arn === outputs.accessPointArn,
        `The access point is ${fileSystem.accessPoint.arn}.`,
      );
      for (const [name, { mounts }] of Object.entries({ producer, consumer })) {
        const mounted = mounts.some(({ accessPointArn }) => accessPointArn === outputs.accessPointArn);
        check(mounted, `The ${name} does not mount ${outputs.accessPointArn}.`);
      }
    });
  }

  private saveLogs(name: "producer" | "consumer", group: string, needed: object | undefined) {
    return this.steps.run(`log of the ${name}`, [needed], async (details) => {
      const lines = await this.options.cloud.logs(group, this.since);
      const file = join(this.options.outDir, `${name}.log`);
      await writeFile(file, lines.map(({ timestamp, text }: LogLine) => `${timestamp} ${text}\n`).join(""));
      const entries = lines.flatMap(({ text }) => parseEntry(text)).filter(({ service }) => service === name);
      const requests = new Set(entries.map(({ requestId }) => requestId));
      Object.assign(details, { group, file: basename(file), lines: lines.length, requests: requests.size });
      check(entries.length > 0, `${group} has no line of the ${name}.`);
    });
  }

  /** Asks until there is an answer. */
  private async poll<Result>(complaint: string, ask: () => Promise<Result | undefined>): Promise<Result> {
    const until = Date.now() + this.arrivalTimeoutMs;
    for (;;) {
      const result = await ask();
      if (result !== undefined) return result;
      check(Date.now() < until, `${complaint} after ${this.arrivalTimeoutMs / 1000} s.`);
      await sleep(this.pauseMs);
    }
  }
}

function seen({ status, body, clientMs }: Answer): Record<string, unknown> {
  return { status, created: body.created, clientMs: tenths(clientMs) };
}

function timesOf({ body, clientMs }: Answer): Record<string, unknown> {
  return { coldStart: body.coldStart, clientMs: tenths(clientMs), functionMs: body.durationMs, timings: body.timings };
}

/** A log line of the functions; lines of the platform are left out. */
function parseEntry(text: string): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? [value as Record<string, unknown>] : [];
  } catch {
    return [];
  }
}
