import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, startChild } from "../../../local/model/child";
import { freePort } from "../../../local/server-process";

export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** As a crash does; what it kept in memory is gone. */
  stop(): Promise<void>;
  /** Again on the same port. */
  start(): Promise<void>;
  dispose(): Promise<void>;
}

/** A real Redis of its own. Debian's package is `redis-server`. */
export async function startRedis(): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), "gateway-redis-"));
  const port = await freePort();
  let child: Child | undefined;
  const start = async () => {
    const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir];
    child = startChild("redis-server", args, { env: process.env, logFile: join(dir, "redis.log") });
    await listening(port, child, "redis-server");
  };
  const stop = async () => {
    await child?.stop();
    child = undefined;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    stop,
    dispose: async () => {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export async function listening(port: number, child: Child, name: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; ) {
    if (await accepts(port)) return;
    const ended = child.ended();
    if (ended !== undefined || Date.now() > deadline) {
      throw new Error(`${name} does not listen (${ended ?? "60 s"}); is it installed?\n${child.lastOutput()}`);
    }
    await sleep(20);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
