import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import { endGroup } from "../server-process";

export interface Child {
  /** Why it ended, once it has. */
  ended(): string | undefined;
  /** The end of what it printed. */
  lastOutput(): string;
  stop(): Promise<void>;
  /** As kill -9 does, to it and to all that it has started. */
  kill(): Promise<void>;
}

// The shell waits for the server, and ends it as soon as file descriptor 3 closes: that is when this process is gone,
// however it went.
const LIFELINE = `"$@" & server=$!
(while read -r _; do :; done; kill "$server" 2>/dev/null) <&3 &
wait "$server"`;

/**
 * Start a server that does not outlive this process, not even after kill -9.
 *
 * @param logFile gets what it prints
 */
export function startChild(
  command: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; logFile: string },
): Child {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, "w");
  const child = spawn("sh", ["-c", LIFELINE, "sh", command, ...args], {
    env: options.env,
    stdio: ["ignore", log, log, "pipe"],
    // Ctrl-C here must not end it before whoever uses it is done; `stop` ends the whole group.
    detached: true,
  });
  closeSync(log);
  let ended: string | undefined;
  const gone = new Promise<void>((resolve) => {
    const end = (how: string) => {
      ended = how;
      resolve();
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => end(signal ? `signal ${signal}` : `exit status ${code}`));
  });
  const lifeline = child.stdio[3] as Writable | null;
  lifeline?.on("error", () => {
    // The child is gone; `ended` says so.
  });
  const onExit = () => {
    if (child.pid !== undefined && ended === undefined) process.kill(-child.pid, "SIGTERM");
  };
  process.once("exit", onExit);
  return {
    ended: () => ended,
    lastOutput: () => readFileSync(options.logFile, "utf8").trimEnd().split("\n").slice(-15).join("\n"),
    stop: async () => {
      process.off("exit", onExit);
      lifeline?.end();
      if (child.pid === undefined) return;
      if (ended === undefined) await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 5_000).unref())]);
      await endGroup(child.pid, 2_000);
    },
    kill: async () => {
      process.off("exit", onExit);
      if (child.pid === undefined || ended !== undefined) return;
      process.kill(-child.pid, "SIGKILL");
      await gone;
      lifeline?.end();
    },
  };
}
