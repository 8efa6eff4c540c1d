import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "undici";

export interface Target {
  /** Without a path. */
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
}

/** In milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Sends requests and measures; one client process for all that are compared. */
export class Driver {
  private readonly agent = new Agent({ connections: 4096, headersTimeout: 60_000, bodyTimeout: 60_000 });

  /** Requests per second with so many connections that each ask again as soon as they are answered. */
  async throughput(
    target: Target,
    connections: number,
    seconds: number,
  ): Promise<{ rps: number; latency: Latency; failed: number }> {
    const times = createHistogram();
    const end = performance.now() + seconds * 1000;
    const counts = { done: 0, failed: 0 };
    const start = performance.now();
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (performance.now() < end) await this.timed(target, times, counts);
      }),
    );
    return {
      rps: counts.done / ((performance.now() - start) / 1000),
      latency: latencyOf(times),
      failed: counts.failed,
    };
  }

  /** So many requests in all. */
  async count(target: Target, connections: number, requests: number): Promise<void> {
    let left = requests;
    const counts = { done: 0, failed: 0 };
    const times = createHistogram();
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (left-- > 0) await this.timed(target, times, counts);
      }),
    );
  }

  /** Latency at a fixed rate, from the moment when each request was due: a target that falls behind shows. */
  async atRate(target: Target, perSecond: number, seconds: number): Promise<Latency & { readonly failed: number }> {
    const times = createHistogram();
    const counts = { done: 0, failed: 0 };
    const all: Promise<void>[] = [];
    const start = performance.now();
    for (let index = 0; index < perSecond * seconds; index++) {
      const due = start + (index * 1000) / perSecond;
      const wait = due - performance.now();
      if (wait > 1) await sleep(wait);
      all.push(this.timed(target, times, counts, due));
    }
    await Promise.all(all);
    return { ...latencyOf(times), failed: counts.failed };
  }

  /** Time to the first byte of streams, one after another, in milliseconds; and chunks per second of many streams together. */
  async streams(
    target: Target,
    together: number,
    chunksOfEach: number,
  ): Promise<{ firstMs: Latency; chunksPerSecond: number }> {
    const first = createHistogram();
    for (let index = 0; index < 100; index++) {
      const start = performance.now();
      await this.ask(target, true, () => record(first, performance.now() - start));
    }
    const rounds = 4;
    const start = performance.now();
    for (let round = 0; round < rounds; round++) {
      await Promise.all(Array.from({ length: together }, () => this.ask(target, true)));
    }
    const seconds = (performance.now() - start) / 1000;
    return { firstMs: latencyOf(first), chunksPerSecond: (rounds * together * chunksOfEach) / seconds };
  }

  close(): Promise<void> {
    return this.agent.close();
  }

  private async timed(
    target: Target,
    times: RecordableHistogram,
    counts: { done: number; failed: number },
    start = performance.now(),
  ): Promise<void> {
    try {
      await this.ask(target, false);
      record(times, performance.now() - start);
      counts.done += 1;
    } catch {
      counts.failed += 1;
      await sleep(10);
    }
  }

  private ask({ origin, path, headers, model }: Target, stream: boolean, first?: () => void): Promise<void> {
    const messages = [
      { role: "system", content: "You are brief." },
      { role: "user", content: "Tell me about consistent hashing, in one paragraph. ".repeat(8) },
    ];
    const body = JSON.stringify({ model, messages, ...(stream ? { stream: true } : {}) });
    return new Promise((resolve, reject) => {
      let status = 0;
      let bytes = 0;
      this.agent.dispatch(
        { origin, path, method: "POST", headers: { "content-type": "application/json", ...headers }, body },
        {
          onRequestStart: () => {},
          onResponseStart: (_, code) => {
            status = code;
          },
          onResponseData: (_, chunk) => {
            if (bytes === 0) first?.();
            bytes += chunk.length;
          },
          onResponseEnd: () => (status === 200 && bytes > 0 ? resolve() : reject(new Error(`status ${status}`))),
          onResponseError: (_, error) => reject(error),
        },
      );
    });
  }
}

function record(times: RecordableHistogram, ms: number): void {
  times.record(Math.max(1, Math.round(ms * 1000)));
}

function latencyOf(times: RecordableHistogram): Latency {
  const at = (percent: number) => times.percentile(percent) / 1000;
  return { p50: at(50), p95: at(95), p99: at(99) };
}
