import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BreakerBoard } from "../../../../services/gateway/breaker/board";
import { Notices } from "../../../../services/gateway/breaker/notices";
import { silent } from "../../../../services/gateway/log";
import { vllm } from "./router-fixtures";

let dir: string;
let file: string;
let notices: Notices | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "notices-test-"));
  file = join(dir, "leaving");
});
afterEach(() => {
  notices?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const { targets } = vllm(3);
const host = (index: number) => new URL(targets[index]?.baseUrl ?? "").hostname;

function watched() {
  const warnings: object[] = [];
  const log = { ...silent, warn: (what: object) => warnings.push(what) };
  const circuits = new BreakerBoard({ targets, failures: 3, openMs: 60_000, redis: undefined, log: silent });
  notices = new Notices({ file, targets, circuits, log });
  notices.start();
  return { states: () => targets.map((target) => circuits.of(target).state), circuits, warnings };
}

test("an engine that is about to end gets nothing new, and the others do", async () => {
  const { states, circuits } = watched();
  writeFileSync(file, `2026-11-21T10:00:00Z ${host(1)} 10.3.1.1\n`);
  await expect.poll(states).toEqual(["closed", "open", "closed"]);
  const [, target] = targets;
  expect(target && circuits.of(target).reason).toBe("its instance 10.3.1.1 is taken away");
  appendFileSync(file, `2026-11-21T10:05:00Z ${host(2)} 10.3.1.2\n`);
  await expect.poll(states).toEqual(["closed", "open", "open"]);
});

test("what was told before the start is old, and a host that nobody has is a warning", async () => {
  writeFileSync(file, `2026-11-21T10:00:00Z ${host(0)} 10.3.1.1\n`);
  const { states, warnings } = watched();
  const line = "2026-11-21T10:05:00Z replica-99 10.3.1.2";
  appendFileSync(file, `${line}\n`);
  await expect.poll(() => warnings).toEqual([{ line }]);
  expect(states()).toEqual(["closed", "closed", "closed"]);
});
