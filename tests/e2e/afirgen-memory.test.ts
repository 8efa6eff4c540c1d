import { setTimeout as sleep } from "node:timers/promises";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningBackend, startBackend } from "../../local/afirgen/backend";
import { firClient } from "../../local/afirgen/client";
import { statement } from "../../local/afirgen/statements";
import { type MariaDb, startMariaDb } from "../../local/servers/maria-db";
import { Hog, killFirst, limitMemory } from "../support/afirgen/memory-limit";
import { modelAnswer } from "../support/afirgen/model-answers";
import { type OpenAIServer, startOpenAIServer } from "../support/gateway/openai-server";

/** Like the container's limit, with room for the process that takes the memory. */
const limitMb = 500;
const limit = limitMemory(limitMb);
if (!limit) console.error("No memory cgroup can be made here (it takes root): queue and out-of-memory are not tried.");

let database: MariaDb;
let model: OpenAIServer;
let backend: RunningBackend;
let hog: Hog;
let api: ReturnType<typeof firClient>;

/** The model's part is played: what is tried is the backend, in a cgroup whose memory another process takes away. */
describe.skipIf(!limit)("the backend when memory is short", () => {
  beforeAll(async () => {
    if (!limit) return;
    database = await startMariaDb();
    model = await startOpenAIServer("gguf_summariser");
    model.behave((_, seen) => ({ kind: "answer", text: modelAnswer(seen) }));
    hog = new Hog(limit);
    backend = await startBackend(
      {
        ...database.variables,
        ...{ MODEL_BASE_URL: model.url, ASR_OCR_BASE_URL: model.url, MEMORY_CHECK_SECONDS: "0.1" },
        // Half of it is what a busy machine may take for a start of the process.
        QUEUE_ABANDONED_SECONDS: "20",
      },
      {
        onStart: (pid) => {
          limit.add(pid);
          killFirst(pid, 1000);
        },
      },
    );
    api = firClient(backend.url);
  });
  afterAll(async () => {
    await backend?.stop();
    hog?.stop();
    await model?.stop();
    await database?.dispose();
    await limit?.dispose();
  });

  const health = async () =>
    (await fetch(`${backend.url}/health`)).json() as Promise<{ memoryPercent: number; accepting: boolean }>;

  /** Lets the other process take so much that the backend reads the percentage. The backend's own share moves meanwhile, so it takes several turns. */
  const fillTo = async (percent: number) => {
    await expect
      .poll(
        async () => {
          await sleep(300);
          const { memoryPercent } = await health();
          const off = percent - memoryPercent;
          if (Math.abs(off) >= 3) await hog.hold(Math.max(0, hog.held + Math.round((off * limitMb) / 100)));
          return Math.abs(off);
        },
        { timeout: 30_000 },
      )
      .toBeLessThan(3);
  };

  test("[afirgen P5] above 85 % FIRs wait and are told their place, the eleventh gets 503, below 80 % all go on", async () => {
    await fillTo(91);
    await expect.poll(async () => (await health()).accepting).toBe(false);
    const answers: Response[] = [];
    for (let index = 0; index < 11; index += 1) answers.push(await api.text(`${statement} ${index}`));
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(202), 503]);
    expect(answers[10]?.headers.get("retry-after")).toBe("30");
    expect(await answers[10]?.json()).toMatchObject({ error: { code: "queue_full" } });
    const bodies = (await Promise.all(answers.slice(0, 10).map((answer) => answer.clone().json()))) as {
      id: string;
      position: number;
    }[];
    expect(bodies.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

    // Who leaves makes room, and the others move up.
    const [first, second] = bodies;
    expect((await api.cancel(first?.id ?? "")).status).toBe(200);
    expect(await api.get(second?.id ?? "")).toMatchObject({ status: "waiting", position: 1 });
    const late = await api.text(`${statement} late`);
    expect(late.status).toBe(202);

    // Between the two limits nothing goes on.
    await fillTo(82.5);
    await sleep(500);
    expect(await api.get(second?.id ?? "")).toMatchObject({ status: "waiting", position: 1 });
    expect(model.seen).toHaveLength(0);

    await hog.hold(0);
    const ended = await Promise.all([...answers.slice(1, 10), late].map((answer) => api.end(answer, 60)));
    expect(ended.map(({ status }) => status)).toEqual(Array(10).fill("done"));
    expect(await api.get(first?.id ?? "")).toMatchObject({ status: "cancelled" });
    expect(model.running.most).toBeLessThanOrEqual(3);
    const said = backend.lines().map(({ message }) => message);
    expect(said).toEqual(expect.arrayContaining(["memory is short: FIRs wait", "memory is free again: FIRs go on"]));
  });

  test("[afirgen P10] the kernel ends it for lack of memory: it is there again within 30 s and goes on with the FIR", async () => {
    model.behave((_, seen) => ({ kind: "answer", text: modelAnswer(seen), delayMs: 4_000 }));
    const before = backend.supervisor.endings.length;
    const answer = await api.text(`${statement} Before the crash.`);
    const { id } = (await answer.clone().json()) as { id: string };
    await expect.poll(async () => (await api.get(id)).status).toBe("working");
    await fillTo(94);
    await expect.poll(() => backend.lines().some(({ message }) => message === "memory is nearly full")).toBe(true);
    // More than there is.
    await hog.hold(limitMb - 40);
    await expect.poll(() => backend.supervisor.endings.length, { timeout: 20_000 }).toBeGreaterThan(before);
    const ending = backend.supervisor.endings[before];
    expect(ending?.exitCode).toBe(137);
    await hog.hold(0);

    await expect.poll(async () => (await health().catch(() => undefined))?.accepting, { timeout: 30_000 }).toBe(true);
    const downMs = Date.now() - (ending?.at ?? 0);
    console.error(`Out of memory: exit code 137, answering again after ${downMs} ms`);
    expect(downMs).toBeLessThan(30_000);
    expect(await api.end(answer, 60)).toMatchObject({ status: "done" });
    const { DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = database.variables;
    const sql = await createConnection({
      host: "127.0.0.1",
      port: Number(DB_PORT),
      user: DB_USER,
      password: DB_PASSWORD,
      database: DB_NAME,
    });
    const [rows] = await sql.query("SELECT attempts FROM fir WHERE id = ?", [id]);
    await sql.end();
    expect(rows).toEqual([{ attempts: 2 }]);
  });

  test("a caller that stops asking loses its place", async () => {
    await fillTo(91);
    await expect.poll(async () => (await health()).accepting).toBe(false);
    const gone = (await (await api.text(`${statement} I leave.`)).json()) as { id: string };
    const stays = (await (await api.text(`${statement} I stay.`)).json()) as { id: string };
    // It asks all the time; the other does not.
    await expect.poll(async () => (await api.get(stays.id)).position, { timeout: 40_000, interval: 1000 }).toBe(1);
    expect(await api.get(gone.id)).toMatchObject({ status: "cancelled" });
    await hog.hold(0);
    await expect.poll(async () => (await api.get(stays.id)).status, { timeout: 30_000 }).toBe("done");
  });
});
