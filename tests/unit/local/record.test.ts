import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type EmulatorRecord, emulatorPaths, readRecord, writeRecord } from "../../../local/record";

const record: EmulatorRecord = {
  instance: "a",
  pid: 12,
  port: 4566,
  version: "1.5.33",
  build: "0123456789abcdef",
  startedAt: "2026-01-02T03:04:05.000Z",
  workDir: "/tmp/x",
};

function folder() {
  return emulatorPaths(mkdtempSync(join(tmpdir(), "record-")));
}

test("a record reads back as it was written", async () => {
  const paths = folder();
  expect(await readRecord(paths)).toBeUndefined();
  await writeRecord(paths, record);
  expect(await readRecord(paths)).toEqual(record);
});

test.each(["{", "{}", JSON.stringify({ ...record, port: 0 }), JSON.stringify({ ...record, pid: "12" })])(
  "a spoilt record is named, not guessed at: %s",
  async (text) => {
    const paths = folder();
    writeFileSync(paths.record, text);
    await expect(readRecord(paths)).rejects.toMatchObject({
      name: "UserError",
      message: `${paths.record} can't be understood.`,
    });
  },
);

test("a record from before there were build ids still finds its process", async () => {
  const paths = folder();
  const { build: _, ...older } = record;
  writeFileSync(paths.record, JSON.stringify(older));
  expect(await readRecord(paths)).toEqual({ ...older, build: "" });
});
