import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A memory cgroup of its own, as a container has one. */
export interface MemoryLimit {
  readonly limitBytes: number;
  /** Puts a process into it. Children follow. */
  add(pid: number): void;
  dispose(): Promise<void>;
}

const v1Root = "/sys/fs/cgroup/memory";
const v2Root = "/sys/fs/cgroup";

/** @returns undefined where none can be made: without root, or in a container that may not */
export function limitMemory(megabytes: number): MemoryLimit | undefined {
  const limitBytes = megabytes * 1024 * 1024;
  const v1 = existsSync(join(v1Root, "memory.limit_in_bytes"));
  if (!v1 && !existsSync(join(v2Root, "cgroup.controllers"))) return undefined;
  // Below the group of this process, in which it may be allowed to make one.
  const own = v1 ? /^\d+:memory:(.*)$/m : /^0::(.*)$/m;
  const path = own.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/";
  const parent = v1 ? v1Root : v2Root;
  for (const base of [join(parent, path), parent]) {
    const folder = join(base, `afirgen-test-${process.pid}`);
    try {
      if (!v1) writeFileSync(join(base, "cgroup.subtree_control"), "+memory");
      mkdirSync(folder);
      writeFileSync(join(folder, v1 ? "memory.limit_in_bytes" : "memory.max"), String(limitBytes));
    } catch {
      if (existsSync(folder)) rmdirSync(folder);
      continue;
    }
    return {
      limitBytes,
      add: (pid) => writeFileSync(join(folder, "cgroup.procs"), String(pid)),
      dispose: async () => {
        for (let tries = 0; tries < 100; tries += 1) {
          if (readFileSync(join(folder, "cgroup.procs"), "utf8").trim() === "") break;
          await sleep(50);
        }
        rmdirSync(folder);
      },
    };
  }
  return undefined;
}

/** The kernel ends the process with the highest first. */
export function killFirst(pid: number, score: number): void {
  writeFileSync(`/proc/${pid}/oom_score_adj`, String(score));
}

/** A process that holds as much memory as it is told to. */
export class Hog {
  private readonly child: ChildProcess;
  /** Megabytes. */
  held = 0;

  constructor(limit: MemoryLimit) {
    // Megabyte by megabyte, each given back to the kernel at once: on the way to another size it never holds less than both.
    const program = `import mmap, sys
held = []
for line in sys.stdin:
  while len(held) > int(line): held.pop().close()
  while len(held) < int(line):
    held.append(mmap.mmap(-1, 1 << 20))
    held[-1].write(b"x" * (1 << 20))
  print(len(held), flush=True)`;
    this.child = spawn("python3", ["-c", program], { stdio: ["pipe", "pipe", "inherit"] });
    if (this.child.pid === undefined) throw new Error("python3 can't be started");
    limit.add(this.child.pid);
  }

  /** Resolves when it holds them. */
  async hold(megabytes: number): Promise<void> {
    const { stdin, stdout } = this.child;
    const answered = new Promise<void>((resolve) => stdout?.once("data", () => resolve()));
    stdin?.write(`${megabytes}\n`);
    await answered;
    this.held = megabytes;
  }

  stop(): void {
    this.child.kill("SIGKILL");
  }
}
