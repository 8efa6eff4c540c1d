import { createHash } from "node:crypto";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EMPTY_TREE, type Harness, ingest, notify, startHarness, tree } from "./harness";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("POST /ingest with a key", () => {
  test("copies the object to EFS under the key below its prefix", async () => {
    harness.s3.objects.set("models/phi3/weights.gguf", Buffer.from("GGUF"));
    const { status, body, headers } = await ingest(harness, { key: "models/phi3/weights.gguf" });
    const efsPath = join(harness.mount, "models/phi3/weights.gguf");
    expect(status).toBe(201);
    expect(body).toEqual({
      fileId: "phi3/weights.gguf",
      efsPath,
      s3Key: "models/phi3/weights.gguf",
      sizeBytes: 4,
      sha256: sha256("GGUF"),
      created: true,
    });
    expect(headers).toEqual({ "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" });
    expect(await readFile(efsPath, "utf8")).toBe("GGUF");
    expect(await harness.tree()).toEqual([
      "inputs/",
      "models/",
      "models/phi3/",
      "models/phi3/weights.gguf",
      "outputs/",
    ]);
  });

  test("takes an object of inputs/ under another id", async () => {
    harness.s3.objects.set("inputs/a", Buffer.from("a"));
    const { status, body } = await ingest(harness, { key: "inputs/a", fileId: "b/c" });
    expect([status, body.fileId, body.s3Key]).toEqual([201, "b/c", "inputs/a"]);
    expect(await readFile(join(harness.mount, "models/b/c"), "utf8")).toBe("a");
  });

  test("finds the same file in place and writes nothing", async () => {
    harness.s3.objects.set("models/a", Buffer.from("same"));
    await ingest(harness, { key: "models/a" });
    const before = await harness.tree();
    const { status, body } = await ingest(harness, { key: "models/a" });
    expect([status, body.created, body.sha256]).toEqual([200, false, sha256("same")]);
    expect(await harness.tree()).toEqual(before);
  });

  test.each([
    ["of another size", "other"],
    ["of the same size", "1234"],
  ])("refuses a different file %s under the same id", async (_what, other) => {
    await mkdir(join(harness.mount, "models"));
    await writeFile(join(harness.mount, "models/a"), other);
    harness.s3.objects.set("models/a", Buffer.from("same"));
    const { status, body } = await ingest(harness, { key: "models/a" });
    expect([status, body.error.code, body.error.stage, body.error.fileId]).toEqual([409, "CONFLICT", "publish", "a"]);
    expect(await readFile(join(harness.mount, "models/a"), "utf8")).toBe(other);
    expect(await harness.tree()).toEqual(["inputs/", "models/", "models/a", "outputs/"]);
  });

  test.each(["a/b", "d"])("refuses %s where a file and a folder would collide", async (id) => {
    await mkdir(join(harness.mount, "models/d"), { recursive: true });
    await writeFile(join(harness.mount, "models/a"), "file");
    harness.s3.objects.set(`models/${id}`, Buffer.from("x"));
    const { status, body } = await ingest(harness, { key: `models/${id}` });
    expect([status, body.error.code]).toEqual([409, "CONFLICT"]);
    expect(await harness.tree()).toEqual(["inputs/", "models/", "models/a", "models/d/", "outputs/"]);
  });

  test("does not follow a link out of the mount", async () => {
    const outside = join(harness.base, "outside");
    await mkdir(outside, { recursive: true });
    await mkdir(join(harness.mount, "models"));
    await symlink(outside, join(harness.mount, "models/link"));
    harness.s3.objects.set("models/link/file", Buffer.from("x"));
    const { status, body } = await ingest(harness, { key: "models/link/file" });
    expect([status, body.error.code]).toEqual([409, "CONFLICT"]);
    expect(await tree(outside)).toEqual([]);
  });
});

describe("POST /ingest with data", () => {
  test("writes to EFS, keeps the object in the bucket and names it by its content", async () => {
    const { status, body } = await ingest(harness, { data: base64("hello") });
    const fileId = `sha256-${sha256("hello")}`;
    expect(status).toBe(201);
    expect(body).toMatchObject({ fileId, s3Key: `models/${fileId}`, sizeBytes: 5, created: true });
    expect(harness.s3.objects.get(`models/${fileId}`)).toEqual(Buffer.from("hello"));
    expect(await readFile(body.efsPath, "utf8")).toBe("hello");
  });

  test("is harmless when the bucket's notification brings the object back, before and after the answer", async () => {
    const echoes: unknown[] = [];
    harness.s3.onPut = async (key) => void echoes.push(await notify(harness, key));
    const { status, body } = await ingest(harness, { data: base64("hello"), fileId: "a/b" });
    expect([status, body.created]).toEqual([201, true]);
    echoes.push(await notify(harness, "models/a/b"));
    expect(echoes).toMatchObject([
      { ingested: [{ fileId: "a/b", created: true }] },
      { ingested: [{ fileId: "a/b", created: false }] },
    ]);
    expect(await harness.tree()).toEqual(["inputs/", "models/", "models/a/", "models/a/b", "outputs/"]);
    expect(harness.s3.requests.filter((request) => request.startsWith("PUT"))).toHaveLength(1);
  });

  test("answers 200 to the same data, and puts a missing object back", async () => {
    await ingest(harness, { data: base64("hello"), fileId: "a" });
    harness.s3.objects.clear();
    const { status, body } = await ingest(harness, { data: base64("hello"), fileId: "a" });
    expect([status, body.created]).toEqual([200, false]);
    expect(harness.s3.objects.get("models/a")).toEqual(Buffer.from("hello"));
  });

  test.each([
    ["of another size", "other"],
    ["of the same size", "HELLO"],
  ])("refuses a key that holds another object %s, and leaves both stores as they were", async (_what, other) => {
    harness.s3.objects.set("models/a", Buffer.from(other));
    const { status, body } = await ingest(harness, { data: base64("hello"), fileId: "a" });
    expect([status, body.error.code, body.error.stage]).toEqual([409, "CONFLICT", "store"]);
    expect(harness.s3.objects.get("models/a")).toEqual(Buffer.from(other));
    expect(await harness.tree()).toEqual(EMPTY_TREE);
  });

  test("refuses an id that EFS has another file for, before the bucket gets the object", async () => {
    await mkdir(join(harness.mount, "models"));
    await writeFile(join(harness.mount, "models/a"), "HELLO");
    const { status, body } = await ingest(harness, { data: base64("hello"), fileId: "a" });
    expect([status, body.error.code, body.error.stage]).toEqual([409, "CONFLICT", "publish"]);
    expect(harness.s3.requests).toEqual([]);
    expect(await readFile(join(harness.mount, "models/a"), "utf8")).toBe("HELLO");
  });

  test("takes a key that holds the same object already", async () => {
    harness.s3.objects.set("models/a", Buffer.from("hello"));
    const { status } = await ingest(harness, { data: base64("hello"), fileId: "a" });
    expect(status).toBe(201);
  });

  test("leaves EFS alone if the bucket refuses the object", async () => {
    harness.s3.faults.set("models/a", { refuse: { status: 403, code: "AccessDenied" } });
    const { status, body } = await ingest(harness, { data: base64("hello"), fileId: "a" });
    expect([status, body.error.code, body.error.stage]).toEqual([502, "S3_FAILED", "store"]);
    expect(body.error.message).toContain("AccessDenied");
    expect(await harness.tree()).toEqual(EMPTY_TREE);
  });

  test("takes base64 with line breaks, and a body that API Gateway encoded", async () => {
    const wrapped = base64("x".repeat(90)).replace(/(.{76})/g, "$1\n");
    const body = Buffer.from(JSON.stringify({ data: wrapped, fileId: "a" })).toString("base64");
    const answer = await ingest(harness, body, { base64: true });
    expect(answer.status).toBe(201);
    expect(await readFile(join(harness.mount, "models/a"), "utf8")).toBe("x".repeat(90));
  });

  test("of eight at once with two contents, one content wins and all of the other are refused", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        ingest(harness, { data: base64(index % 2 ? "odd!" : "even"), fileId: "a" }),
      ),
    );
    const kept = await readFile(join(harness.mount, "models/a"), "utf8");
    const accepted = answers.filter(({ status }) => status < 300);
    const refused = answers.filter(({ status }) => status === 409);
    expect(accepted).toHaveLength(4);
    expect(refused).toHaveLength(4);
    expect(new Set(accepted.map(({ body }) => body.sha256))).toEqual(new Set([sha256(kept)]));
    expect(harness.s3.objects.get("models/a")).toEqual(Buffer.from(kept));
    expect(await harness.tree()).toEqual(["inputs/", "models/", "models/a", "outputs/"]);
  });
});
