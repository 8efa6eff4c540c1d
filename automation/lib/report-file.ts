import { accessSync, constants, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "./exit";
import { callerPath } from "./paths";

/**
 * The path of a report that the caller asked for, ready to be written: checked before minutes of work, not after them, and with no report of an
 * earlier run left that could be taken for this one's.
 * @throws UsageError where none can be written
 */
export function reportFile(path: string): string {
  const file = callerPath(path);
  try {
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`The report ${file} can't be written: ${reason}`, "Name a file in a folder you can write to.");
  }
  return file;
}
