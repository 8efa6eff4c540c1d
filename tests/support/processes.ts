import { execFileSync } from "node:child_process";

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Processes that lost the one that started them, and what these have started themselves. */
export function orphans(): Process[] {
  const rows = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s(.*)$/.exec(line) ?? [])
    .map(([, pid, parent, command = ""]) => ({ pid: Number(pid), parent: Number(parent), command }));
  const lost = rows.filter(({ parent }) => parent === 1);
  const ids = new Set(lost.map(({ pid }) => pid));
  return [...lost, ...rows.filter(({ parent }) => ids.has(parent))];
}
