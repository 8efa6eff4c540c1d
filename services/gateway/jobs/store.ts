import { createHash, randomUUID } from "node:crypto";
import type { Pool } from "pg";
import type { Risk } from "../router/providers";
import { keepResult, type ResultFolder } from "./results";

export type JobState = "queued" | "running" | "succeeded" | "failed";

/** How the job's request is to be routed, as its caller and headers said. */
export interface JobOptions {
  readonly risk: Risk;
  readonly private: boolean;
  readonly session: string | null;
  readonly usdPerDay: number;
}

export interface NewJob {
  readonly keyId: string;
  readonly idempotencyKey: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly options: JobOptions;
  readonly webhook: string | null;
}

export interface Job extends NewJob {
  readonly id: string;
  readonly state: JobState;
  /** Times that a provider was asked and failed, or the worker was lost. */
  readonly attempts: number;
  readonly provider: string | null;
  readonly result: object | null;
  readonly error: object | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** A job that one worker has for itself until the lease ends. */
export interface Lease {
  readonly job: Job;
  readonly token: string;
}

export type Outcome =
  | { readonly state: "succeeded"; readonly provider: string; readonly result: object }
  | { readonly state: "failed"; readonly error: object };

const SCHEMA = `
create table if not exists gateway_jobs (
  id uuid primary key,
  key_id text not null,
  idempotency_key text not null,
  digest text not null,
  request jsonb not null,
  options jsonb not null,
  webhook text,
  state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed')),
  attempts integer not null default 0,
  lease_token uuid,
  lease_until timestamptz,
  provider text,
  result jsonb,
  error jsonb,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  webhook_due_at timestamptz,
  webhook_attempts integer not null default 0,
  webhook_delivered_at timestamptz,
  unique (key_id, idempotency_key)
);
alter table gateway_jobs add column if not exists result_key text;
create index if not exists gateway_jobs_unfinished on gateway_jobs (sent_at) where state in ('queued', 'running');
create index if not exists gateway_jobs_finished on gateway_jobs (finished_at) where finished_at is not null;
create index if not exists gateway_jobs_webhooks on gateway_jobs (webhook_due_at) where webhook_due_at is not null;`;

/** Names the lock under which the table is made, so that processes which start together don't trip over each other. */
const SCHEMA_LOCK = 727_001;

const COLUMNS = `id, key_id, idempotency_key, request, options, webhook, state, attempts, provider, result, result_key, error,
  created_at, started_at, finished_at`;

/**
 * Jobs and their results in PostgreSQL. A job is there from the moment that its caller hears of it; a result is written once, by the worker that
 * holds the lease, so a second worker with the same message changes nothing.
 */
export class JobStore {
  /** @param results keeps large results. Default: the table keeps all */
  constructor(
    private readonly pool: Pool,
    private readonly results?: ResultFolder,
  ) {}

  async prepare(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query("begin");
      await client.query("select pg_advisory_xact_lock($1)", [SCHEMA_LOCK]);
      await client.query(SCHEMA);
      await client.query("commit");
    } catch (error) {
      await client.query("rollback").catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  }

  async check(): Promise<void> {
    await this.pool.query("select 1");
  }

  /** @returns `same: false` when the key's idempotency key belongs to another request */
  async add(job: NewJob): Promise<{ readonly job: Job; readonly created: boolean; readonly same: boolean }> {
    const digest = digestOf(job);
    const inserted = await this.pool.query<Row>(
      `insert into gateway_jobs (id, key_id, idempotency_key, digest, request, options, webhook)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (key_id, idempotency_key) do nothing returning ${COLUMNS}`,
      [
        randomUUID(),
        job.keyId,
        job.idempotencyKey,
        digest,
        JSON.stringify(job.request),
        JSON.stringify(job.options),
        job.webhook,
      ],
    );
    const [row] = inserted.rows;
    if (row) return { job: jobOf(row), created: true, same: true };
    const found = await this.pool.query<Row & { digest: string }>(
      `select ${COLUMNS}, digest from gateway_jobs where key_id = $1 and idempotency_key = $2`,
      [job.keyId, job.idempotencyKey],
    );
    const [existing] = found.rows;
    if (!existing) throw new Error("a job that was in the way is gone");
    return { job: await this.whole(existing), created: false, same: existing.digest === digest };
  }

  async get(keyId: string, id: string): Promise<Job | undefined> {
    const { rows } = await this.pool.query<Row>(`select ${COLUMNS} from gateway_jobs where id = $1 and key_id = $2`, [
      id,
      keyId,
    ]);
    return rows[0] && this.whole(rows[0]);
  }

  /** With its result, wherever that is kept. */
  private async whole(row: Row): Promise<Job> {
    const job = jobOf(row);
    if (row.result_key === null || !this.results) return job;
    return { ...job, result: JSON.parse(await this.results.read(row.result_key)) as object };
  }

  /** Notes that the queue has the job. */
  async sent(id: string): Promise<void> {
    await this.pool.query("update gateway_jobs set sent_at = now() where id = $1", [id]);
  }

  /**
   * Jobs that the queue may not know: whoever took them in died before telling it, or their message is long gone. They count as sent from now on,
   * so that of several processes one sends each.
   */
  async unsent(afterSeconds: number, againAfterSeconds: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>(
      `update gateway_jobs set sent_at = now() where id in (
         select id from gateway_jobs where state in ('queued', 'running') and coalesce(lease_until, now()) <= now()
           and (sent_at is null and created_at <= now() - make_interval(secs => $1)
             or sent_at <= now() - make_interval(secs => $2))
         order by created_at limit 100 for update skip locked) returning id`,
      [afterSeconds, againAfterSeconds],
    );
    return rows.map(({ id }) => id);
  }

  /** Takes a job for one worker. `finished` says that there is nothing left to do for its message, `busy` that another worker has it. */
  async claim(id: string, seconds: number): Promise<Lease | "finished" | "busy"> {
    const token = randomUUID();
    const { rows } = await this.pool.query<Row>(
      `update gateway_jobs set state = 'running', lease_token = $2, lease_until = now() + make_interval(secs => $3),
         started_at = coalesce(started_at, now()), attempts = attempts + 1
       where id = $1 and (state = 'queued' or state = 'running' and lease_until <= now()) returning ${COLUMNS}`,
      [id, token, seconds],
    );
    const [row] = rows;
    if (row) return { job: jobOf(row), token };
    const found = await this.pool.query<{ state: JobState }>("select state from gateway_jobs where id = $1", [id]);
    const state = found.rows[0]?.state;
    return state === "queued" || state === "running" ? "busy" : "finished";
  }

  /** @returns whether the lease still holds */
  async extend({ job, token }: Lease, seconds: number): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `update gateway_jobs set lease_until = now() + make_interval(secs => $3)
       where id = $1 and lease_token = $2 and state = 'running'`,
      [job.id, token, seconds],
    );
    return rowCount === 1;
  }

  /** Gives a job back. `counts` is false when it was not tried: no provider was there, or the worker was told to stop. */
  async release({ job, token }: Lease, counts: boolean): Promise<void> {
    await this.pool.query(
      `update gateway_jobs set state = 'queued', lease_token = null, lease_until = null, attempts = attempts - $3
       where id = $1 and lease_token = $2 and state = 'running'`,
      [job.id, token, counts ? 0 : 1],
    );
  }

  /** Writes the result, once. @returns false when the lease was lost, and with it the right to */
  async finish({ job, token }: Lease, outcome: Outcome): Promise<boolean> {
    const kept =
      outcome.state === "succeeded" ? await keepResult(this.results, outcome.result, job.id, token) : undefined;
    const { rowCount } = await this.pool.query(
      `update gateway_jobs set state = $3, provider = $4, result = $5, result_key = $7, error = $6, finished_at = now(), lease_token = null,
         lease_until = null, webhook_due_at = case when webhook is null then null else now() end
       where id = $1 and lease_token = $2 and state = 'running'`,
      [
        job.id,
        token,
        outcome.state,
        outcome.state === "succeeded" ? outcome.provider : null,
        kept?.json ?? null,
        outcome.state === "failed" ? JSON.stringify(outcome.error) : null,
        kept?.key ?? null,
      ],
    );
    return rowCount === 1;
  }

  /** Forgets jobs that finished so long ago, a thousand at a time. @returns how many */
  async forget(afterDays: number): Promise<number> {
    const { rowCount } = await this.pool.query(
      `delete from gateway_jobs where id in (
         select id from gateway_jobs where finished_at <= now() - make_interval(days => $1) and webhook_due_at is null
         limit 1000 for update skip locked)`,
      [afterDays],
    );
    return rowCount ?? 0;
  }

  /** Finished jobs whose webhook is to be called now. Each is the caller's alone for a minute. */
  async dueWebhooks(): Promise<{ readonly job: Job; readonly attempts: number }[]> {
    const { rows } = await this.pool.query<Row & { webhook_attempts: number }>(
      `update gateway_jobs set webhook_due_at = now() + interval '1 minute', webhook_attempts = webhook_attempts + 1
       where id in (select id from gateway_jobs where webhook_due_at <= now() order by webhook_due_at limit 10
         for update skip locked) returning ${COLUMNS}, webhook_attempts`,
    );
    return Promise.all(rows.map(async (row) => ({ job: await this.whole(row), attempts: row.webhook_attempts })));
  }

  /** @param againSeconds until the next try; undefined when there is none, because it was delivered or given up */
  async webhookDone(id: string, delivered: boolean, againSeconds: number | undefined): Promise<void> {
    await this.pool.query(
      `update gateway_jobs set webhook_due_at = now() + make_interval(secs => $2),
         webhook_delivered_at = case when $3 then now() end where id = $1`,
      [id, againSeconds ?? null, delivered],
    );
  }
}

/** Of what the caller sent: what the key may spend can change between two tries. */
function digestOf({ request, options: { risk, private: stays, session }, webhook }: NewJob): string {
  const sent = [request, risk, stays, session, webhook];
  return createHash("sha256").update(JSON.stringify(sent)).digest("hex");
}

interface Row {
  readonly id: string;
  readonly key_id: string;
  readonly idempotency_key: string;
  readonly request: Record<string, unknown>;
  readonly options: JobOptions;
  readonly webhook: string | null;
  readonly state: JobState;
  readonly attempts: number;
  readonly provider: string | null;
  readonly result: object | null;
  readonly result_key: string | null;
  readonly error: object | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

function jobOf(row: Row): Job {
  const { id, request, options, webhook, state, attempts, provider, result, error } = row;
  return {
    id,
    request,
    options,
    webhook,
    state,
    attempts,
    provider,
    result,
    error,
    keyId: row.key_id,
    idempotencyKey: row.idempotency_key,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
