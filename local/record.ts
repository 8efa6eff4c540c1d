import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../automation/lib/user-error";

/** Everything one emulator keeps on disk. */
export interface EmulatorPaths {
  stateDir: string;
  record: string;
  log: string;
  previousLog: string;
  /** Resources of every service, by ministack's persistence. */
  state: string;
  /** Files of the EFS file systems: `<file system id>/<root directory of the access point>`. */
  efs: string;
}

export function emulatorPaths(stateDir: string): EmulatorPaths {
  return {
    stateDir,
    record: join(stateDir, "emulator.json"),
    log: join(stateDir, "emulator.log"),
    previousLog: join(stateDir, "emulator.previous.log"),
    state: join(stateDir, "state"),
    efs: join(stateDir, "efs"),
  };
}

const recordSchema = z.object({
  /** Names the process: its identity endpoint answers with the same. */
  instance: z.string().min(1),
  pid: z.number().int().positive(),
  /** Stays the same over restarts, because resources (queue URLs, for one) have it in their names. */
  port: z.number().int().min(1).max(65535),
  version: z.string(),
  /** Names the files that it was started from. A record of an older checkout has none, and other files they were. */
  build: z.string().default(""),
  startedAt: z.string(),
  /** Scratch folder of the functions' processes. */
  workDir: z.string(),
});

/** What was started last, whether it still runs or not. */
export type EmulatorRecord = z.infer<typeof recordSchema>;

/** @throws UserError when the file is there but can't be understood */
export async function readRecord(paths: EmulatorPaths): Promise<EmulatorRecord | undefined> {
  if (!existsSync(paths.record)) return undefined;
  const text = await readFile(paths.record, "utf8");
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError(
      `${paths.record} can't be understood.`,
      "It says which process serves the local AWS. End that process if it runs (its command has local/emulator/main.py in it), then remove the file.",
      { cause },
    );
  }
}

export async function writeRecord(paths: EmulatorPaths, record: EmulatorRecord): Promise<void> {
  const draft = `${paths.record}.tmp`;
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`);
  await rename(draft, paths.record);
}
