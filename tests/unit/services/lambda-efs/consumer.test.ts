import { createHash } from "node:crypto";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createConsumer } from "../../../../services/lambda-efs/consumer";
import { apiEvent, invocation } from "./events";
import { EMPTY_TREE, type Harness, ingest, predict, read, startHarness } from "./harness";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
beforeEach(async () => {
  await harness.reset();
  harness.env["ENABLE_S3_ARCHIVE"] = "true";
});
afterAll(() => harness.close());

/** GGUF version 3 with 7 tensors and 2 metadata entries, and more than two blocks of content. */
const model = Buffer.concat([
  Buffer.from("GGUF\x03\0\0\0\x07\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", "latin1"),
  Buffer.alloc(2_500_000, 7),
]);
const sha256 = createHash("sha256").update(model).digest("hex");

async function place(id: string, content: string | Buffer = model): Promise<void> {
  await mkdir(join(harness.mount, "models", id, ".."), { recursive: true });
  await writeFile(join(harness.mount, "models", id), content);
}

describe("POST /predict", () => {
  test("answers with size, hash, format and times, writes the result and archives it", async () => {
    await place("phi3/weights.gguf");
    const { status, body, headers } = await predict(harness, { fileId: "phi3/weights.gguf", model: "phi3 mini" });
    const efsPath = join(harness.mount, "outputs/phi3/weights.gguf.result");
    const result = {
      sizeBytes: model.length,
      sha256,
      format: { name: "gguf", version: 3, tensorCount: 7, metadataCount: 2 },
    };
    expect(status).toBe(200);
    expect(headers["Access-Control-Allow-Origin"]).toBe("*");
    expect(body).toEqual({
      fileId: "phi3/weights.gguf",
      model: "phi3 mini",
      efsPath,
      s3Key: "outputs/phi3/weights.gguf.result",
      durationMs: expect.any(Number),
      timings: {
        loadMs: expect.any(Number),
        processMs: expect.any(Number),
        writeMs: expect.any(Number),
        archiveMs: expect.any(Number),
      },
      coldStart: true,
      result,
    });
    const { loadMs, processMs, writeMs, archiveMs } = body.timings;
    expect(body.durationMs).toBeCloseTo(loadMs + processMs + writeMs + archiveMs, 5);
    const written = await readFile(efsPath, "utf8");
    expect(JSON.parse(written)).toMatchObject({
      fileId: "phi3/weights.gguf",
      model: "phi3 mini",
      requestId: "req-1",
      result,
    });
    expect(harness.s3.objects.get("outputs/phi3/weights.gguf.result")?.toString()).toBe(written);
  });

  test("leaves the bucket alone if archiving is off", async () => {
    await place("a");
    const { body } = await predict({ env: { ...harness.env, ENABLE_S3_ARCHIVE: "false" } }, { fileId: "a" });
    expect([body.s3Key, body.timings.archiveMs, body.model]).toEqual([null, 0, "a"]);
    expect(harness.s3.requests).toEqual([]);
    expect(await harness.tree()).toContain("outputs/a.result");
  });

  test("is cold once", async () => {
    await place("a");
    const run = createConsumer(harness.env);
    const cold = [];
    for (let time = 0; time < 3; time++)
      cold.push(read(await run(apiEvent({ fileId: "a" }), invocation)).body.coldStart);
    expect(cold).toEqual([true, false, false]);
  });

  test("answers ten at once with the same result, and leaves one", async () => {
    await place("a");
    const answers = await Promise.all(Array.from({ length: 10 }, () => predict(harness, { fileId: "a" })));
    expect(answers.map(({ status, body }) => [status, body.result.sha256])).toEqual(Array(10).fill([200, sha256]));
    expect(await harness.tree()).toEqual(["inputs/", "models/", "models/a", "outputs/", "outputs/a.result"]);
  });

  test("reads what the producer wrote", async () => {
    const { body } = await ingest(harness, { data: Buffer.from("text").toString("base64") });
    const answer = await predict(harness, { fileId: body.fileId });
    expect(answer.body.result).toEqual({ sizeBytes: 4, sha256: body.sha256, format: { name: "unknown" } });
  });

  test.each([
    ["a file", "none"],
    ["a file in a folder", "none/none"],
    ["a folder", "folder"],
    ["a file below a file", "file/below"],
  ])("answers 404 NOT_FOUND for %s that is no file", async (_what, fileId) => {
    await place("file");
    await place("folder/inner");
    const { status, body } = await predict(harness, { fileId });
    expect(status).toBe(404);
    expect(body.error).toEqual({
      code: "NOT_FOUND",
      message: `No file "${fileId}" is on EFS; ingest it first.`,
      stage: "load",
      fileId,
      requestId: "req-1",
    });
    expect((await harness.tree()).filter((path) => path.startsWith("outputs/"))).toEqual(["outputs/"]);
  });

  test("does not follow links out of the mount", async () => {
    await writeFile(join(harness.base, "secret"), "secret");
    await mkdir(join(harness.mount, "models"));
    await symlink(join(harness.base, "secret"), join(harness.mount, "models/secret"));
    await symlink(harness.base, join(harness.mount, "models/up"));
    for (const fileId of ["secret", "up/secret"]) {
      expect((await predict(harness, { fileId })).body.error.code).toBe("NOT_FOUND");
    }
  });

  test.each<[string, string | null | object, number, string]>([
    ["no body", null, 400, "EMPTY_BODY"],
    ["no fileId", { model: "a" }, 400, "BAD_REQUEST"],
    ["a model name with a line break", { fileId: "a", model: "a\nb" }, 400, "BAD_REQUEST"],
    ["an id that climbs", { fileId: "../models/a" }, 400, "BAD_FILE_ID"],
    ["an unknown property", { fileId: "a", modle: "b" }, 400, "BAD_REQUEST"],
  ])("refuses %s", async (_what, request, status, code) => {
    const answer = await predict(harness, request);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });

  test("says so if the archive fails; the result on EFS stays", async () => {
    await place("a");
    harness.s3.faults.set("outputs/a.result", { refuse: { status: 403, code: "AccessDenied" } });
    const { status, body } = await predict(harness, { fileId: "a" });
    expect([status, body.error.code, body.error.stage, body.error.fileId]).toEqual([502, "S3_FAILED", "archive", "a"]);
    expect(await harness.tree()).toEqual(["inputs/", "models/", "models/a", "outputs/", "outputs/a.result"]);
  });

  test("a folder where the result belongs fails the request and leaves no partial file", async () => {
    await place("a");
    await mkdir(join(harness.mount, "outputs/a.result/x"), { recursive: true });
    const { status, body } = await predict(harness, { fileId: "a" });
    expect([status, body.error.code, body.error.stage]).toEqual([500, "MOUNT_FAILED", "publish"]);
    expect(await harness.tree()).not.toContainEqual(expect.stringContaining(".part"));
  });

  test("a mount that is not there", async () => {
    await rm(harness.mount, { recursive: true });
    const { status, body } = await predict(harness, { fileId: "a" });
    expect([status, body.error.code]).toEqual([500, "MOUNT_MISSING"]);
  });

  test("an event that is not of the API is an error", async () => {
    await expect(createConsumer(harness.env)({} as never, invocation)).rejects.toThrow(/not of API Gateway/);
    expect(await harness.tree()).not.toEqual(EMPTY_TREE);
  });
});
