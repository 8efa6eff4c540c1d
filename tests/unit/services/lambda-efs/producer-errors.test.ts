import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createProducer } from "../../../../services/lambda-efs/producer";
import { invocation, s3Event } from "./events";
import { EMPTY_TREE, type Harness, ingest, notify, startHarness } from "./harness";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

const GIB = 1024 ** 3;

describe("POST /ingest refuses", () => {
  test.each<[string, string | null | object, number, string]>([
    ["no body", null, 400, "EMPTY_BODY"],
    ["a blank body", " \n", 400, "EMPTY_BODY"],
    ["half a JSON object", '{"key":', 400, "BAD_JSON"],
    ["a JSON array", "[]", 400, "BAD_JSON"],
    ["JSON null", "null", 400, "BAD_JSON"],
    ["neither key nor data", {}, 400, "BAD_REQUEST"],
    ["both key and data", { key: "models/a", data: "YQ==" }, 400, "BAD_REQUEST"],
    ["a misspelt property", { key: "models/a", fileID: "a" }, 400, "BAD_REQUEST"],
    ["a number for a key", { key: 1 }, 400, "BAD_REQUEST"],
    ["another prefix", { key: "outputs/a" }, 400, "BAD_KEY"],
    ["a prefix alone", { key: "models/" }, 400, "BAD_FILE_ID"],
    ["a key that climbs", { key: "models/../../etc/passwd" }, 400, "BAD_FILE_ID"],
    ["an id that climbs", { key: "models/a", fileId: "../a" }, 400, "BAD_FILE_ID"],
    ["an absolute id", { data: "YQ==", fileId: "/etc/passwd" }, 400, "BAD_FILE_ID"],
    ["base64 with a foreign letter", { data: "YQ=*" }, 400, "BAD_BASE64"],
    ["base64 without padding", { data: "YQ" }, 400, "BAD_BASE64"],
    ["no data at all", { data: "" }, 400, "EMPTY_FILE"],
    ["a key without an object", { key: "models/none" }, 404, "OBJECT_NOT_FOUND"],
  ])("%s", async (_what, request, status, code) => {
    const answer = await ingest(harness, request);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(Object.keys(answer.body)).toEqual(["error"]);
    expect(Object.keys(answer.body.error)).toEqual(["code", "message", "stage", "fileId", "requestId"]);
    expect(answer.body.error.requestId).toBe("req-1");
    expect(answer.headers["Access-Control-Allow-Origin"]).toBe("*");
    expect((await harness.tree()).filter((path) => !path.endsWith("/"))).toEqual([]);
  });

  test("an empty object", async () => {
    harness.s3.objects.set("models/a", Buffer.alloc(0));
    const { status, body } = await ingest(harness, { key: "models/a" });
    expect([status, body.error.code, body.error.fileId]).toEqual([400, "EMPTY_FILE", "a"]);
    expect(await harness.tree()).toEqual(EMPTY_TREE);
  });

  test("an object of one byte too many, by its metadata and before reading it", async () => {
    harness.s3.objects.set("models/a", { sizeBytes: GIB + 1 });
    // Reading would take until the deadline: the body never comes.
    harness.s3.faults.set("models/a", { stallAfter: 0 });
    const { status, body } = await ingest(harness, { key: "models/a" });
    expect([status, body.error.code]).toEqual([413, "TOO_LARGE"]);
    expect(body.error.message).toContain("1073741824");
    expect(await harness.tree()).toEqual(EMPTY_TREE);
  });

  test("an object of unannounced size once it passes the limit", async () => {
    harness.s3.objects.set("models/a", { sizeBytes: 4 * 1024 * 1024 });
    harness.s3.faults.set("models/a", { withoutLength: true });
    const { status, body } = await ingest(harness, { key: "models/a" }, { maxBytes: 3 * 1024 * 1024 });
    expect([status, body.error.code, body.error.stage]).toEqual([413, "TOO_LARGE", "fetch"]);
    expect(await harness.tree()).toEqual(EMPTY_TREE);
  });

  test("data beyond the limit", async () => {
    const { status, body } = await ingest(harness, { data: "YWJj" }, { maxBytes: 2 });
    expect([status, body.error.code]).toEqual([413, "TOO_LARGE"]);
    expect(await harness.tree()).toEqual(EMPTY_TREE);
  });
});

describe("POST /ingest survives", () => {
  test("a connection that breaks off", async () => {
    harness.s3.objects.set("models/a", Buffer.alloc(200_000, 1));
    harness.s3.faults.set("models/a", { cutAfter: 100_000 });
    const { status, body } = await ingest(harness, { key: "models/a" });
    expect([status, body.error.code, body.error.stage, body.error.fileId]).toEqual([502, "S3_FAILED", "fetch", "a"]);
    expect(await harness.tree()).toEqual(EMPTY_TREE);
  });

  test("a connection that stalls: it stops before Lambda would kill it", async () => {
    harness.s3.objects.set("models/a", Buffer.alloc(200_000, 1));
    harness.s3.faults.set("models/a", { stallAfter: 100_000 });
    const answer = ingest(harness, { key: "models/a" }, { remainingMs: 3_200 });
    const killed = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("killed")), 3_200));
    const { status, body } = await Promise.race([answer, killed]);
    expect([status, body.error.code, body.error.fileId]).toEqual([504, "TIMEOUT", "a"]);
    expect(await harness.tree()).toEqual(EMPTY_TREE);
  });

  test("S3 refusing to let it read", async () => {
    harness.s3.faults.set("models/a", { refuse: { status: 403, code: "AccessDenied" } });
    const { status, body } = await ingest(harness, { key: "models/a" });
    expect([status, body.error.code, body.error.stage]).toEqual([502, "S3_FAILED", "fetch"]);
  });

  test("a bucket that is not there", async () => {
    harness.s3.faults.set("models/a", { refuse: { status: 404, code: "NoSuchBucket" } });
    const { status, body } = await ingest(harness, { key: "models/a" });
    expect([status, body.error.code]).toEqual([500, "MISCONFIGURED"]);
  });

  test("a mount that is not there, and does not make it", async () => {
    await rm(harness.mount, { recursive: true });
    const { status, body } = await ingest(harness, { data: "YWJj" });
    expect([status, body.error.code, body.error.stage]).toEqual([500, "MOUNT_MISSING", "mount"]);
    await mkdir(harness.mount);
  });

  test("a file in the place of one of its folders", async () => {
    await writeFile(join(harness.mount, "models"), "");
    const { status, body } = await ingest(harness, { data: "YWJj" });
    expect([status, body.error.code]).toEqual([500, "MOUNT_FAILED"]);
  });

  test("an environment with two mistakes: it names both, with the CORS header", async () => {
    const answer = await ingest({ env: { CORS_ALLOW_ORIGIN: "https://a.example" } }, { data: "YWJj" });
    expect([answer.status, answer.body.error.code]).toEqual([500, "MISCONFIGURED"]);
    expect(answer.body.error.message).toContain("EFS_MOUNT_PATH");
    expect(answer.body.error.message).toContain("S3_BUCKET_NAME");
    expect(answer.headers).toMatchObject({ "Access-Control-Allow-Origin": "https://a.example", Vary: "Origin" });
  });

  test("no origin is allowed where none is configured", async () => {
    const { CORS_ALLOW_ORIGIN: _, ...env } = harness.env;
    expect((await ingest({ env }, { data: "YWJj" })).headers).toEqual({ "Content-Type": "application/json" });
  });
});

describe("the log", () => {
  test("has one JSON line for a success, with what an operator searches for", async () => {
    await ingest(harness, { data: "YWJj", fileId: "a" });
    const fields = {
      level: "info",
      message: "Ingested",
      service: "producer",
      requestId: "req-1",
      fileId: "a",
      stage: "publish",
    };
    expect(harness.logs).toEqual([
      expect.objectContaining({ ...fields, durationMs: expect.any(Number), sizeBytes: 3 }),
    ]);
  });

  test("has the cause of a failure, which the answer keeps to itself", async () => {
    harness.s3.objects.set("models/a", Buffer.alloc(200_000, 1));
    harness.s3.faults.set("models/a", { cutAfter: 100_000 });
    const { body } = await ingest(harness, { key: "models/a" });
    const fields = { level: "error", code: "S3_FAILED", status: 502, stage: "fetch", fileId: "a", requestId: "req-1" };
    expect(harness.logs).toMatchObject([{ ...fields, cause: { code: "ECONNRESET", stack: expect.any(String) } }]);
    expect(JSON.stringify(body)).not.toContain("ECONNRESET");
  });

  test("calls the caller's mistakes warnings", async () => {
    await ingest(harness, { data: "?" });
    expect(harness.logs).toMatchObject([{ level: "warn", code: "BAD_BASE64" }]);
  });
});

describe("bucket notifications", () => {
  test("every record gets its try, keys are decoded, folders skipped, and one failure fails the run with all of them named", async () => {
    harness.s3.objects.set("models/a b+c.bin", Buffer.from("1"));
    harness.s3.objects.set("models/ok", Buffer.from("2"));
    harness.s3.objects.set("models/big", { sizeBytes: GIB + 1 });
    const run = notify(
      harness,
      "models/a+b%2Bc.bin",
      "models/big",
      "models/folder/",
      "models/gone",
      "models/%E0",
      "models/ok",
    );
    await expect(run).rejects.toThrow(
      /^3 of 6 objects were not ingested\. models\/big: TOO_LARGE: .* \| models\/gone: OBJECT_NOT_FOUND: .* \| models\/%E0: BAD_KEY: /,
    );
    expect(await harness.tree()).toEqual(["inputs/", "models/", "models/a b+c.bin", "models/ok", "outputs/"]);
  });

  test("the same notification twice gives one file", async () => {
    harness.s3.objects.set("models/a", Buffer.from("1"));
    expect(await notify(harness, "models/a", "models/a")).toMatchObject({
      ingested: [
        { fileId: "a", created: true },
        { fileId: "a", created: false },
      ],
    });
  });

  test.each([
    ["another service's", { Records: [{ eventSource: "aws:sqs" }] }],
    ["an unknown", { hello: 1 }],
  ])("%s event is an error", async (_what, event) => {
    await expect(createProducer(harness.env)(event as never, invocation)).rejects.toThrow(
      /neither of API Gateway nor of S3/,
    );
  });

  test("a missing environment fails each record, and is logged", async () => {
    await expect(createProducer({})(s3Event("models/a"), invocation)).rejects.toThrow(/MISCONFIGURED/);
    expect(harness.logs).toMatchObject([{ level: "error", code: "MISCONFIGURED", key: "models/a" }]);
  });
});
