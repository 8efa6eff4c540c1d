import { execFileSync } from "node:child_process";

export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** All that a process has started, and what those have, as far as they still live under it. */
export function descendants(pid: number): Process[] {
  const rows = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s(.*)$/.exec(line) ?? [])
    .map(([, id, parent, command = ""]) => ({ pid: Number(id), parent: Number(parent), command }));
  const below = (parent: number): Process[] =>
    rows
      .filter((row) => row.parent === parent)
      .flatMap((row) => [{ pid: row.pid, command: row.command }, ...below(row.pid)]);
  return below(pid);
}
