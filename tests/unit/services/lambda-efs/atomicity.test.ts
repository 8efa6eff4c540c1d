import { createHash } from "node:crypto";
import { mkdir, open, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fc, test as prop } from "@fast-check/vitest";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { parseFileId } from "../../../../services/lambda-efs/lib/file-id";
import { ensureDirectories, STALE_AFTER_MS } from "../../../../services/lambda-efs/lib/mount";
import { openForReading, publishNew, publishOver, withStaged } from "../../../../services/lambda-efs/lib/publish";
import { EMPTY_TREE, type Harness, ingest, predict, startHarness, tree } from "./harness";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

const limits = { maxBytes: 1 << 20, fileId: parseFileId("a") };
const files = async () => (await harness.tree()).filter((path) => !path.endsWith("/"));

describe("either the complete file is there or nothing is", () => {
  prop.prop(
    [
      fc.uint8Array({ minLength: 1, maxLength: 200_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom("models/", "inputs/"),
    ],
    { numRuns: 40 },
  )("[producer] for any bytes and any point where the source breaks off", async (content, at, prefix) => {
    await harness.reset();
    const cutAfter = Math.floor(at * content.length);
    const bytes = Buffer.from(content);
    harness.s3.objects.set(`${prefix}dir/a`, bytes);
    if (cutAfter < bytes.length) harness.s3.faults.set(`${prefix}dir/a`, { cutAfter });
    const { status } = await ingest(harness, { key: `${prefix}dir/a` });
    if (cutAfter === bytes.length) {
      expect(status).toBe(201);
      expect(await files()).toEqual(["models/dir/a"]);
      expect(bytes.equals(await readFile(join(harness.mount, "models/dir/a")))).toBe(true);
    } else {
      expect(status).toBe(502);
      expect(await harness.tree()).toEqual(EMPTY_TREE);
    }
  });

  prop.prop([fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { minLength: 1, maxLength: 20 }), fc.nat(20)], {
    numRuns: 60,
  })("[publish] for any chunks, and any chunk after which the source throws", async (parts, breakAt) => {
    await harness.reset();
    await ensureDirectories(harness.mount);
    const target = join(harness.mount, "models/a");
    async function* source() {
      for (const [index, part] of parts.entries()) {
        if (index === breakAt) throw new Error("source broke");
        yield part;
      }
    }
    const run = withStaged(harness.mount, source(), limits, (staged) => publishNew(staged, target, limits.fileId));
    if (breakAt < parts.length) {
      await expect(run).rejects.toMatchObject({ code: "INTERNAL", cause: { message: "source broke" } });
      expect(await harness.tree()).toEqual(EMPTY_TREE);
    } else {
      await expect(run).resolves.toBe("created");
      expect(await files()).toEqual(["models/a"]);
      expect((await readFile(target)).equals(Buffer.concat(parts))).toBe(true);
    }
  });

  test("a file is complete before it is published, and no other place has it", async () => {
    await ensureDirectories(harness.mount);
    const content = Buffer.alloc(100_000, 3);
    await withStaged(harness.mount, [content, content], limits, async (staged) => {
      expect((await readFile(staged.path)).length).toBe(200_000);
      expect(staged.sha256).toBe(createHash("sha256").update(content).update(content).digest("hex"));
      expect(await harness.tree()).toEqual([
        "inputs/",
        expect.stringMatching(/^inputs\/[0-9a-f-]{36}\.part$/),
        "models/",
        "outputs/",
      ]);
    });
    expect(await harness.tree()).toEqual(EMPTY_TREE);
  });

  test("a disk that takes the bytes and then fails to keep them", async () => {
    await ensureDirectories(harness.mount);
    const handle = await open(join(harness.base, "any"), "w");
    const full = Object.assign(new Error("EDQUOT: quota exceeded, fsync"), { code: "EDQUOT", syscall: "fsync" });
    const sync = vi.spyOn(Object.getPrototypeOf(handle), "sync").mockRejectedValueOnce(full);
    await handle.close();
    try {
      const { status, body } = await ingest(harness, { data: "YWJj", fileId: "a" });
      expect([status, body.error.code, body.error.stage]).toEqual([500, "MOUNT_FULL", "write"]);
      expect(await harness.tree()).toEqual(EMPTY_TREE);
      expect((await ingest(harness, { data: "YWJj", fileId: "a" })).status).toBe(201);
      expect(sync).toHaveBeenCalledTimes(2);
    } finally {
      sync.mockRestore();
      await rm(join(harness.base, "any"));
    }
  });

  test("a source shorter or longer than announced is refused", async () => {
    await ensureDirectories(harness.mount);
    for (const expectedBytes of [2, 4]) {
      const run = withStaged(
        harness.mount,
        [Buffer.from("abc")],
        { ...limits, expectedBytes },
        async () => "published",
      );
      await expect(run).rejects.toMatchObject({ code: "S3_FAILED", stage: "fetch" });
    }
    expect(await harness.tree()).toEqual(EMPTY_TREE);
  });
});

test("of many at once, publishNew creates for exactly one and never replaces", async () => {
  await ensureDirectories(harness.mount);
  const target = join(harness.mount, "models/a");
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      withStaged(harness.mount, [Buffer.from(`content ${index % 4}`)], limits, (staged) =>
        publishNew(staged, target, limits.fileId),
      ).catch((error: { code: string }) => error.code),
    ),
  );
  const count = (outcome: string) => outcomes.filter((one) => one === outcome).length;
  expect([count("created"), count("existing"), count("CONFLICT")]).toEqual([1, 4, 15]);
});

test("publishOver replaces what is there", async () => {
  await ensureDirectories(harness.mount);
  const target = join(harness.mount, "outputs/a.result");
  for (const text of ["one", "two"]) {
    await withStaged(harness.mount, [Buffer.from(text)], limits, (staged) =>
      publishOver(staged, target, limits.fileId),
    );
    expect(await readFile(target, "utf8")).toBe(text);
  }
});

test("parts that killed runs left behind go after ten minutes; younger ones and other files stay", async () => {
  const inputs = join(harness.mount, "inputs");
  await mkdir(inputs);
  const seconds = (ageMs: number) => (Date.now() - ageMs) / 1000;
  for (const [name, ageMs] of [
    ["old.part", STALE_AFTER_MS + 5000],
    ["young.part", STALE_AFTER_MS - 60_000],
    ["old.txt", 9e8],
  ] as const) {
    await writeFile(join(inputs, name), "x");
    await utimes(join(inputs, name), seconds(ageMs), seconds(ageMs));
  }
  await ensureDirectories(harness.mount);
  expect(await tree(inputs)).toEqual(["old.txt", "young.part"]);
});

test("a file that becomes a link between look and open is not followed", async () => {
  await ensureDirectories(harness.mount);
  await symlink("/dev/null", join(harness.mount, "models/a"));
  await expect(openForReading(join(harness.mount, "models/a"))).rejects.toMatchObject({ code: "ELOOP" });
});

describe("nothing is read or written outside the mount", () => {
  const nasty = fc
    .array(
      fc.constantFrom(
        "..",
        ".",
        "",
        "a",
        "mnt",
        "secret",
        "models",
        "outputs",
        "inputs",
        "a.result",
        "\0",
        "%2e%2e",
        "\\",
        " ",
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    .map((parts) => parts.join("/"));
  const anyId = fc.oneof({ weight: 3, arbitrary: nasty }, { weight: 1, arbitrary: fc.string({ unit: "binary" }) });

  prop.prop([anyId], { numRuns: 150 })("for any file id", async (fileId) => {
    await harness.reset();
    await rm(join(harness.base, "secret"), { force: true });
    await writeFile(join(harness.base, "secret"), "secret");
    await mkdir(join(harness.mount, "outputs"));
    await writeFile(join(harness.mount, "outputs/secret"), "secret");
    const outside = async () => (await tree(harness.base)).filter((path) => !path.startsWith("mnt/"));
    const before = await outside();

    const read = await predict(harness, { fileId });
    expect(JSON.stringify(read.body)).not.toContain(createHash("sha256").update("secret").digest("hex"));
    expect([400, 404]).toContain(read.status);
    const written = await ingest(harness, { data: "YWJj", fileId });
    expect([201, 400]).toContain(written.status);
    harness.s3.objects.set(`models/${fileId}`, Buffer.from("abc"));
    expect([200, 400]).toContain((await ingest(harness, { key: `models/${fileId}` })).status);

    expect(await outside()).toEqual(before);
    expect(await readFile(join(harness.base, "secret"), "utf8")).toBe("secret");
    const places = (await files()).filter((path) => path !== "outputs/secret");
    expect(places).toEqual(written.status === 201 ? [`models/${fileId}`] : []);
  });
});
