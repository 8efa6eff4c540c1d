import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { GatewayError } from "../errors";
import type { Caller } from "./authenticate";

type Limiter = RateLimiterMemory | RateLimiterRedis;

/** Requests per minute and key, counted in Redis for all gateway processes together; while it is away, in each process by itself. */
export class RateLimits {
  private readonly limiters = new Map<number, Limiter>();

  constructor(private readonly redis: Redis | undefined) {}

  /** @throws GatewayError rate_limit_exceeded, with the seconds until the next minute begins */
  async take({ id, requestsPerMinute }: Caller): Promise<void> {
    try {
      await this.limiter(requestsPerMinute).consume(id);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      const retryAfterSeconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
      const message = `More than ${requestsPerMinute} requests in a minute with this key. Try again in ${retryAfterSeconds} s.`;
      throw new GatewayError("rate_limit_exceeded", message, { retryAfterSeconds });
    }
  }

  private limiter(points: number): Limiter {
    let limiter = this.limiters.get(points);
    if (!limiter) {
      const options = { points, duration: 60, keyPrefix: "gateway:rate" };
      const alone = new RateLimiterMemory(options);
      limiter = this.redis
        ? new RateLimiterRedis({
            ...options,
            storeClient: this.redis,
            insuranceLimiter: alone,
            inMemoryBlockOnConsumed: points,
          })
        : alone;
      this.limiters.set(points, limiter);
    }
    return limiter;
  }
}
