import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Cloud } from "../../../automation/demo/cloud";
import { type LambdaEfsDemoOptions, runLambdaEfsDemo } from "../../../automation/demo/lambda-efs";
import { sampleModels } from "../../../automation/demo/sample-models";
import { createConsumer } from "../../../services/lambda-efs/consumer";
import { createProducer } from "../../../services/lambda-efs/producer";
import { apiEvent, invocation } from "../services/lambda-efs/events";
import { type Harness, notify, startHarness } from "../services/lambda-efs/harness";

// The real functions behind a loopback API and S3. What this does not prove: that the AWS clients ask for the right things; the end-to-end test on the emulator does.
let harness: Harness;
let api: Server;
let outDir: string;
let handlers: Record<string, (event: APIGatewayProxyEvent, context: typeof invocation) => Promise<unknown>>;
/** What the API answers instead of the functions, for a path. */
const broken = new Map<string, { status: number; body: string }>();
/** Still running ones would log into the next test. */
const notifications: Promise<unknown>[] = [];

const accessPointArn = "arn:aws:elasticfilesystem:us-east-1:1:access-point/fsap-1";

beforeAll(async () => {
  harness = await startHarness();
  outDir = await mkdtemp(join(tmpdir(), "demo-"));
  api = createServer(async (request, response) => {
    const path = request.url ?? "";
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    if (request.headers["x-test"] !== "let me in") return void response.writeHead(403).end("{}");
    const instead = broken.get(path);
    if (instead) return void response.writeHead(instead.status).end(instead.body);
    const handle = handlers[path];
    if (!handle) return void response.writeHead(404).end("{}");
    const event = apiEvent(Buffer.concat(parts).toString());
    const { statusCode, headers, body } = (await handle(event, invocation)) as APIGatewayProxyResult;
    response.writeHead(statusCode, headers as Record<string, string>).end(body);
  }).listen(0, "127.0.0.1");
  await once(api, "listening");
});
beforeEach(async () => {
  await harness.reset();
  broken.clear();
  handlers = { "/prod/ingest": createProducer(harness.env), "/prod/predict": createConsumer(harness.env) };
});
afterEach(async () => {
  await Promise.all(notifications.splice(0));
});
afterAll(async () => {
  api.close();
  await harness.close();
  await rm(outDir, { recursive: true });
});

const facts = {
  runtime: "nodejs22.x",
  architecture: "arm64",
  memoryMb: 1024,
  timeoutSeconds: 300,
  codeBytes: 1,
  mounts: [{ accessPointArn, path: "/mnt/efs" }],
};

function cloud(changes: Partial<Cloud> = {}): Cloud {
  return {
    upload: async (_bucket, key, file) => {
      harness.s3.objects.set(key, await readFile(file));
      // As the bucket's notification: the uploader does not wait for it.
      notifications.push(notify(harness, key).catch(() => undefined));
    },
    readText: async (_bucket, key) => String(harness.s3.objects.get(key)),
    list: async (_bucket, prefix) =>
      [...harness.s3.objects.keys()]
        .filter((key) => key.startsWith(prefix))
        .map((key) => ({ key, sizeBytes: 1, lastModified: "now" })),
    logs: async (group) => {
      const own = harness.logs.filter(({ service }) => group === `/aws/lambda/${service}`);
      return [...own.map((entry) => JSON.stringify(entry)), "REPORT RequestId: 1"].map((text) => ({
        timestamp: "now",
        text,
      }));
    },
    fileSystem: async () => ({
      encrypted: true,
      performanceMode: "generalPurpose",
      throughputMode: "elastic",
      mountTargets: [],
      accessPoint: {
        arn: accessPointArn,
        rootDirectory: "/lambda",
        posixUser: "1000:1000",
        owner: "1000:1000",
        permissions: "755",
      },
    }),
    describeFunction: async () => facts,
    ...changes,
  };
}

function run(changes: Partial<LambdaEfsDemoOptions> = {}) {
  const { port } = api.address() as AddressInfo;
  return runLambdaEfsDemo({
    outputs: {
      apiUrl: `http://127.0.0.1:${port}/prod/`,
      bucketName: "bucket",
      fileSystemId: "fs-1",
      accessPointId: "fsap-1",
      accessPointArn,
      producerFunctionName: "producer",
      producerLogGroup: "/aws/lambda/producer",
      consumerFunctionName: "consumer",
      consumerFunctionArn: "arn:aws:lambda:us-east-1:1:function:consumer",
      consumerLogGroup: "/aws/lambda/consumer",
    },
    authorize: async () => ({ "x-test": "let me in" }),
    cloud: cloud(),
    file: sampleModels.medium,
    outDir,
    versions: { pulumi: "3.220.0" },
    commit: "abc",
    log: () => undefined,
    pauseMs: 5,
    arrivalTimeoutMs: 3_000,
    ...changes,
  });
}

const statuses = (report: Awaited<ReturnType<typeof run>>["report"]) =>
  Object.fromEntries(report.steps.map(({ name, status }) => [name, status]));
const errorOf = (report: Awaited<ReturnType<typeof run>>["report"], name: string) =>
  report.steps.find((step) => step.name === name)?.error;

const ALL = [
  "ingest by API, twice",
  "predict, cold against warm",
  "another file under the same id is refused",
  "10 predictions at once",
  "an unknown file is answered with NOT_FOUND",
  "upload to S3",
  "the upload's notification brings it to EFS",
  "predict from the uploaded file",
  "the result is archived",
  "outputs/ in the bucket",
  "both functions mount the access point",
  "log of the producer",
  "log of the consumer",
];

describe("the demo of a system that works", () => {
  test("passes every step, measures, and writes JSON, Markdown and both logs", async () => {
    const { passed, report } = await run();
    expect(statuses(report)).toEqual(Object.fromEntries(ALL.map((name) => [name, "passed"])));
    expect(passed).toBe(true);
    expect(JSON.parse(await readFile(join(outDir, "report.json"), "utf8"))).toEqual(report);
    expect(await readFile(join(outDir, "report.md"), "utf8")).toContain("**Passed**: 13 of 13 steps");
    expect(await readFile(join(outDir, "producer.log"), "utf8")).toContain('"service":"producer"');
    expect(await readFile(join(outDir, "consumer.log"), "utf8")).toContain("REPORT RequestId");

    const details = (name: string) => report.steps.find((step) => step.name === name)?.details;
    const fileId = `demo/${report.file?.sha256.slice(0, 12)}/ch_PP-OCRv4_det_infer.onnx`;
    expect(report.file).toMatchObject({ name: "ch_PP-OCRv4_det_infer.onnx", sizeBytes: 4745517 });
    expect(details("predict, cold against warm")).toMatchObject({
      firstWas: "cold",
      second: { coldStart: false },
      format: "onnx",
    });
    expect(details("10 predictions at once")).toMatchObject({
      succeeded: 10,
      clientMs: { count: 10 },
      functionMs: { count: 10 },
    });
    expect(details("upload to S3")).toMatchObject({ key: `models/${fileId}`, sizeBytes: 4745517 });
    expect(details("predict from the uploaded file")).toMatchObject({
      fileId,
      result: { format: { name: "onnx", irVersion: 8 } },
    });
    expect(details("outputs/ in the bucket")).toMatchObject({ count: 2 });
    expect(details("log of the producer")).toMatchObject({ requests: 1, lines: expect.any(Number) });
  });

  test("passes again on the same system, and adds nothing to it", async () => {
    await run();
    const before = await harness.tree();
    const { passed, report } = await run();
    expect(passed).toBe(true);
    expect(report.steps[1]?.details["firstWas"]).toMatch(/^already warm/);
    expect(await harness.tree()).toEqual(before);
  });

  test("passes with archiving off, and says so", async () => {
    handlers["/prod/predict"] = createConsumer({ ...harness.env, ENABLE_S3_ARCHIVE: "false" });
    const { passed, report } = await run();
    expect(passed).toBe(true);
    expect(report.steps.find(({ name }) => name === "the result is archived")?.details["s3Key"]).toMatch(
      /archiving is off/,
    );
  });
});

describe("the demo of a system that does not work", () => {
  test("an API that fails: its steps fail, what needs them is skipped, the rest is still looked at", async () => {
    broken.set("/prod/ingest", { status: 502, body: '{"message": "Internal server error"}' });
    const { passed, report } = await run();
    expect(passed).toBe(false);
    expect(statuses(report)).toEqual({
      ...Object.fromEntries(ALL.map((name) => [name, "passed"])),
      "ingest by API, twice": "failed",
      "predict, cold against warm": "skipped",
      "another file under the same id is refused": "skipped",
      "10 predictions at once": "skipped",
    });
    expect(errorOf(report, "ingest by API, twice")).toBe(
      'POST /ingest answered 502, not 201 or 200: {"message":"Internal server error"}',
    );
    expect(report.counts).toEqual({ steps: 13, passed: 9, failed: 1, skipped: 3 });
    expect(await readFile(join(outDir, "report.md"), "utf8")).toContain("**Failed**");
  });

  test("a producer that writes the same file twice", async () => {
    const model = await readFile(sampleModels.small);
    const sha256 = createHash("sha256").update(model).digest("hex");
    broken.set("/prod/ingest", {
      status: 200,
      body: JSON.stringify({ created: true, sizeBytes: model.length, sha256 }),
    });
    const { report } = await run();
    expect(errorOf(report, "ingest by API, twice")).toBe("The same file was written a second time.");
  });

  test("a consumer whose 404 does not say what is missing", async () => {
    broken.set("/prod/predict", { status: 404, body: '{"message": "Not Found"}' });
    const { report } = await run({ arrivalTimeoutMs: 20 });
    expect(errorOf(report, "an unknown file is answered with NOT_FOUND")).toBe("The error does not name the file.");
  });

  test("a bucket that notifies nobody", async () => {
    const { passed, report } = await run({ cloud: cloud({ upload: async () => undefined }), arrivalTimeoutMs: 20 });
    expect(passed).toBe(false);
    expect(errorOf(report, "the upload's notification brings it to EFS")).toMatch(
      /^The producer logged nothing about models\/demo\//,
    );
    expect(statuses(report)["the result is archived"]).toBe("skipped");
  });

  test("a producer that refuses the upload: its own error is shown, without waiting", async () => {
    const upload: Cloud["upload"] = async (_bucket, key) => {
      harness.s3.objects.set(key, { sizeBytes: 1024 ** 3 + 1 });
      await notify(harness, key).catch(() => undefined);
    };
    const { report } = await run({ cloud: cloud({ upload }) });
    expect(errorOf(report, "the upload's notification brings it to EFS")).toMatch(/^The producer failed: TOO_LARGE: /);
  });

  test("other bytes on EFS than were sent", async () => {
    const upload: Cloud["upload"] = async (_bucket, key) => {
      harness.s3.objects.set(key, Buffer.from("other"));
      await notify(harness, key);
    };
    const { report } = await run({ cloud: cloud({ upload }) });
    expect(errorOf(report, "the upload's notification brings it to EFS")).toMatch(
      /has 4745517 bytes .* the system speaks of 5 and/,
    );
  });

  test.each<[string, string, Partial<Cloud>, RegExp]>([
    ["a result that is not in the bucket", "outputs/ in the bucket", { list: async () => [] }, /is not listed/],
    ["another file's result", "the result is archived", { readText: async () => '{"fileId":"x"}' }, /that of x/],
    [
      "a function without the mount",
      "both functions mount the access point",
      { describeFunction: async () => ({ ...facts, mounts: [] }) },
      /The producer does not mount arn:/,
    ],
    [
      "an empty log",
      "log of the consumer",
      { logs: async (group) => (group.endsWith("consumer") ? [] : cloud().logs(group, new Date())) },
      /has no line/,
    ],
  ])("%s", async (_what, name, changes, message) => {
    const { passed, report } = await run({ cloud: cloud(changes) });
    expect(passed).toBe(false);
    expect(errorOf(report, name)).toMatch(message);
    expect(report.counts).toMatchObject({ failed: 1, skipped: 0 });
  });

  test.each([
    ["missing", undefined],
    ["empty", ""],
  ])("a %s file is the user's to mend", async (what, content) => {
    const file = join(outDir, `${what}.bin`);
    if (content !== undefined) await writeFile(file, content);
    await expect(run({ file })).rejects.toMatchObject({ name: "UserError", hint: expect.stringContaining("--file") });
  });
});
