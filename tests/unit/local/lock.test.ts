import { existsSync, mkdirSync, mkdtempSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { withLock } from "../../../automation/lib/lock";

const target = () => join(mkdtempSync(join(tmpdir(), "lock-")), "deeper", "thing");

test("two actions under one path take turns, and the second says once that it waits", async () => {
  const path = target();
  const events: string[] = [];
  const action = (name: string) => async () => {
    events.push(`${name} in`);
    await sleep(700);
    events.push(`${name} out`);
    return name;
  };
  const first = withLock(path, action("a"));
  await expect.poll(() => events).toEqual(["a in"]);
  const second = withLock(path, action("b"), { onWait: () => events.push("b waits") });
  expect(await Promise.all([first, second])).toEqual(["a", "b"]);
  expect(events).toEqual(["a in", "b waits", "a out", "b in", "b out"]);
});

test("a failed action gives the lock back", async () => {
  const path = target();
  await expect(withLock(path, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(existsSync(`${path}.lock`)).toBe(false);
});

test("the lock of a process that died is taken over", async () => {
  const path = target();
  mkdirSync(`${path}.lock`, { recursive: true });
  const minuteAgo = new Date(Date.now() - 60_000);
  utimesSync(`${path}.lock`, minuteAgo, minuteAgo);
  expect(await withLock(path, () => Promise.resolve("mine"))).toBe("mine");
});

test("waiting ends with the folder to remove", async () => {
  const path = target();
  mkdirSync(`${path}.lock`, { recursive: true });
  await expect(withLock(path, () => Promise.resolve(), { waitSeconds: 0 })).rejects.toMatchObject({
    name: "UserError",
    message: `Another run has held ${path}.lock for too long.`,
    hint: expect.stringContaining(`remove the folder ${path}.lock`),
  });
});
