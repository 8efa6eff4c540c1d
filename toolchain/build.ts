import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname, join } from "node:path";
import { withLock } from "../automation/lib/lock";
import { UserError } from "../automation/lib/user-error";
import { checkGo, explain } from "./go";
import { type EngineLayout, engineLayout, isComplete, sources } from "./layout";
import { lanes, type Part } from "./parts";
import { HEARTBEAT_MS, type Log, withHeartbeat } from "./run";

/** The engine itself, and the copied sources while it is built. Go's own caches come on top, wherever they are. */
const NEEDED_BYTES = 1.5e9;

/** Compiling two large packages at once takes this much memory. */
const TWO_LANES_BYTES = 10e9;

/**
 * Build what is missing of the engine and return where it lies. Of several runs at once, one builds and the others wait.
 * A part appears in its place whole or not at all, so an interrupted build leaves nothing broken and the next one goes on.
 *
 * @throws UserError when Go, the network, memory or disk space is missing, or a part does not compile
 */
export async function buildEngine(log: Log): Promise<EngineLayout> {
  const layout = engineLayout();
  if (isComplete(layout)) return layout;
  let waiting: NodeJS.Timeout | undefined;
  const stopWaiting = () => clearInterval(waiting);
  try {
    await withLock(
      layout.root,
      async () => {
        stopWaiting();
        if (!isComplete(layout)) await buildMissing(layout, log);
      },
      {
        onWait: () => {
          log("Another run is building the Pulumi engine; waiting for it ...");
          const start = Date.now();
          const seconds = () => Math.round((Date.now() - start) / 1000);
          waiting = setInterval(() => log(`Still waiting for the other run (${seconds()} s)`), HEARTBEAT_MS);
        },
      },
    );
  } finally {
    stopWaiting();
  }
  return layout;
}

async function buildMissing(layout: EngineLayout, log: Log): Promise<void> {
  await mkdir(layout.root, { recursive: true });
  await removeStaging(layout);
  await requireSpace(layout.root, NEEDED_BYTES);
  const go = await checkGo(sources.cli, join(layout.logs, "go.log"));
  log(`Building the Pulumi engine with ${go}, once, into ${layout.root}`);
  log("About 8 minutes and 7 GB of Go caches on 2 cores; Ctrl-C is safe, the next run goes on from there.");

  const stop = new AbortController();
  const build = async (part: Part): Promise<void> => {
    const target = part.target(layout);
    if (existsSync(target)) return;
    const staging = stagingFolder(layout, part);
    await mkdir(staging, { recursive: true });
    try {
      await withHeartbeat(`  ${part.title}`, log, async () => {
        const made = await part.build({ staging, logs: layout.logs, signal: stop.signal, log });
        await mkdir(dirname(target), { recursive: true });
        await rename(made, target);
      });
    } catch (error) {
      // The other lane's work would be thrown away, or go on behind the error message.
      const reason = explain(`Building ${part.title}`, error);
      stop.abort(reason);
      throw reason;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  };
  const inOrder = async (parts: readonly Part[]) => {
    for (const part of parts) await build(part);
  };
  try {
    if (memory() >= TWO_LANES_BYTES) await settleAll(lanes.map(inOrder));
    else await inOrder(lanes.flat());
  } finally {
    await removeStaging(layout);
  }
}

/** Wait for all, then throw the first failure: nobody may still be writing when the caller cleans up. */
async function settleAll(promises: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
}

const STAGING = "staging-";

/** With the process id: what a killed run's compilers still write can't get in the way of this one. */
function stagingFolder(layout: EngineLayout, part: Part): string {
  return join(layout.root, `${STAGING}${process.pid}`, part.title.replaceAll(/[^\w.]+/g, "-"));
}

async function removeStaging(layout: EngineLayout): Promise<void> {
  const leftovers = (await readdir(layout.root)).filter((name) => name.startsWith(STAGING));
  await Promise.all(leftovers.map((name) => rm(join(layout.root, name), { recursive: true, force: true })));
}

/** Memory this process may use, in bytes: a container's limit counts, not the machine's. */
function memory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** @throws UserError when the file system of `folder` has fewer than `bytes` free */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  const gigabytes = (value: number) => `${(value / 1e9).toFixed(1)} GB`;
  throw new UserError(
    `Building the Pulumi engine needs ${gigabytes(bytes)} in ${folder}, and ${gigabytes(free)} are free.`,
    "Make room, or name a folder on another disk in LLM_STACKS_CACHE.",
  );
}
