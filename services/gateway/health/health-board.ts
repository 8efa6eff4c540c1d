import type { Log } from "../log";

export type Status = "healthy" | "unhealthy" | "unknown";

/** One part that is looked after. */
export interface Check {
  /** `database`, `redis`, `provider:vllm/0` */
  readonly name: string;
  /** Resolves when the part works; what it throws is why it does not. */
  readonly run: (signal: AbortSignal) => Promise<unknown>;
}

export interface Report {
  readonly status: Status;
  /** How long the last check took. */
  readonly latencyMs: number | null;
  readonly error?: string;
  /** ISO 8601; null before the first check has ended. */
  readonly checkedAt: string | null;
}

const unknown: Report = { status: "unknown", latencyMs: null, checkedAt: null };

/** A check that takes longer has failed. */
const CHECK_TIMEOUT_MS = 2_000;

/** Checks every part in the background and remembers the last result, so that who asks never waits for a slow part. */
export class HealthBoard {
  private readonly reports = new Map<string, Report>();
  private readonly stopped = new AbortController();
  private readonly loops: Promise<void>[] = [];

  constructor(
    private readonly checks: readonly Check[],
    private readonly pauseMs: number,
    private readonly log: Log,
    private readonly timeoutMs = CHECK_TIMEOUT_MS,
  ) {}

  /** Begins to check; resolves when every part was checked once. */
  async start(): Promise<void> {
    await Promise.all(
      this.checks.map(async (check) => {
        await this.look(check);
        this.loops.push(this.loop(check));
      }),
    );
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await Promise.all(this.loops);
  }

  get(name: string): Report {
    return this.reports.get(name) ?? unknown;
  }

  all(): Readonly<Record<string, Report>> {
    return Object.fromEntries(this.checks.map(({ name }) => [name, this.get(name)]));
  }

  private async loop(check: Check): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await pause(this.pauseMs, signal);
      if (!signal.aborted) await this.look(check);
    }
  }

  private async look({ name, run }: Check): Promise<void> {
    const start = performance.now();
    const late = AbortSignal.timeout(this.timeoutMs);
    let error: string | undefined;
    try {
      await Promise.race([run(late), rejected(late, this.timeoutMs)]);
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown);
    }
    const before = this.get(name).status;
    const status = error === undefined ? "healthy" : "unhealthy";
    const latencyMs = Math.round((performance.now() - start) * 10) / 10;
    this.reports.set(name, {
      status,
      latencyMs,
      checkedAt: new Date().toISOString(),
      ...(error === undefined ? {} : { error }),
    });
    if (before === status) return;
    if (error !== undefined) this.log.warn({ part: name, error }, "A part is unhealthy");
    else if (before === "unhealthy") this.log.info({ part: name }, "A part is healthy again");
  }
}

function rejected(signal: AbortSignal, ms: number): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error(`no answer within ${ms} ms`)), { once: true });
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
    signal.addEventListener("abort", end, { once: true });
  });
}
