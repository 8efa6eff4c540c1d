import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleFile } from "../../components/serverless/bundle";
import { backendEntry } from "../../local/afirgen/backend";
import { type MariaDb, startMariaDb } from "../../local/servers/maria-db";
import { Database } from "../../services/afirgen/backend/database";
import { readSettings } from "../../services/afirgen/backend/settings";
import { Store } from "../../services/afirgen/backend/store";

const run = promisify(execFile);
const others = { MODEL_BASE_URL: "http://127.0.0.1:9/v1", ASR_OCR_BASE_URL: "http://127.0.0.1:9/v1" };
const day = 86_400_000;

let server: MariaDb;
let database: Database;

beforeAll(async () => {
  server = await startMariaDb();
  database = new Database({ settings: readSettings({ ...server.variables, ...others }) });
});
afterAll(async () => {
  await database?.close();
  await server?.dispose();
});

test("tables are made by several at once, and once", async () => {
  const more = [1, 2, 3].map(() => new Database({ settings: readSettings({ ...server.variables, ...others }) }));
  await Promise.all([database, ...more].map((each) => each.migrate()));
  await Promise.all(more.map((each) => each.close()));
  expect(await database.rows("SELECT version FROM schema_migrations")).toEqual([{ version: 1 }]);
});

test("[afirgen P8] a hundred statements at once share five connections, and those are given back", async () => {
  const [before] = await database.rows<{ connections: number }>(
    "SELECT COUNT(*) AS connections FROM information_schema.PROCESSLIST WHERE USER = 'afirgen'",
  );
  expect(Number(before?.connections)).toBeLessThanOrEqual(5);
  const counts = await Promise.all(
    Array.from({ length: 100 }, () =>
      database.rows<{ connections: number }>(
        "SELECT COUNT(*) AS connections FROM information_schema.PROCESSLIST WHERE USER = 'afirgen' AND SLEEP(0.02) = 0",
      ),
    ),
  );
  expect(Math.max(...counts.map(([row]) => Number(row?.connections)))).toBe(5);
  expect(database.connections).toBe(5);
});

test("[afirgen P3] `backend.cjs cleanup` deletes what is old and archived once the database is too large, and only then", async () => {
  const now = Date.now();
  const at = (days: number) => new Store(database, () => new Date(now - days * day));
  const add = async (archivedDays: number | undefined, createdDays: number) => {
    const id = randomUUID();
    await at(createdDays).add({ id, source: "text", statement: "x".repeat(100) });
    await at(createdDays).fail(id, "for the test");
    await at(createdDays).addValidation(id, { stage: "draft", attempt: 1, mistakes: ["incident: is too short"] });
    if (archivedDays !== undefined) expect(await at(archivedDays).archive(id)).toBe(true);
    return id;
  };
  const old = await add(181, 400);
  const kept = [await add(179, 400), await add(undefined, 400), await add(undefined, 89)].sort();
  const cleanup = async (above: string) => {
    const env = { PATH: process.env["PATH"], ...server.variables, ...others, DB_CLEANUP_ABOVE_GB: above };
    const { stdout } = await run(process.execPath, [bundleFile(backendEntry).path, "cleanup"], { env });
    return JSON.parse(stdout.trim()) as Record<string, unknown>;
  };
  const left = async () => (await database.rows<{ id: string }>("SELECT id FROM fir ORDER BY id")).map(({ id }) => id);

  expect(await cleanup("18")).toMatchObject({ message: "cleanup is not needed", bytes: await database.sizeBytes() });
  expect(await left()).toEqual([old, ...kept].sort());
  expect(await cleanup("0")).toMatchObject({ level: "warn", validations: 3, firs: 1 });
  expect(await left()).toEqual(kept);
  expect(await database.rows("SELECT COUNT(*) AS rows_left FROM validation_history")).toEqual([{ rows_left: 1 }]);
});

test("what has not ended can't be archived, and a page of the list goes on where the last one ended", async () => {
  const store = new Store(database);
  const id = randomUUID();
  await store.add({ id, source: "image", upload: { name: "upload.png", type: "image/png" } });
  expect(await store.archive(id)).toBe(false);
  expect((await store.unfinished()).map((each) => each.id)).toEqual([id]);
  const [first, second] = await store.list({ limit: 2, before: undefined, archived: false });
  expect(first?.id).toBe(id);
  const [next] = await store.list({ limit: 1, before: first?.createdAt, archived: false });
  expect(next?.id).toBe(second?.id);
});

test("a wrong password ends the start at once, and nothing of it is told", async () => {
  const env = {
    PATH: process.env["PATH"],
    ...server.variables,
    ...others,
    DB_PASSWORD: "wrong-password-here",
    KB_FOLDER: "services/afirgen/kb",
    SESSIONS_FOLDER: "/tmp",
  };
  const failed = await run(process.execPath, [bundleFile(backendEntry).path], { env }).catch(
    (error: unknown) => error as { code: number; stderr: string },
  );
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("ER_ACCESS_DENIED_ERROR") });
  expect(failed.stderr).not.toContain("wrong-password-here");
});
