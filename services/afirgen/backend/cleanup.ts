import type { Database } from "./database";
import type { Log } from "./log";

export interface CleanupOptions {
  readonly database: Pick<Database, "sizeBytes" | "change">;
  readonly log: Log;
  /** Nothing is deleted up to here. */
  readonly aboveBytes: number;
  readonly now?: Date;
  /** Rows of one statement, so that no lock lasts long. Default 1,000. */
  readonly batch?: number;
}

export interface Cleanup {
  readonly bytesBefore: number;
  readonly needed: boolean;
  readonly validations: number;
  readonly firs: number;
}

export const validationDays = 90;
export const archivedDays = 180;
const dayMs = 86_400_000;

/**
 * Deletes validation history older than 90 days and FIRs archived more than 180 days ago, but only while the database is larger than `aboveBytes`. FIRs that are not
 * archived stay, whatever their age. InnoDB keeps freed pages for new rows, so the size falls by whole extents only; the free space is used first all the same.
 */
export async function cleanUp(options: CleanupOptions): Promise<Cleanup> {
  const { database, log, aboveBytes, now = new Date(), batch = 1000 } = options;
  const bytesBefore = await database.sizeBytes();
  const before = (days: number) => new Date(now.getTime() - days * dayMs);
  if (bytesBefore <= aboveBytes) {
    log.info("cleanup is not needed", { bytes: bytesBefore, aboveBytes });
    return { bytesBefore, needed: false, validations: 0, firs: 0 };
  }
  const deleteAll = async (sql: string, date: Date) => {
    let sum = 0;
    for (;;) {
      const deleted = await database.change(sql, [date, batch]);
      sum += deleted;
      if (deleted < batch) return sum;
    }
  };
  const validations = await deleteAll(
    "DELETE FROM validation_history WHERE created_at < ? LIMIT ?",
    before(validationDays),
  );
  const firs = await deleteAll("DELETE FROM fir WHERE archived_at < ? LIMIT ?", before(archivedDays));
  log.warn("cleanup deleted old rows: the database is nearly full", {
    bytes: bytesBefore,
    aboveBytes,
    validations,
    firs,
  });
  return { bytesBefore, needed: true, validations, firs };
}
