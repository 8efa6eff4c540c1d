import { hash, randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { Log } from "../log";
import { openSubscriber } from "../redis";
import type { Target } from "../router/providers";
import { Breaker, type BreakerChange } from "./breaker";

export interface BoardOptions {
  readonly targets: readonly Target[];
  readonly failures: number;
  readonly openMs: number;
  /** Shares the states with other gateway processes. Without it this one is alone. */
  readonly redis: Redis | undefined;
  readonly log: Log;
  readonly onChange?: (target: Target, change: BreakerChange) => void;
}

const CHANNEL = "gateway:circuits";

const sharedSchema = z.discriminatedUnion("state", [
  z.object({ state: z.literal("open"), openedAt: z.number(), reason: z.string() }),
  z.object({ state: z.literal("closed") }),
]);
type Shared = z.infer<typeof sharedSchema>;
const messageSchema = z.object({ from: z.string(), key: z.string(), change: sharedSchema });

/**
 * The circuits of all targets, shared between gateway processes over Redis: what one opens or closes, all do; what is open when a process
 * starts is open for it too; and of all processes one probes. A target is known by its address, so processes may number replicas differently.
 *
 * Without Redis, or while it is away, every process goes by what it sees itself; when Redis is back they exchange their states.
 */
export class BreakerBoard {
  private readonly breakers = new Map<Target, Breaker>();
  private readonly byKey = new Map<string, Breaker>();
  private readonly own = randomUUID();
  private subscriber: Redis | undefined;

  constructor(private readonly options: BoardOptions) {
    for (const target of options.targets) {
      const key = keyOf(target);
      const breaker = new Breaker({
        failures: options.failures,
        openMs: options.openMs,
        onChange: (change) => this.changed(target, key, change),
        mayProbe: () => this.mayProbe(key),
      });
      this.breakers.set(target, breaker);
      this.byKey.set(key, breaker);
    }
  }

  of(target: Target): Breaker {
    const breaker = this.breakers.get(target);
    if (!breaker) throw new RangeError(`${target.id} is not on the board.`);
    return breaker;
  }

  /** Begins to share; returns when the states that others have were read, or could not be. */
  async start(): Promise<void> {
    const { redis } = this.options;
    if (!redis) return;
    const subscriber = openSubscriber(redis);
    this.subscriber = subscriber;
    subscriber.on("message", (_, text: string) => this.heard(text));
    // After an outage too, messages of that time are lost: states are exchanged once both connections are back, whichever is the last.
    redis.on("ready", this.exchange);
    const tried = new Promise<void>((resolve) => {
      subscriber.on("ready", () =>
        subscriber
          .subscribe(CHANNEL)
          .catch(() => {})
          .then(this.exchange)
          .then(resolve),
      );
      subscriber.once("close", () => resolve());
    });
    if (redis.status === "ready") await tried;
  }

  async stop(): Promise<void> {
    this.options.redis?.off("ready", this.exchange);
    this.subscriber?.disconnect();
  }

  private readonly exchange = async (): Promise<void> => {
    const { redis } = this.options;
    for (const [key, breaker] of this.byKey) {
      const { state, openedAt, reason } = breaker;
      if (state === "open") this.tell(key, { state, openedAt, reason });
      const text = await redis?.get(stateKey(key)).catch(() => undefined);
      if (typeof text !== "string") continue;
      const change = sharedSchema.safeParse(parseJson(text));
      if (change.success && change.data.state === "open" && breaker.state === "closed")
        this.adopt(breaker, change.data);
    }
  };

  private heard(text: string): void {
    const message = messageSchema.safeParse(parseJson(text));
    if (!message.success || message.data.from === this.own) return;
    const breaker = this.byKey.get(message.data.key);
    if (breaker) this.adopt(breaker, message.data.change);
  }

  private adopt(breaker: Breaker, change: Shared): void {
    // Another machine's clock may be ahead, and must not keep a circuit open for longer than it is meant to be.
    breaker.adopt(change.state === "open" ? { ...change, openedAt: Math.min(change.openedAt, Date.now()) } : change);
  }

  private changed(target: Target, key: string, change: BreakerChange): void {
    const { log, onChange } = this.options;
    const why = change.state === "open" ? { reason: change.reason } : {};
    log[change.state === "open" ? "warn" : "info"]({ target: target.id, ...why }, `Circuit is ${change.state}`);
    onChange?.(target, change);
    if (change.state !== "half-open") this.tell(key, change);
  }

  private tell(key: string, change: Shared): void {
    const { redis, openMs } = this.options;
    if (!redis) return;
    const message = JSON.stringify({ from: this.own, key, change });
    const told = redis.pipeline().publish(CHANNEL, message);
    if (change.state === "open") told.set(stateKey(key), JSON.stringify(change), "PX", openMs);
    else told.del(stateKey(key), probeKey(key));
    // The warning of the connection says what that means.
    told.exec().catch(() => {});
  }

  private async mayProbe(key: string): Promise<boolean> {
    const { redis, openMs } = this.options;
    if (!redis) return true;
    try {
      return (await redis.set(probeKey(key), this.own, "PX", openMs, "NX")) === "OK";
    } catch {
      // Nobody can be asked: better two probes than none.
      return true;
    }
  }
}

function keyOf({ baseUrl }: Target): string {
  return hash("sha256", baseUrl, "hex").slice(0, 16);
}

const stateKey = (key: string) => `gateway:circuit:${key}`;
const probeKey = (key: string) => `gateway:probe:${key}`;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
