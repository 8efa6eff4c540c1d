import { chmod, utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ensureDirectories, STALE_AFTER_MS } from "../../../../services/lambda-efs/lib/mount";
import { bundledProducer } from "./child";
import { apiEvent } from "./events";
import { type Harness, ingest, startHarness } from "./harness";
import { measureProducer } from "./measure-producer";

// The producer as it is deployed: one bundled file in a process of its own. What this does not prove: EFS's own behaviour, since the mount is a local folder.
const MIB = 1024 ** 2;

let harness: Harness;
let producer: ReturnType<typeof bundledProducer>;
beforeAll(async () => {
  harness = await startHarness();
  producer = bundledProducer();
});
beforeEach(() => harness.reset());
afterAll(async () => {
  producer.remove();
  await harness.close();
});

test("copies 300 MB with less than 256 MB of memory", async () => {
  const { peakRssBytes } = await measureProducer(300 * MIB);
  expect(peakRssBytes).toBeLessThan(256 * MIB);
  // Of less, the measurement itself would be wrong: Node alone takes more.
  expect(peakRssBytes).toBeGreaterThan(30 * MIB);
});

describe("killed without warning", () => {
  test.each([0, 1, 3 * MIB])(
    "after %i bytes, it leaves nothing where files are read, and its part goes later",
    async (stallAfter) => {
      harness.s3.objects.set("models/a", { sizeBytes: 8 * MIB });
      harness.s3.faults.set("models/a", { stallAfter });
      const { process: child, done } = producer.run({ env: harness.env, event: apiEvent({ key: "models/a" }) });
      const parts = async () => (await harness.tree()).filter((path) => path.endsWith(".part"));
      await expect.poll(parts, { timeout: 20_000 }).toHaveLength(1);
      child.kill("SIGKILL");
      await expect(done).rejects.toThrow("SIGKILL");

      const [part = ""] = await parts();
      expect(await harness.tree()).toEqual(["inputs/", part, "models/", "outputs/"]);

      harness.s3.faults.clear();
      const old = (Date.now() - STALE_AFTER_MS - 5000) / 1000;
      await utimes(join(harness.mount, part), old, old);
      expect((await ingest(harness, { key: "models/a" })).status).toBe(201);
      expect(await harness.tree()).toEqual(["inputs/", "models/", "models/a", "outputs/"]);
    },
  );
});

describe("a mount it may not write to", () => {
  test.each([
    ["that is new", async () => undefined],
    ["that has its folders", () => ensureDirectories(harness.mount)],
  ])("%s is an error of its own, with nothing left behind", async (_what, prepare) => {
    await chmod(harness.base, 0o755);
    await prepare();
    const before = await harness.tree();
    await chmod(harness.mount, 0o555);
    for (const path of before) await chmod(join(harness.mount, path), 0o555);

    const { done } = producer.run({ env: harness.env, event: apiEvent({ data: "YWJj" }), unprivileged: true });
    const { answer } = await done;
    expect([answer.status, answer.body.error.code]).toEqual([500, "MOUNT_READ_ONLY"]);
    expect(await harness.tree()).toEqual(before);
  });

  test("is not the same as one it may write to", async () => {
    await chmod(harness.base, 0o755);
    await chmod(harness.mount, 0o777);
    const { done } = producer.run({ env: harness.env, event: apiEvent({ data: "YWJj" }), unprivileged: true });
    expect((await done).answer.status).toBe(201);
  });
});
