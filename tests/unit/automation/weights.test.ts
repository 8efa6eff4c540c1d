import { createHash } from "node:crypto";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { destinationOf } from "../../../automation/weights/destination";
import { readModelFolder, withChecksums } from "../../../automation/weights/folder";
import { ByteProgress, size } from "../../../automation/weights/progress";
import { safetensorsMistake } from "../../../automation/weights/safetensors";
import { modelFolder, safetensors, uploadedNames, wholeModel } from "../../support/model-folder";

async function inFolder<T>(
  changes: Parameters<typeof modelFolder>[0],
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const { folder, remove } = modelFolder(changes);
  try {
    return await use(folder);
  } finally {
    remove();
  }
}

describe("a model's folder", () => {
  test("gives the files that instances take from the hub, and names the others", async () => {
    await inFolder({ "manifest.json": "{}", ".gitattributes": "x" }, async (folder) => {
      mkdirSync(join(folder, "onnx"));
      const model = await readModelFolder(folder);
      expect(model.files.map(({ path }) => path)).toEqual(uploadedNames);
      expect(model.files.map(({ bytes }) => bytes)).toEqual(
        uploadedNames.map((name) => Buffer.byteLength(wholeModel[name] ?? "")),
      );
      expect(model.leftOut).toEqual([
        ".gitattributes",
        "README.md",
        "manifest.json",
        "modeling_phi3.py",
        "onnx",
        "pytorch_model.bin",
      ]);
    });
  });

  test("may be made of links, as the hub's cache is; one that leads nowhere is a missing file", async () => {
    await inFolder({}, async (folder) => {
      const [one, two] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
      renameSync(join(folder, one), join(folder, "blob"));
      symlinkSync("blob", join(folder, one));
      expect((await readModelFolder(folder)).files).toHaveLength(uploadedNames.length);
      renameSync(join(folder, two), join(folder, "other"));
      symlinkSync("nowhere", join(folder, two));
      await expect(readModelFolder(folder)).rejects.toThrow(`no ${two}, which model.safetensors.index.json names`);
    });
  });

  const lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 4972489328\n";
  test.each([
    ["no configuration", { "config.json": undefined }, "no config.json"],
    ["a configuration that is none", { "config.json": "[1]" }, "config.json is no JSON with model_type"],
    ["a configuration that was cut off", { "config.json": '{"model' }, "config.json is no JSON with model_type"],
    [
      "no tokenizer",
      { "tokenizer.json": undefined, "tokenizer.model": undefined },
      "no tokenizer.json, tokenizer.model or vocab.json",
    ],
    [
      "a part too few",
      { "model-00002-of-00002.safetensors": undefined },
      "no model-00002-of-00002.safetensors, which model.safetensors.index.json names",
    ],
    [
      "an index that is none",
      { "model.safetensors.index.json": "{}" },
      "model.safetensors.index.json is no JSON with weight_map",
    ],
    [
      "pointers of Git LFS",
      { "model-00001-of-00002.safetensors": lfs },
      "model-00001-of-00002.safetensors is a pointer of Git LFS",
    ],
    [
      "a part that goes on",
      { "model-00002-of-00002.safetensors": Buffer.concat([safetensors(9), Buffer.alloc(3)]) },
      "model-00002-of-00002.safetensors has 3 bytes more than its tensors take",
    ],
    [
      "a header that names nothing",
      { "model-00002-of-00002.safetensors": Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from("{}")]) },
      "model-00002-of-00002.safetensors has a header that names no tensors",
    ],
  ])("with %s is refused", async (_what, changes, says) => {
    await inFolder(changes, (folder) => expect(readModelFolder(folder)).rejects.toThrow(says));
  });

  test("is refused with all that is wrong at once, and a way to get a whole one", async () => {
    await inFolder(
      {
        "config.json": undefined,
        "model-00001-of-00002.safetensors": undefined,
        "model-00002-of-00002.safetensors": undefined,
        "model.safetensors.index.json": undefined,
      },
      async (folder) => {
        const error = await readModelFolder(folder).catch((caught: unknown) => caught);
        expect(error).toMatchObject({
          name: "UserError",
          message: `${folder} does not hold a whole model:\n  no config.json\n  no *.safetensors: the weights themselves are missing`,
          hint: expect.stringContaining("hf download"),
        });
      },
    );
  });

  test("that is none says so", async () => {
    await expect(readModelFolder("/nowhere/at/all")).rejects.toThrow("There is no folder /nowhere/at/all");
    await expect(readModelFolder(__filename)).rejects.toThrow("This is a file and no folder:");
  });

  property.prop([fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })], {
    numRuns: 40,
  })("finds every safetensors file that was cut off", async (bytes, where) => {
    const whole = safetensors(bytes);
    await inFolder({}, async (folder) => {
      const file = join(folder, "part.safetensors");
      writeFileSync(file, whole);
      expect(await safetensorsMistake(file)).toBeUndefined();
      writeFileSync(file, whole.subarray(0, Math.floor(whole.length * where)));
      expect(await safetensorsMistake(file)).toMatch(/^has /);
    });
  });

  test("has checksums of what is in the files, and tells every byte that it read", async () => {
    await inFolder({}, async (folder) => {
      let read = 0;
      const model = await readModelFolder(folder);
      const files = await withChecksums(model, (bytes) => {
        read += bytes;
      });
      expect(files.map(({ path, sha256 }) => [path, sha256])).toEqual(
        uploadedNames.map((name) => [
          name,
          createHash("sha256")
            .update(wholeModel[name] ?? "")
            .digest("hex"),
        ]),
      );
      expect(read).toBe(model.files.reduce((sum, { bytes }) => sum + bytes, 0));
    });
  });
});

describe("where weights go", () => {
  const deployed = "f39ac1d28e925b323eae81227eaba4464caced4e";
  const outputs = {
    phi3: {
      weightsBucketName: "phi3-weights-dev-1",
      weightsPrefix: `microsoft/Phi-3-mini-4k-instruct/${deployed}`,
    },
  };
  const dev = { stackName: "dev", systems: ["lambda-efs", "phi3"] };

  test("is what the stack's instances look at, unless told otherwise", () => {
    expect(destinationOf(outputs, dev)).toEqual({
      bucket: "phi3-weights-dev-1",
      prefix: `microsoft/Phi-3-mini-4k-instruct/${deployed}`,
    });
    const revision = "0".repeat(40);
    expect(destinationOf(outputs, { ...dev, revision }).prefix).toBe(`microsoft/Phi-3-mini-4k-instruct/${revision}`);
    expect(destinationOf(outputs, { ...dev, model: "acme/other" }).prefix).toBe(`acme/other/${deployed}`);
  });

  const told = (run: () => unknown): { message: string; hint?: string } => {
    try {
      run();
    } catch (error) {
      return error as { message: string; hint?: string };
    }
    throw new Error("It was not refused.");
  };

  test("is told to be missing when the system is not deployed, or not in the stack", () => {
    expect(told(() => destinationOf({}, { ...dev, local: true }))).toMatchObject({
      message: "Stack dev has no bucket for weights: phi3 is not deployed, or not with this version.",
      hint: "Deploy it: ./llm up dev --local",
    });
    expect(told(() => destinationOf({}, { ...dev, systems: ["lambda-efs"] }))).toMatchObject({
      message: "Stack dev has no system phi3, whose instances would take the weights; it has lambda-efs.",
      hint: "Add phi3 to llm-stacks:systems in Pulumi.dev.yaml, or deploy it alone: ./llm up dev --systems phi3",
    });
  });

  test.each([
    [{ model: "phi" }, '"phi" is no model\'s name.'],
    [{ model: "../x" }, '"../x" is no model\'s name.'],
    [{ revision: "main" }, '"main" is no revision of a model.'],
  ])("refuses %o", (changes, message) => {
    expect(told(() => destinationOf(outputs, { ...dev, ...changes })).message).toBe(message);
  });
});

describe("progress", () => {
  test("is told every three seconds, without what need not be done", () => {
    const lines: string[] = [];
    let now = 0;
    const progress = new ByteProgress(
      "sent",
      10e6,
      (line) => lines.push(line),
      () => now,
    );
    progress.skip(2e6);
    progress.add(1e6);
    now = 4000;
    progress.add(1e6);
    now = 5000;
    progress.add(1e6);
    expect(lines).toEqual(["  sent: 2.00 MB of 8.00 MB, 500 kB/s, 12 s to go"]);
  });

  test("speaks of bytes as people do", () => {
    expect([0, 999, 1000, 253_115_904, 7_642_159_104].map(size)).toEqual([
      "0 B",
      "999 B",
      "1.00 kB",
      "253 MB",
      "7.64 GB",
    ]);
  });
});
