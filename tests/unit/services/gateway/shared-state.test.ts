import { type AddressInfo, connect, createServer } from "node:net";
import { pipeline } from "node:stream";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startRedis } from "../../../../local/servers/redis";
import type { LocalServer } from "../../../../local/servers/server";
import type { Caller } from "../../../../services/gateway/auth/authenticate";
import { Controls } from "../../../../services/gateway/auth/controls";
import { RateLimits } from "../../../../services/gateway/auth/rate-limits";
import { BreakerBoard } from "../../../../services/gateway/breaker/board";
import { ProviderError } from "../../../../services/gateway/errors";
import { silent } from "../../../../services/gateway/log";
import { openRedis } from "../../../../services/gateway/redis";
import { readSettings } from "../../../../services/gateway/settings";
import { SpendLedger } from "../../../../services/gateway/spend/ledger";
import { startGateway } from "../../../support/gateway/running";
import { vllm } from "./router-fixtures";

let server: LocalServer;
const connections: Redis[] = [];
const warnings: string[] = [];
const log = { ...silent, warn: (_: object, message: string) => warnings.push(message) };

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.dispose());
beforeEach(async () => {
  warnings.length = 0;
  await (await connection()).flushall();
});
afterEach(() => {
  for (const one of connections.splice(0)) one.disconnect();
});

async function connection(): Promise<Redis> {
  const redis = openRedis({ REDIS_URL: server.url, REDIS_AUTH_TOKEN: undefined, REDIS_TIMEOUT_MS: 5_000 }, log);
  if (!redis) throw new Error("no URL");
  connections.push(redis);
  if (redis.status !== "ready") await new Promise((resolve) => redis.once("ready", resolve));
  return redis;
}

const down = () => Promise.reject(new ProviderError("overloaded", "too busy"));
const up = async () => "answer";

describe("a gateway that has just started", () => {
  const redisOf = async (REDIS_URL: string) => {
    const gateway = await startGateway({ REDIS_URL, OLLAMA_BASE_URL: "http://127.0.0.1:1/v1", OLLAMA_MODEL: "any" });
    const { status } = gateway.parts.health.get("redis");
    await gateway.stop();
    return status;
  };

  test("has its Redis, even one that lets it wait", async () => {
    const door = createServer((socket) => {
      setTimeout(() => pipeline(socket, connect(server.port, "127.0.0.1"), socket, () => {}), 200);
    });
    await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
    expect(await redisOf(`redis://127.0.0.1:${(door.address() as AddressInfo).port}`)).toBe("healthy");
    door.close();
  });

  test("does not wait for one that is away", async () => {
    expect(await redisOf("redis://127.0.0.1:1")).toBe("unhealthy");
  });
});

describe("circuits of several gateway processes", () => {
  const boards: BreakerBoard[] = [];
  afterEach(async () => {
    for (const one of boards.splice(0)) await one.stop();
  });

  /** A board as another process would have it, with the same replica under another number. */
  async function board(redis: Redis | undefined, openMs = 60_000, mirrored = false) {
    const chain = vllm(2);
    const targets = mirrored ? [...chain.targets].reverse() : chain.targets;
    const one = new BreakerBoard({ targets, failures: 3, openMs, redis, log });
    boards.push(one);
    await one.start();
    const [target] = chain.targets;
    if (!target) throw new Error("no replica");
    return one.of(target);
  }

  test("what one opens is open for all, for those that start later too, and what one closes is closed", async () => {
    const [one, two] = [await board(await connection(), 300), await board(await connection(), 300, true)];
    for (let time = 0; time < 3; time++) await one.run(down).catch(() => {});
    await expect.poll(() => two.state).toBe("open");
    expect(two.reason).toBe("too busy");
    const three = await board(await connection(), 300);
    expect(three.state).toBe("open");

    await expect.poll(() => two.usable).toBe(true);
    expect(await two.run(up)).toBe("answer");
    await expect.poll(() => [one.state, three.state]).toEqual(["closed", "closed"]);
  });

  test("of all processes one probes", async () => {
    const [one, two] = [await board(await connection(), 200), await board(await connection(), 200)];
    one.trip("notice");
    await expect.poll(() => two.state).toBe("open");
    await expect.poll(() => one.usable && two.usable).toBe(true);
    let finish = (_: string) => {};
    const probe = one.run(() => new Promise<string>((resolve) => (finish = resolve)));
    await expect.poll(() => one.state).toBe("half-open");
    await expect(two.run(up)).rejects.toThrow("circuit is open");
    finish("fine");
    await probe;
    await expect.poll(() => two.state).toBe("closed");
  });

  test("goes on alone, with one warning, while Redis is away, and shares again when it is back", async () => {
    const [first, second] = [await connection(), await connection()];
    const [one, two] = [await board(first), await board(second)];
    const away = () => warnings.filter((text) => text.startsWith("Redis is away")).length;
    try {
      await server.stop();
      await expect.poll(away).toBe(connections.length);
      for (let time = 0; time < 3; time++) await one.run(down).catch(() => {});
      expect([one.state, two.state]).toEqual(["open", "closed"]);
    } finally {
      await server.start();
    }
    await expect.poll(() => [first.status, second.status], { timeout: 10_000 }).toEqual(["ready", "ready"]);
    await expect.poll(() => two.state, { timeout: 10_000 }).toBe("open");
    expect(away()).toBe(connections.length);
  });

  test("learns what was said while it could not listen", async () => {
    const [one, two] = [await board(await connection()), await board(await connection())];
    await (await connection()).call("CLIENT", "KILL", "TYPE", "pubsub");
    one.trip("notice");
    await expect.poll(() => two.state).toBe("open");
  });

  test("needs no Redis at all", async () => {
    const one = await board(undefined, 1);
    one.trip("notice");
    await expect.poll(() => one.usable).toBe(true);
    expect(await one.run(up)).toBe("answer");
  });
});

describe("spend cap per key and day", () => {
  const noon = Date.UTC(2026, 10, 21, 12);

  test("estimates count until they are settled, and all processes count together", async () => {
    const [one, two] = [new SpendLedger(await connection(), log), new SpendLedger(await connection(), log)];
    const first = await one.reserve("team-a", 1, 600_000);
    expect(first).toBeDefined();
    expect(await two.reserve("team-a", 1, 600_000)).toBeUndefined();
    await first?.settle(100_000);
    await first?.settle(100_000);
    expect(await two.spentToday("team-a")).toBe(0.1);
    expect(await two.reserve("team-a", 1, 900_000)).toBeDefined();
    expect(await two.reserve("team-a", 1, 1)).toBeUndefined();
    expect(await two.reserve("team-b", 1, 1_000_000)).toBeDefined();
  });

  test("of many at once, only those that fit", async () => {
    const ledger = new SpendLedger(await connection(), log);
    const all = await Promise.all(Array.from({ length: 50 }, () => ledger.reserve("team-a", 0.01, 1000)));
    expect(all.filter(Boolean)).toHaveLength(10);
  });

  test("a new day begins at midnight UTC", async () => {
    let now = noon;
    const ledger = new SpendLedger(await connection(), log, () => now);
    await ledger.reserve("team-a", 1, 1_000_000);
    expect(await ledger.reserve("team-a", 1, 1)).toBeUndefined();
    now = Date.UTC(2026, 10, 22);
    expect(await ledger.reserve("team-a", 1, 1)).toBeDefined();
  });

  test("nothing is spent when nobody can know how much, or by a key that may not", async () => {
    expect(await new SpendLedger(undefined, log).reserve("team-a", 1, 1)).toBeUndefined();
    const redis = await connection();
    expect(await new SpendLedger(redis, log).reserve("anonymous", 0, 0)).toBeUndefined();
    redis.disconnect();
    expect(await new SpendLedger(redis, log).reserve("team-a", 1, 1)).toBeUndefined();
    expect(warnings.at(-1)).toContain("no paid provider");
  });
});

const caller: Caller = { id: "team-a", requestsPerMinute: 3, usdPerDay: 1, private: false, admin: false };

describe("requests per minute", () => {
  const take = async (limits: RateLimits, times: number) => {
    const results = [];
    for (let time = 0; time < times; time++)
      results.push(
        await limits.take(caller).then(
          () => "in",
          (error: unknown) => error,
        ),
      );
    return results;
  };

  test("all processes count together; the error says how long to wait", async () => {
    const [one, two] = [new RateLimits(await connection()), new RateLimits(await connection())];
    expect(await take(one, 2)).toEqual(["in", "in"]);
    const [third, fourth] = await take(two, 2);
    expect(third).toBe("in");
    expect(fourth).toMatchObject({ code: "rate_limit_exceeded", status: 429 });
    expect(await take(one, 1)).toMatchObject([{ details: { retryAfterSeconds: expect.any(Number) } }]);
    await one.take({ ...caller, id: "team-b" });
  });

  test("each process counts by itself without Redis, or while it is away", async () => {
    const redis = await connection();
    redis.disconnect();
    for (const limits of [new RateLimits(undefined), new RateLimits(redis)]) {
      expect(await take(limits, 4)).toMatchObject(["in", "in", "in", { code: "rate_limit_exceeded" }]);
    }
  });
});

describe("controls over agents", () => {
  const settings = (more = {}) =>
    readSettings({ OLLAMA_BASE_URL: "http://o/v1", OLLAMA_MODEL: "m", ALLOW_ANONYMOUS: "true", ...more });
  const task = { risk: "medium", kind: undefined, confidence: undefined, approvedBy: undefined } as const;
  const check = (more: object, own = {}, redis?: Redis) =>
    new Controls(settings(own), redis).check(caller, { ...task, ...more }).then(
      () => "allowed",
      ({ code, message }) => `${code}: ${message}`,
    );

  test("a task of high risk needs a person, or autonomous mode and confidence", async () => {
    expect(await check({})).toBe("allowed");
    expect(await check({ risk: "high" })).toContain("forbidden: Autonomous mode is off");
    expect(await check({ risk: "high", approvedBy: "ada" })).toBe("allowed");
    const autonomous = { ENABLE_AUTONOMOUS_MODE: "true" };
    expect(await check({ risk: "high" }, autonomous)).toBe("allowed");
    expect(await check({ risk: "high", confidence: 0.79 }, autonomous)).toContain("confidence of 0.8 or more");
    expect(await check({ risk: "high", confidence: 0.8 }, autonomous)).toBe("allowed");
  });

  test("self-modification is off, or so many a day", async () => {
    const evolve = { kind: "self-modification" };
    const on = { ENABLE_SELF_MODIFICATION: "true", EVOLUTIONS_PER_DAY: "2" };
    expect(await check(evolve)).toContain("forbidden: Self-modification is off");
    const redis = await connection();
    expect([await check(evolve, on, redis), await check(evolve, on, redis)]).toEqual(["allowed", "allowed"]);
    expect(await check(evolve, on, redis)).toContain("had its 2 self-modifications");
    expect(await check(evolve, on)).toContain("unavailable: ");
  });
});
