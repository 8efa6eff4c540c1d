import { execFileSync } from "node:child_process";

/** Process ids of all that a process has started, and what those have, as far as they still live under it. */
export function descendants(pid: number): number[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([id, of]) => (of === parent && id !== undefined ? [id, ...below(id)] : []));
  return below(pid);
}
