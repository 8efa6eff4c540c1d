import type { Database } from "./database";
import { type Fir, firSchema } from "./fir";
import type { Validation } from "./generate";

export type Status = "waiting" | "working" | "done" | "failed" | "cancelled";
export type Source = "text" | "audio" | "image";

/** An FIR as it is stored. */
export interface Stored {
  readonly id: string;
  readonly status: Status;
  readonly source: Source;
  readonly attempts: number;
  /** What was said: as given, transcribed or read from the image. */
  readonly statement: string | undefined;
  readonly upload: { readonly name: string; readonly type: string } | undefined;
  readonly fir: Fir | undefined;
  readonly error: string | undefined;
  readonly createdAt: Date;
  readonly endedAt: Date | undefined;
  readonly archivedAt: Date | undefined;
  readonly generationMs: number | undefined;
}

export interface NewFir {
  readonly id: string;
  readonly source: Source;
  readonly statement?: string | undefined;
  readonly upload?: { readonly name: string; readonly type: string } | undefined;
}

interface Row {
  id: string;
  status: Status;
  source: Source;
  attempts: number;
  statement: string | null;
  upload_name: string | null;
  upload_type: string | null;
  fir: string | null;
  error: string | null;
  created_at: Date;
  ended_at: Date | null;
  archived_at: Date | null;
  generation_ms: number | null;
}

/** FIRs and the history of their validation in the database. */
export class Store {
  constructor(
    private readonly database: Database,
    private readonly now: () => Date = () => new Date(),
  ) {}

  async add({ id, source, statement = "", upload }: NewFir): Promise<void> {
    await this.database.change(
      "INSERT INTO fir (id, status, source, statement, upload_name, upload_type, created_at) VALUES (?, 'waiting', ?, ?, ?, ?, ?)",
      [id, source, statement || null, upload?.name ?? null, upload?.type ?? null, this.now()],
    );
  }

  async find(id: string): Promise<Stored | undefined> {
    const [row] = await this.database.rows<Row>("SELECT * FROM fir WHERE id = ?", [id]);
    return row && stored(row);
  }

  /** Newest first. */
  async list(filter: {
    readonly limit: number;
    readonly before: Date | undefined;
    readonly archived: boolean;
  }): Promise<Stored[]> {
    const archived = filter.archived ? "IS NOT NULL" : "IS NULL";
    const rows = await this.database.rows<Row>(
      `SELECT * FROM fir WHERE archived_at ${archived} AND created_at < ? ORDER BY created_at DESC, id LIMIT ?`,
      [filter.before ?? new Date(8.64e15 / 100), filter.limit],
    );
    return rows.map(stored);
  }

  /** Those that had not ended when the process did, oldest first. */
  async unfinished(): Promise<Stored[]> {
    const rows = await this.database.rows<Row>(
      "SELECT * FROM fir WHERE status IN ('waiting', 'working') ORDER BY created_at, id",
    );
    return rows.map(stored);
  }

  async begin(id: string): Promise<void> {
    await this.database.change("UPDATE fir SET status = 'working', attempts = attempts + 1 WHERE id = ?", [id]);
  }

  /** A restart that was asked for does not count as an attempt. */
  async putBack(id: string): Promise<void> {
    await this.database.change(
      "UPDATE fir SET status = 'waiting', attempts = GREATEST(attempts, 1) - 1 WHERE id = ? AND status = 'working'",
      [id],
    );
  }

  async setStatement(id: string, statement: string): Promise<void> {
    await this.database.change("UPDATE fir SET statement = ? WHERE id = ?", [statement, id]);
  }

  async finish(id: string, fir: Fir, generationMs: number): Promise<void> {
    await this.database.change(
      "UPDATE fir SET status = 'done', fir = ?, error = NULL, ended_at = ?, generation_ms = ? WHERE id = ?",
      [JSON.stringify(fir), this.now(), Math.round(generationMs), id],
    );
  }

  async fail(id: string, error: string): Promise<void> {
    await this.end(id, "failed", error);
  }

  async cancel(id: string): Promise<void> {
    await this.end(id, "cancelled", null);
  }

  /** @returns whether there was such an FIR that has ended and was not archived */
  async archive(id: string): Promise<boolean> {
    const changed = await this.database.change(
      "UPDATE fir SET archived_at = ? WHERE id = ? AND archived_at IS NULL AND status IN ('done', 'failed', 'cancelled')",
      [this.now(), id],
    );
    return changed === 1;
  }

  async addValidation(firId: string, { stage, attempt, mistakes }: Validation): Promise<void> {
    await this.database.change(
      "INSERT INTO validation_history (fir_id, stage, attempt, passed, mistakes, created_at) VALUES (?, ?, ?, ?, ?, ?)",
      [firId, stage, attempt, mistakes.length === 0 ? 1 : 0, mistakes.join("; ").slice(0, 1000), this.now()],
    );
  }

  private async end(id: string, status: "failed" | "cancelled", error: string | null): Promise<void> {
    await this.database.change(
      "UPDATE fir SET status = ?, error = ?, ended_at = ? WHERE id = ? AND status IN ('waiting', 'working')",
      [status, error?.slice(0, 500) ?? null, this.now(), id],
    );
  }
}

function stored(row: Row): Stored {
  const { upload_name: name, upload_type: type } = row;
  return {
    id: row.id,
    status: row.status,
    source: row.source,
    attempts: row.attempts,
    statement: row.statement ?? undefined,
    upload: name !== null && type !== null ? { name, type } : undefined,
    fir: row.fir === null ? undefined : firSchema.parse(JSON.parse(row.fir)),
    error: row.error ?? undefined,
    createdAt: row.created_at,
    endedAt: row.ended_at ?? undefined,
    archivedAt: row.archived_at ?? undefined,
    generationMs: row.generation_ms ?? undefined,
  };
}
