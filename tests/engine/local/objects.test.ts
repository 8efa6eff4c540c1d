import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

let emulator: TestEmulator;
let folder: string;

beforeAll(async () => {
  emulator = await startTestEmulator();
  folder = mkdtempSync(join(tmpdir(), "llm-stacks-objects-"));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await emulator?.dispose();
});

test("an object that the provider uploads in parts keeps its tags", async () => {
  const file = join(folder, "large");
  writeFileSync(file, Buffer.alloc(6 * 1024 * 1024, "x"));
  const program = () => {
    const bucket = new aws.s3.Bucket("bucket", { forceDestroy: true });
    const source = new pulumi.asset.FileAsset(file);
    new aws.s3.BucketObjectv2("object", { bucket: bucket.bucket, key: "large", source, tags: { Kind: "a b&c" } });
    return Promise.resolve();
  };
  await withStack(
    "objects",
    program,
    async (stack) => {
      await stack.up();
      expect(await stack.changes()).toEqual({});
      expect(await stack.drift()).toEqual({});
    },
    { endpoint: emulator.endpoint },
  );
});
