import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanUp } from "../../../../services/afirgen/backend/cleanup";
import { silentLog } from "../../../../services/afirgen/backend/log";

const now = new Date("2026-06-30T00:00:00Z");
const day = 86_400_000;
const ago = (days: number) => new Date(now.getTime() - days * day);

/** Rows by age; deletes as the statements say. */
function tables(bytes: number, rows: { validations: Date[]; archived: (Date | undefined)[] }) {
  const statements: string[] = [];
  return {
    rows,
    statements,
    sizeBytes: async () => bytes,
    change: async (sql: string, values: readonly (string | number | null | Date)[] = []) => {
      statements.push(sql);
      const [before, limit] = values as [Date, number];
      const which = sql.includes("validation_history") ? "validations" : "archived";
      const all: (Date | undefined)[] = rows[which];
      const old = all.filter((date) => date !== undefined && date < before).slice(0, limit);
      Object.assign(rows, { [which]: all.filter((date) => !old.includes(date)) });
      return old.length;
    },
  };
}

describe("cleanup", () => {
  test("deletes nothing up to 18 GB", async () => {
    const database = tables(18e9, { validations: [ago(1000)], archived: [ago(1000)] });
    expect(await cleanUp({ database, log: silentLog, aboveBytes: 18e9, now })).toMatchObject({ needed: false });
    expect(database.statements).toEqual([]);
  });

  test("[afirgen P3] above it: history of more than 90 days, FIRs archived more than 180 days ago, in batches, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }),
        fc.array(fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 7 }),
        async (validations, archived, batch) => {
          const database = tables(18e9 + 1, {
            validations: validations.map(ago),
            archived: archived.map((days) => (days === undefined ? undefined : ago(days))),
          });
          const done = await cleanUp({ database, log: silentLog, aboveBytes: 18e9, now, batch });
          expect(database.rows.validations).toEqual(validations.filter((days) => days <= 90).map(ago));
          expect(database.rows.archived).toEqual(
            archived
              .filter((days) => days === undefined || days <= 180)
              .map((days) => (days === undefined ? undefined : ago(days))),
          );
          expect(done).toMatchObject({
            needed: true,
            validations: validations.filter((days) => days > 90).length,
            firs: archived.filter((days) => days !== undefined && days > 180).length,
          });
          expect(database.statements.every((sql) => sql.endsWith("LIMIT ?"))).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});
