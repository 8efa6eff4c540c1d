import { setTimeout as sleep } from "node:timers/promises";
import { inferenceRequest } from "../client/inference-request";
import { VLLMClient } from "../client/vllm-client";
import { asGatewayError, type ErrorCode, errorBody, GatewayError } from "../errors";
import type { LLMRouter } from "../llm-router";
import type { Log } from "../log";
import { affinityKey } from "../router/affinity";
import type { Settings } from "../settings";
import type { JobQueue, Message } from "./queue";
import type { JobStore, Lease, Outcome } from "./store";

/** A job whose providers failed so often has failed. */
const MOST_ATTEMPTS = 5;
/** Longest wait before a job is tried again. */
const LONGEST_PAUSE_SECONDS = 300;
const POLL_SECONDS = 10;

/** What another try can't change. */
const FINAL: readonly ErrorCode[] = ["invalid_request", "model_not_found", "forbidden"];

export interface WorkerDeps {
  readonly settings: Settings;
  readonly store: JobStore;
  readonly queue: JobQueue;
  readonly router: LLMRouter;
  readonly log: Log;
  /** Whether some provider could answer. While none can, messages stay in the queue, whose length is the demand that scales from zero. */
  readonly ready: () => boolean;
  readonly finished: (state: Outcome["state"]) => void;
}

/**
 * Works on jobs of the queue. While it works it extends the message's visibility and its lease on the job; if it dies, both end and another
 * worker begins anew. What it has found is written only while its lease holds, so a job has one result.
 */
export class JobWorker {
  private readonly stopped = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private loop: Promise<void> | undefined;

  constructor(private readonly deps: WorkerDeps) {}

  start(): void {
    if (this.deps.settings.JOBS_CONCURRENCY > 0) this.loop ??= this.poll();
  }

  /** Ends what runs and gives it back to the queue; waits for the poll that is under way, up to 10 s. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.loop;
    await Promise.all(this.running);
  }

  private async poll(): Promise<void> {
    const { settings, queue, log, ready } = this.deps;
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const room = settings.JOBS_CONCURRENCY - this.running.size;
      if (room <= 0) {
        await Promise.race([...this.running]);
        continue;
      }
      if (!ready()) {
        await pause(500, signal);
        continue;
      }
      try {
        const messages = await queue.receive(room, POLL_SECONDS);
        if (signal.aborted) await Promise.all(messages.map((message) => queue.hide(message, 0)));
        else for (const message of messages) this.begin(message);
      } catch (error) {
        log.warn({ error: String(error) }, "The job queue can't be read; trying again");
        await pause(2_000, signal);
      }
    }
  }

  private begin(message: Message): void {
    const work = this.work(message)
      .catch((error: unknown) => {
        // The message comes back, and with it the job.
        this.deps.log.warn({ job: message.jobId, error: String(error) }, "A job was interrupted");
      })
      .finally(() => this.running.delete(work));
    this.running.add(work);
  }

  private async work(message: Message): Promise<void> {
    const { settings, store, queue } = this.deps;
    const lease = await store.claim(message.jobId, settings.JOBS_VISIBILITY_SECONDS);
    // Delivered twice: whoever has it deletes its message, and this one finds it finished later.
    if (lease === "busy") return;
    if (lease === "finished") return queue.delete(message);
    if (lease.job.attempts > MOST_ATTEMPTS) return this.giveUp(message, lease);

    const lost = new AbortController();
    const signal = AbortSignal.any([lost.signal, this.stopped.signal]);
    const heart = setInterval(() => this.beat(message, lease, lost), (settings.JOBS_VISIBILITY_SECONDS * 1000) / 3);
    let outcome: Outcome | GatewayError;
    try {
      outcome = await this.ask(lease, signal).catch(asGatewayError);
    } finally {
      clearInterval(heart);
    }
    // Another worker has it.
    if (lost.signal.aborted) return;
    await this.conclude(message, lease, outcome);
  }

  /** Failures end a job sooner: so often its workers died over it, and another would too. */
  private async giveUp(message: Message, lease: Lease): Promise<void> {
    const text = `The job was begun ${MOST_ATTEMPTS} times, and no worker came to its end.`;
    const { error } = errorBody(new GatewayError("internal_error", text));
    await this.conclude(message, lease, { state: "failed", error });
  }

  private async ask({ job }: Lease, signal: AbortSignal): Promise<Outcome> {
    const { settings, router } = this.deps;
    const request = inferenceRequest(job.request);
    const { risk, session, usdPerDay } = job.options;
    return router.route<Outcome>({
      route: {
        model: request.model,
        risk,
        private: job.options.private,
        affinity: affinityKey(job.request, session ?? undefined),
      },
      caller: { id: job.keyId, usdPerDay },
      body: request,
      bytes: JSON.stringify(request).length,
      deadline: Date.now() + settings.REQUEST_TIMEOUT_SECONDS * 1000,
      sleep: async (ms) => {
        await pause(ms, signal);
        return !signal.aborted;
      },
      attempt: async (target, remainingMs) => {
        const { baseUrl, provider } = target;
        const client = new VLLMClient({
          baseUrl,
          apiKey: provider.apiKey,
          model: provider.model,
          timeoutMs: Math.min(remainingMs, settings.ANSWER_TIMEOUT_SECONDS * 1000),
        });
        const { body, usage } = await client.complete(request, { signal });
        return { result: { state: "succeeded", provider: target.id, result: body }, usage };
      },
    });
  }

  private async conclude(message: Message, lease: Lease, outcome: Outcome | GatewayError): Promise<void> {
    const { store, queue, log, finished } = this.deps;
    const result = outcome instanceof Error ? this.failure(lease, outcome) : outcome;
    if (result !== undefined) {
      if (await store.finish(lease, result)) finished(result.state);
      return queue.delete(message);
    }
    const { code } = outcome as GatewayError;
    const tried = !this.stopped.signal.aborted && code !== "no_provider";
    await store.release(lease, tried);
    const seconds = tried
      ? Math.min(5 * 2 ** (lease.job.attempts - 1), LONGEST_PAUSE_SECONDS)
      : this.stopped.signal.aborted
        ? 0
        : 5;
    log.info({ job: lease.job.id, code, seconds }, "A job will be tried again");
    await queue.hide(message, seconds);
  }

  /** The result of a job that is not to be tried again; undefined if it is. */
  private failure({ job }: Lease, error: GatewayError): Outcome | undefined {
    if (this.stopped.signal.aborted || error.code === "no_provider") return undefined;
    if (!FINAL.includes(error.code) && job.attempts < MOST_ATTEMPTS) return undefined;
    return { state: "failed", error: errorBody(error).error };
  }

  private beat(message: Message, lease: Lease, lost: AbortController): void {
    const { settings, store, queue, log } = this.deps;
    const extend = async () => {
      if (!(await store.extend(lease, settings.JOBS_VISIBILITY_SECONDS))) lost.abort();
      else await queue.hide(message);
    };
    // The next beat tries again; if none gets through, the lease ends, which is what it is for.
    extend().catch((error: unknown) =>
      log.warn({ job: lease.job.id, error: String(error) }, "A lease could not be extended"),
    );
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
