import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Emulator, type EmulatorOptions, ensureEmulator, stopEmulator } from "../../local/emulator";
import { freePort } from "../../local/server-process";

export interface TestEmulator extends Emulator {
  stateDir: string;
  /** End it the way a user would, then remove everything it kept. */
  dispose(): Promise<void>;
  log(): Promise<string>;
}

/** An emulator of its own, in a temporary folder and on a free port: tests never touch the user's. */
export async function startTestEmulator(options: EmulatorOptions = {}): Promise<TestEmulator> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), "llm-stacks-test-emulator-")));
  const all = { ...options, stateDir, port: options.port ?? (await freePort()) };
  const emulator = await ensureEmulator(() => {}, all);
  // A test run that dies must not leave a server behind.
  const end = () => {
    try {
      process.kill(-emulator.pid, "SIGKILL");
    } catch {
      // It ended before.
    }
  };
  process.once("exit", end);
  return {
    ...emulator,
    stateDir,
    dispose: async () => {
      process.removeListener("exit", end);
      await stopEmulator(() => {}, all);
      await rm(stateDir, { recursive: true, force: true });
    },
    log: () => readFile(emulator.logFile, "utf8"),
  };
}
