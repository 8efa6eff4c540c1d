import type { Pool } from "pg";
import type { LLMRouter } from "../llm-router";
import type { Log } from "../log";
import type { Telemetry } from "../monitoring/telemetry";
import type { Settings } from "../settings";
import { openDatabase } from "./database";
import { JobQueue } from "./queue";
import { openResultBucket, type ResultFolder } from "./results";
import { type Job, JobStore, type NewJob } from "./store";
import { deliverWebhooks } from "./webhooks";
import { JobWorker } from "./worker";

/** Pause between looks for jobs that the queue does not know, and for webhooks. */
const SWEEP_MS = 1_000;
/** A job that was taken in so long ago and not sent will not be sent by who took it in. */
const UNSENT_SECONDS = 10;
/** Pause between looks for jobs that are too old to keep. */
const FORGET_MS = 600_000;
/** A message that is so old may be in the dead-letter queue. */
const RESEND_SECONDS = 6 * 3600;

export interface JobsDeps {
  readonly settings: Settings;
  readonly router: LLMRouter;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** Whether some provider could answer. */
  readonly ready: () => boolean;
}

/** Durable jobs: taken in by the database, told to the queue, worked on by any gateway process. */
export class Jobs {
  private readonly worker: JobWorker;
  private sweeping: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private prepared = false;
  private forgotAt = 0;

  private constructor(
    private readonly deps: JobsDeps,
    private readonly pool: Pool,
    readonly store: JobStore,
    private readonly queue: JobQueue,
    private readonly results: ResultFolder | undefined,
  ) {
    const { settings, router, log, ready, telemetry } = deps;
    const finished = (state: string) => telemetry.job(state);
    this.worker = new JobWorker({
      settings,
      store,
      queue,
      router,
      log,
      ready: () => this.prepared && ready(),
      finished,
    });
  }

  /** @returns undefined where the settings have no queue */
  static async open(deps: JobsDeps): Promise<Jobs | undefined> {
    const { settings, log } = deps;
    if (settings.JOBS_QUEUE_URL === undefined) return undefined;
    const pool = await openDatabase(settings, log);
    if (!pool) return undefined;
    const { JOBS_QUEUE_URL, RESULTS_BUCKET, AWS_REGION, JOBS_VISIBILITY_SECONDS } = settings;
    const queue = new JobQueue(JOBS_QUEUE_URL, AWS_REGION, JOBS_VISIBILITY_SECONDS);
    const results = RESULTS_BUCKET === undefined ? undefined : openResultBucket(RESULTS_BUCKET, AWS_REGION);
    return new Jobs(deps, pool, new JobStore(pool, results), queue, results);
  }

  async start(): Promise<void> {
    await this.prepare();
    this.worker.start();
    this.timer = setInterval(() => {
      this.sweeping = this.sweeping.then(() => this.sweep());
    }, SWEEP_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([this.worker.stop(), this.sweeping]);
    this.queue.close();
    this.results?.close();
    await this.pool.end();
  }

  /** For health checks. */
  check(): Promise<void> {
    return this.store.check();
  }

  /** Takes a job in. Once this has returned it will be worked on, whatever dies. */
  async submit(job: NewJob): Promise<{ readonly job: Job; readonly created: boolean; readonly same: boolean }> {
    const { datadog } = this.deps.telemetry;
    const added = await datadog.traceDb("jobs.add", () => this.store.add(job));
    if (added.created) await this.send(added.job.id);
    return added;
  }

  private async send(id: string): Promise<void> {
    try {
      await this.queue.send(id);
      await this.store.sent(id);
    } catch (error) {
      // The sweep sends it.
      this.deps.log.warn({ job: id, error: String(error) }, "The queue did not take a job; it is kept and sent later");
    }
  }

  /** The database may come up after the gateway. */
  private async prepare(): Promise<void> {
    try {
      await this.store.prepare();
      this.prepared = true;
    } catch (error) {
      this.deps.log.warn({ error: String(error) }, "The jobs' table can't be prepared; trying again");
    }
  }

  private async sweep(): Promise<void> {
    const { settings, log } = this.deps;
    if (!this.prepared) await this.prepare();
    if (!this.prepared) return;
    try {
      for (const id of await this.store.unsent(UNSENT_SECONDS, RESEND_SECONDS)) await this.queue.send(id);
      await deliverWebhooks(this.store, settings, log);
      if (Date.now() - this.forgotAt >= FORGET_MS) {
        await this.store.forget(settings.JOBS_KEEP_DAYS);
        this.forgotAt = Date.now();
      }
    } catch (error) {
      log.warn({ error: String(error) }, "Jobs could not be looked after; trying again");
    }
  }
}
