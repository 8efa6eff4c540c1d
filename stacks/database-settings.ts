import { z } from "zod";
import { snapshotPattern } from "../components/data/relational-database";
import { flag, setting } from "./setting";

/** Settings that every database on RDS has, for where its data comes from. */
export function databaseOrigin() {
  return {
    /** Snapshot that the database is made from, when it is made. One that is there keeps its data, whatever stands here. */
    restoreFrom: setting(
      z.string().regex(snapshotPattern).optional(),
      "a snapshot of RDS in the stack's region, by its name or ARN, that a new database is made from",
      "agents-database-prod-20261201t180000z",
    ),
    /** Set by ./llm restore for one update: a database that is there is replaced too, protected or not. */
    restoreOver: flag(false),
  };
}

/** For a check across these settings. */
export function checkOrigin(
  { restoreFrom, restoreOver }: { readonly restoreFrom?: string | undefined; readonly restoreOver: boolean },
  issues: z.core.$RefinementCtx,
): void {
  if (!restoreOver || restoreFrom !== undefined) return;
  const message = "is true, and there is no restoreFrom to take data from; leave it to ./llm restore.";
  issues.addIssue({ code: "custom", path: ["database", "restoreOver"], message });
}
