import { rmSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "../../../local/model/child";

export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** As a crash does; what it kept in memory is gone. */
  stop(): Promise<void>;
  /** Again on the same port. */
  start(): Promise<void>;
  dispose(): Promise<void>;
}

interface Server {
  /** For errors. */
  readonly name: string;
  readonly url: string;
  readonly port: number;
  /** What it keeps; goes with it. */
  readonly dir: string;
  launch(): Child;
  /** Waits for what listening alone does not show. */
  ready?(): Promise<void>;
}

/** Starts a server that can be stopped and started again. */
export async function runServer({ name, url, port, dir, launch, ready }: Server): Promise<TestServer> {
  let child: Child | undefined;
  const start = async () => {
    child = launch();
    await listening(port, child, name);
    await ready?.();
  };
  const stop = async () => {
    await child?.stop();
    child = undefined;
  };
  await start();
  return {
    url,
    port,
    start,
    stop,
    dispose: async () => {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function listening(port: number, child: Child, name: string): Promise<void> {
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
