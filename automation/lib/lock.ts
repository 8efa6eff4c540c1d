import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { lock } from "proper-lockfile";
import { UserError } from "./user-error";

const POLL_MS = 500;

export interface LockOptions {
  /** Called once, when another process holds the lock and this one starts to wait. */
  onWait?: () => void;
  /** How long to wait for the other process, in seconds. Default 1800: what is guarded here can take minutes to build. */
  waitSeconds?: number;
}

/**
 * Run `action` while no other process on this machine runs one under the same path. The lock is a folder `<path>.lock`
 * whose time stamp its holder keeps fresh; one that has not been refreshed for 15 s belongs to a dead process and is
 * taken over. `action` must therefore not block the event loop: start child processes with the asynchronous functions.
 */
export async function withLock<T>(path: string, action: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const deadline = Date.now() + (options.waitSeconds ?? 1800) * 1000;
  mkdirSync(dirname(path), { recursive: true });
  let release: (() => Promise<void>) | undefined;
  let announced = false;
  while (!release) {
    try {
      release = await lock(path, { realpath: false, stale: 15_000, update: 5_000 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
      if (Date.now() > deadline) {
        throw new UserError(
          `Another run has held ${path}.lock for too long.`,
          `Wait for it to finish; if none is running, remove the folder ${path}.lock.`,
        );
      }
      if (!announced) options.onWait?.();
      announced = true;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  try {
    return await action();
  } finally {
    await release();
  }
}
