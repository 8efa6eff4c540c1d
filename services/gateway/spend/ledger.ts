import type { Redis } from "ioredis";
import type { Log } from "../log";

/** Reads and raises in one step, so that requests which run together can't pass the cap together. */
const RESERVE = `
local spent = tonumber(redis.call("GET", KEYS[1]) or "0")
local after = spent + tonumber(ARGV[1])
if after > tonumber(ARGV[2]) then return -1 end
redis.call("SET", KEYS[1], string.format("%.0f", after), "EX", ARGV[3])
return after`;

const KEEP_SECONDS = 2 * 24 * 3600;

/** What was set aside for one request. */
export interface Reservation {
  /** Replaces the estimate by what it cost, in millionths of a dollar. Without it, because nobody knows, the estimate stays. */
  settle(microUsd: number): Promise<void>;
}

/**
 * What each key has spent on paid providers per day (UTC), in Redis, for all gateway processes together. The estimate is reserved before a
 * request goes out and settled afterwards, so neither many requests at once nor a process that dies can pass a cap.
 *
 * Without Redis nobody knows what was spent, so nothing may be.
 */
export class SpendLedger {
  constructor(
    private readonly redis: Redis | undefined,
    private readonly log: Log,
    private readonly now: () => number = Date.now,
  ) {}

  /** @returns undefined if the key's cap would be passed, or what it has spent can't be read */
  async reserve(keyId: string, usdPerDay: number, microUsd: number): Promise<Reservation | undefined> {
    if (!this.redis || usdPerDay <= 0) return undefined;
    const { redis } = this;
    const name = spendKey(keyId, this.now());
    try {
      const after = await redis.eval(RESERVE, 1, name, microUsd, Math.floor(usdPerDay * 1e6), KEEP_SECONDS);
      if (after === -1) return undefined;
    } catch (error) {
      this.log.warn(
        { key: keyId, error: String(error) },
        "What the key has spent can't be read: no paid provider for it",
      );
      return undefined;
    }
    let settled = false;
    return {
      settle: async (actual) => {
        if (settled) return;
        settled = true;
        try {
          await redis.incrby(name, Math.round(actual - microUsd));
        } catch (error) {
          this.log.warn(
            { key: keyId, error: String(error) },
            "What a request cost can't be written: its estimate stays",
          );
        }
      },
    };
  }

  /** Dollars that the key has spent today; undefined if it can't be read. */
  async spentToday(keyId: string): Promise<number | undefined> {
    try {
      return Number((await this.redis?.get(spendKey(keyId, this.now()))) ?? 0) / 1e6;
    } catch {
      return undefined;
    }
  }
}

function spendKey(keyId: string, now: number): string {
  return `gateway:spend:${keyId}:${day(now)}`;
}

/** `2026-11-21`, in UTC. */
export function day(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}
