import { describe, expect, test } from "vitest";
import { MemoryAlarm, readMemory } from "../../../../services/afirgen/backend/memory";

const meminfo = "MemTotal:        1000000 kB\nMemFree:          100000 kB\nMemAvailable:     600000 kB\n";
const mb = 1024 * 1024;

const reader = (files: Record<string, string>) => async (path: string) => files[path];

describe("memory", () => {
  test("of a container under cgroup v2, without the file pages that can go", async () => {
    const read = reader({
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/memory.max": `${274 * mb}\n`,
      "/sys/fs/cgroup/memory.current": `${250 * mb}\n`,
      "/sys/fs/cgroup/memory.stat": `anon 1\nfile 2\ninactive_file ${20 * mb}\nactive_file 3\n`,
    });
    expect(await readMemory(read)).toEqual({
      of: "cgroup v2",
      usedBytes: 230 * mb,
      limitBytes: 274 * mb,
      percent: (100 * 230) / 274,
    });
  });

  test("of the process's own group under cgroup v1", async () => {
    const folder = "/sys/fs/cgroup/memory/group/inner";
    const read = reader({
      "/proc/meminfo": meminfo,
      "/proc/self/cgroup": "5:devices:/\n4:memory:/group/inner\n0::/\n",
      [`${folder}/memory.limit_in_bytes`]: `${100 * mb}\n`,
      [`${folder}/memory.usage_in_bytes`]: `${90 * mb}\n`,
      [`${folder}/memory.stat`]: `cache 1\ntotal_inactive_file ${5 * mb}\n`,
    });
    expect(await readMemory(read)).toMatchObject({ of: "cgroup v1", percent: 85 });
  });

  test.each([
    ["without any cgroup", {}],
    [
      "with one that has no limit (v2)",
      { "/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/memory.current": "1000\n" },
    ],
    [
      "with one that has no limit (v1)",
      {
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1000\n",
      },
    ],
    [
      "when it is fuller than the container",
      { "/sys/fs/cgroup/memory.max": `${500 * mb}\n`, "/sys/fs/cgroup/memory.current": `${10 * mb}\n` },
    ],
  ])("of the machine %s", async (_, files: Record<string, string>) => {
    const read = reader({ "/proc/meminfo": meminfo, ...files });
    expect(await readMemory(read)).toMatchObject({ of: "machine", percent: 40 });
  });

  test("the real machine tells something", async () => {
    const { percent, limitBytes } = await readMemory();
    expect(percent).toBeGreaterThan(0);
    expect(percent).toBeLessThanOrEqual(100);
    expect(limitBytes).toBeGreaterThan(1e6);
  });

  test("an alarm is told once, and again after memory was 2 points below", () => {
    const alarm = new MemoryAlarm([90, 95]);
    const seen = [80, 91, 92, 96, 97, 94, 95, 92.9, 95, 87, 91].map((percent) => alarm.see(percent));
    expect(seen).toEqual([undefined, 90, undefined, 95, undefined, undefined, undefined, undefined, 95, undefined, 90]);
  });
});
