import { Redis } from "ioredis";
import type { Log } from "./log";
import type { Settings } from "./settings";

type RedisSettings = Pick<Settings, "REDIS_URL" | "REDIS_AUTH_TOKEN" | "REDIS_TIMEOUT_MS">;

/**
 * A connection to Redis that never makes a request wait: while Redis is away each command fails at once, and connecting goes on in the background.
 * An outage is one warning, its end one line.
 */
export function openRedis(settings: RedisSettings, log: Log): Redis | undefined {
  if (settings.REDIS_URL === undefined) return undefined;
  const redis = new Redis(settings.REDIS_URL, {
    ...(settings.REDIS_AUTH_TOKEN === undefined ? {} : { password: settings.REDIS_AUTH_TOKEN }),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: settings.REDIS_TIMEOUT_MS,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 10), 2_000),
  });
  warnOnce(redis, log);
  return redis;
}

/** Waits until a first connection stands or has failed: before that Redis would count as away, and what is asked at once would be refused. */
export async function firstConnection(redis: Redis): Promise<void> {
  if (redis.status === "ready") return;
  await new Promise<void>((resolve) => {
    for (const event of ["ready", "error", "end"]) redis.once(event, () => resolve());
  });
}

/** A second connection, for what a server may only tell to one that does nothing else. What it hears is to be asked for at each "ready". */
export function openSubscriber(redis: Redis): Redis {
  const subscriber = redis.duplicate({ maxRetriesPerRequest: null, autoResubscribe: false });
  // The first connection tells of outages.
  subscriber.on("error", () => {});
  return subscriber;
}

function warnOnce(redis: Redis, log: Log): void {
  let away = false;
  redis.on("error", (error: Error) => {
    if (away) return;
    away = true;
    log.warn(
      { error: error.message },
      "Redis is away: each gateway process counts by itself, and providers that cost money are not asked",
    );
  });
  redis.on("ready", () => {
    if (away) log.info({}, "Redis is back");
    away = false;
  });
}
