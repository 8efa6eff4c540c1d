import {
  type Admission,
  type AdmissionEvent,
  type AdmissionLimits,
  isFull,
  nobody,
  positionOf,
  step,
} from "./admission";
import type { Fir } from "./fir";
import type { Validation } from "./generate";
import { type Log, PlainError } from "./log";
import type { NewFir, Store, Stored } from "./store";
import type { Telemetry } from "./telemetry";
import type { Uploads } from "./uploads";

/** What turns a stored submission into an FIR. */
export type Work = (
  submission: Stored,
  hooks: {
    readonly signal: AbortSignal;
    readonly onStatement: (text: string) => Promise<void>;
    readonly onValidation: (validation: Validation) => Promise<void>;
  },
) => Promise<Fir>;

export interface FirsOptions {
  readonly store: Store;
  readonly uploads: Uploads;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly limits: AdmissionLimits;
  readonly work: Work;
  readonly now?: () => number;
}

/** No room in the queue. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}

/** The work on it goes on at the next start. */
class ShuttingDown extends Error {
  override readonly name = "ShuttingDown";
}

class Cancelled extends Error {
  override readonly name = "Cancelled";
}

interface Running {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** A submission that ended the process this often is not tried again: it would do so forever. */
const mostAttempts = 2;

/** Takes submissions in, lets them wait while memory is short, works on them and stores what comes of it. */
export class Firs {
  private admission: Admission = nobody;
  private readonly running = new Map<string, Running>();
  private readonly stored = new Map<string, Promise<void>>();
  private readonly now: () => number;
  private stopping = false;

  constructor(private readonly options: FirsOptions) {
    this.now = options.now ?? Date.now;
  }

  get waiting(): number {
    return this.admission.waiting.length;
  }

  get working(): number {
    return this.admission.running.length;
  }

  /** Whether memory is too short to start anything. */
  get closed(): boolean {
    return this.admission.closed;
  }

  /** Whether a submission would be refused now. */
  get full(): boolean {
    return this.stopping || isFull(this.admission, this.options.limits);
  }

  position(id: string): number | undefined {
    return positionOf(this.admission, id);
  }

  /** @throws QueueFull; the database's error, and then it is not kept */
  async submit(submission: NewFir): Promise<void> {
    const { id } = submission;
    if (this.stopping) throw new QueueFull();
    // A place first, and the row while it is held: two that come at once can't both have the last one.
    let keep: () => void = () => {};
    let give: (error: unknown) => void = () => {};
    const row = new Promise<void>((resolve, reject) => {
      keep = resolve;
      give = reject;
    });
    row.catch(() => {});
    this.stored.set(id, row);
    if (this.happen({ kind: "offer", id, now: this.now() }).refused) {
      this.stored.delete(id);
      throw new QueueFull();
    }
    try {
      await this.options.store.add(submission);
      keep();
    } catch (error) {
      give(error);
      this.happen({ kind: "cancel", id, now: this.now() });
      throw error;
    } finally {
      this.stored.delete(id);
    }
  }

  /** Takes up what had not ended when the last process did. Tells how many. */
  async recover(): Promise<{ readonly resumed: number; readonly given: number }> {
    const { store, uploads, log, limits } = this.options;
    const found = await store.unfinished();
    const resumed: string[] = [];
    for (const { id, attempts } of found) {
      if (attempts >= mostAttempts) await store.fail(id, "The service ended while it worked on this, twice.");
      else if (this.happen({ kind: "offer", id, now: this.now() }).refused) {
        await store.fail(
          id,
          `The service restarted, and more than ${limits.maxWaiting} were waiting. Submit it again.`,
        );
      } else resumed.push(id);
    }
    await uploads.keepOnly(new Set(resumed));
    if (found.length > 0)
      log.warn("unfinished FIRs of the last process", { found: found.length, resumed: resumed.length });
    return { resumed: resumed.length, given: found.length - resumed.length };
  }

  /** A new reading of the memory, or just time that passes. */
  memory(percent: number): void {
    const before = this.admission.closed;
    this.happen({ kind: "memory", percent, now: this.now() });
    const { closed, waiting } = this.admission;
    if (closed === before) return;
    const fields = { percent: Math.round(percent), waiting: waiting.length };
    if (closed) this.options.log.warn("memory is short: FIRs wait", fields);
    else this.options.log.info("memory is free again: FIRs go on", fields);
  }

  /** The caller looks after it: that keeps its place. */
  asked(id: string): void {
    this.happen({ kind: "asked", id, now: this.now() });
  }

  /** Takes it out of the queue, or ends the work on it. @returns whether there was one */
  async cancel(id: string): Promise<boolean> {
    const running = this.running.get(id);
    if (running) {
      running.abort.abort(new Cancelled());
      await running.done;
      return true;
    }
    if (this.position(id) === undefined) return false;
    this.happen({ kind: "cancel", id, now: this.now() });
    await this.options.store.cancel(id);
    await this.options.uploads.remove(id);
    return true;
  }

  /** Lets running FIRs end for so long. What has not ended, and what waits, is taken up at the next start. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    this.admission = { ...this.admission, waiting: [] };
    const all = Promise.all([...this.running.values()].map(({ done }) => done));
    let late: NodeJS.Timeout | undefined;
    await Promise.race([
      all,
      new Promise<void>((resolve) => {
        late = setTimeout(resolve, graceMs);
      }),
    ]);
    clearTimeout(late);
    for (const { abort } of this.running.values()) abort.abort(new ShuttingDown());
    await all;
  }

  private happen(event: AdmissionEvent): { readonly refused: boolean } {
    const { state, effects } = step(this.admission, event, this.options.limits);
    this.admission = state;
    for (const effect of effects) {
      if (effect.kind === "start") this.start(effect.id);
      else if (effect.kind === "drop") void this.drop(effect.id, effect.why);
    }
    return { refused: effects.some(({ kind }) => kind === "refuse") };
  }

  private start(id: string): void {
    const abort = new AbortController();
    const row = this.stored.get(id);
    const done = (async () => {
      try {
        await row;
      } catch {
        // It could not be stored, and its caller was told.
        this.running.delete(id);
        return;
      }
      try {
        await this.run(id, abort.signal);
      } catch (error) {
        this.options.log.error("the end of an FIR could not be stored", error, { fir: shortId(id) });
      } finally {
        this.running.delete(id);
        if (!this.stopping) this.happen({ kind: "ended", id, now: this.now() });
      }
    })();
    this.running.set(id, { abort, done });
  }

  private async run(id: string, signal: AbortSignal): Promise<void> {
    const { store, uploads, telemetry, log, work } = this.options;
    const start = performance.now();
    try {
      await store.begin(id);
      const submission = await store.find(id);
      if (!submission) throw new PlainError("The FIR is not in the database.");
      signal.throwIfAborted();
      const fir = await work(submission, {
        signal,
        onStatement: (text) => store.setStatement(id, text),
        onValidation: (validation) => store.addValidation(id, validation),
      });
      const ms = performance.now() - start;
      await store.finish(id, fir, ms);
      await uploads.remove(id);
      telemetry.generatedOne(ms);
      telemetry.outcome(false);
      log.success("FIR generated", { fir: shortId(id), source: submission.source, ms: Math.round(ms) });
    } catch (error) {
      if (error instanceof ShuttingDown) return store.putBack(id);
      if (error instanceof Cancelled) await store.cancel(id);
      else {
        telemetry.outcome(true);
        log.error("FIR failed", error, { fir: shortId(id), ms: Math.round(performance.now() - start) });
        await store.fail(id, error instanceof PlainError ? error.message : "The service failed unexpectedly.");
      }
      await uploads.remove(id);
    }
  }

  private async drop(id: string, why: "abandoned" | "waited-too-long"): Promise<void> {
    const { store, uploads, log, limits } = this.options;
    try {
      await this.stored.get(id);
      if (why === "abandoned") await store.cancel(id);
      else await store.fail(id, `No memory was free for ${limits.maxWaitMs / 1000} s. Submit it again later.`);
      await uploads.remove(id);
      log.warn("a waiting FIR left the queue", { fir: shortId(id), why });
    } catch (error) {
      log.error("a waiting FIR could not be ended", error, { fir: shortId(id) });
    }
  }
}

/** Enough to find it again. Whoever has the whole id may read the FIR, so it is in no log. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
