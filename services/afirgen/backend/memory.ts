import { readFile } from "node:fs/promises";

/** How full memory is: that of the process's cgroup, or of the machine, whichever is fuller. */

export interface MemoryReading {
  /** Of the limit, 0 to 100. */
  readonly percent: number;
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly of: "cgroup v2" | "cgroup v1" | "machine";
}

/** Text of a file, undefined where there is none. */
export type ReadText = (path: string) => Promise<string | undefined>;

const readText: ReadText = (path) => readFile(path, "utf8").catch(() => undefined);

/**
 * Memory in use. File pages that the kernel can take back at once are not counted, as `docker stats` does it: a model's weights are mapped, and would
 * otherwise fill any limit.
 *
 * @throws Error where there is no /proc/meminfo
 */
export async function readMemory(read: ReadText = readText): Promise<MemoryReading> {
  const machine = parseMeminfo((await read("/proc/meminfo")) ?? "");
  const cgroup = await readCgroup(read, machine.limitBytes);
  return cgroup !== undefined && cgroup.percent > machine.percent ? cgroup : machine;
}

async function readCgroup(read: ReadText, machineBytes: number): Promise<MemoryReading | undefined> {
  const membership = (await read("/proc/self/cgroup")) ?? "";
  return (await readV2(read, membership, machineBytes)) ?? (await readV1(read, membership, machineBytes));
}

/** In a container the process's cgroup is mounted as the root; outside one it is a folder below. */
function foldersOf(root: string, path: string | undefined): string[] {
  return path === undefined || path === "/" ? [root] : [`${root}${path}`, root];
}

async function readV2(read: ReadText, membership: string, machineBytes: number): Promise<MemoryReading | undefined> {
  const path = /^0::(.*)$/m.exec(membership)?.[1];
  for (const folder of foldersOf("/sys/fs/cgroup", path)) {
    const limit = await read(`${folder}/memory.max`);
    const used = await read(`${folder}/memory.current`);
    if (limit === undefined || used === undefined) continue;
    const stat = await read(`${folder}/memory.stat`);
    return reading("cgroup v2", limit, used, statOf(stat, "inactive_file"), machineBytes);
  }
  return undefined;
}

async function readV1(read: ReadText, membership: string, machineBytes: number): Promise<MemoryReading | undefined> {
  const path = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(membership)?.[1];
  for (const folder of foldersOf("/sys/fs/cgroup/memory", path)) {
    const limit = await read(`${folder}/memory.limit_in_bytes`);
    const used = await read(`${folder}/memory.usage_in_bytes`);
    if (limit === undefined || used === undefined) continue;
    const stat = await read(`${folder}/memory.stat`);
    return reading("cgroup v1", limit, used, statOf(stat, "total_inactive_file"), machineBytes);
  }
  return undefined;
}

function statOf(stat: string | undefined, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat ?? "")?.[1] ?? 0);
}

/** Undefined without a limit of its own: "max" in v2, a number no machine reaches in v1. */
function reading(
  of: MemoryReading["of"],
  limitText: string,
  usedText: string,
  reclaimable: number,
  machineBytes: number,
): MemoryReading | undefined {
  const limitBytes = Number(limitText.trim());
  const used = Number(usedText.trim());
  if (!Number.isFinite(limitBytes) || !Number.isFinite(used) || limitBytes <= 0 || limitBytes >= machineBytes) {
    return undefined;
  }
  const usedBytes = Math.max(0, used - reclaimable);
  return { of, usedBytes, limitBytes, percent: (100 * usedBytes) / limitBytes };
}

function parseMeminfo(text: string): MemoryReading {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? Number.NaN) * 1024;
  const limitBytes = bytes("MemTotal");
  const usedBytes = limitBytes - bytes("MemAvailable");
  if (!Number.isFinite(usedBytes)) throw new Error("/proc/meminfo does not tell MemTotal and MemAvailable");
  return { of: "machine", usedBytes, limitBytes, percent: (100 * usedBytes) / limitBytes };
}

/** Tells once when memory rises to a level, and again only after it was 2 points below. */
export class MemoryAlarm {
  private raised = new Set<number>();

  /** @param levels percent */
  constructor(private readonly levels: readonly number[]) {}

  /** The highest level that this reading is the first to reach. */
  see(percent: number): number | undefined {
    for (const level of this.levels) if (percent < level - 2) this.raised.delete(level);
    const reached = this.levels.filter((level) => percent >= level && !this.raised.has(level));
    for (const level of reached) this.raised.add(level);
    return reached.length === 0 ? undefined : Math.max(...reached);
  }
}
