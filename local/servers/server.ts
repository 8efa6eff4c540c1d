import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../automation/lib/user-error";
import type { Child } from "../model/child";

/** A server of a Debian package on the loopback address, which ends with this process. */
export interface LocalServer {
  readonly url: string;
  readonly port: number;
  /** As a crash does; what it kept in memory is gone. */
  stop(): Promise<void>;
  /** Again on the same port. */
  start(): Promise<void>;
  /** Stops it and forgets its data. */
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
export async function runServer({ name, url, port, dir, launch, ready }: Server): Promise<LocalServer> {
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
  const dispose = async () => {
    await stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return { url, port, start, stop, dispose };
}

/** A folder for a server's data, for this user alone. */
export function dataFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `llm-stacks-${name}-`));
}

/** A file that no other user may read. */
export function writePrivate(file: string, text: string): string {
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600);
  return file;
}

/** Where a program is; undefined where no folder of PATH has it. */
export function findProgram(program: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

/** @throws UserError that says how to get it, when no folder of PATH has the program */
export function requireProgram(program: string, debianPackage: string): string {
  const found = findProgram(program);
  if (found !== undefined) return found;
  throw new UserError(`${program} is not installed.`, `Install it: apt-get install ${debianPackage}`);
}

async function listening(port: number, child: Child, name: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; ) {
    if (await accepts(port)) return;
    const ended = child.ended();
    if (ended !== undefined || Date.now() > deadline) {
      throw new UserError(`${name} does not listen (${ended ?? "60 s"}). The end of its log:\n${child.lastOutput()}`);
    }
    await sleep(20);
  }
}

/** Whether something listens on a port of this machine. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
