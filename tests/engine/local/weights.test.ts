import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localDir } from "../../../automation/lib/paths";
import { readModelFolder, withChecksums } from "../../../automation/weights/folder";
import { type UploadArgs, uploadWeights } from "../../../automation/weights/upload";
import { ensureEngine } from "../../../toolchain/engine";
import { parseWeightsManifest, weightsManifest } from "../../../userdata/weights-manifest";
import { llm } from "../../support/llm";
import { modelFolder, safetensors, uploadedNames } from "../../support/model-folder";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

/** Weights in a real S3 API; that instances take them from there, their own tests show. */
const bucket = "phi3-weights-dev-00000000";
const revision = "f39ac1d28e925b323eae81227eaba4464caced4e";
const prefix = `microsoft/Phi-3-mini-4k-instruct/${revision}`;
const [first, second] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;

function clientOf(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
}

/** The keys below the prefix that are written, with `onWrite` called before each: a place to fail. */
function watchWrites(s3: S3Client, onWrite: (name: string) => void = () => {}): string[] {
  const written: string[] = [];
  s3.middlewareStack.add(
    (next, context) => (args) => {
      const { Key = "" } = args.input as { Key?: string };
      if (["PutObjectCommand", "CreateMultipartUploadCommand"].includes(context.commandName ?? "")) {
        const name = Key.slice(prefix.length + 1);
        onWrite(name);
        written.push(name);
      }
      return next(args);
    },
    { step: "initialize", name: "watchWrites" },
  );
  return written;
}

async function readText(s3: S3Client, name: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}/${name}` }));
  return (await Body?.transformToString()) ?? "";
}

async function keys(s3: S3Client): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}/` }));
  return Contents.map(({ Key = "" }) => Key.slice(prefix.length + 1)).sort();
}

describe("uploading weights", () => {
  let emulator: TestEmulator;

  beforeAll(async () => {
    emulator = await startTestEmulator();
    await clientOf(emulator.endpoint).send(new CreateBucketCommand({ Bucket: bucket }));
  });

  afterAll(() => emulator?.dispose());

  async function upload(folder: string, s3: S3Client, more: Partial<UploadArgs> = {}) {
    const files = await withChecksums(await readModelFolder(folder), () => {});
    const args = { s3, bucket, prefix, folder, files, replace: false, onFile: () => {}, onBytes: () => {} };
    return { files, done: uploadWeights({ ...args, ...more }) };
  }

  test("stops without a manifest when it breaks off, goes on at that file, and sends nothing the third time", async () => {
    // Larger than a part of a multipart upload, which has a request of its own for the metadata.
    const { folder, remove } = modelFolder({ [first]: safetensors(20 * 1024 ** 2) });
    try {
      const broken = clientOf(emulator.endpoint);
      const beforeBreak = watchWrites(broken, (name) => {
        if (name === second) throw new Error("The line is dead.");
      });
      await expect((await upload(folder, broken)).done).rejects.toThrow("The line is dead.");
      expect(beforeBreak).toEqual(["config.json", first]);
      expect(await keys(broken)).toEqual(["config.json", first]);

      const s3 = clientOf(emulator.endpoint);
      const written = watchWrites(s3);
      let sentBytes = 0;
      const { files, done } = await upload(folder, s3, {
        onBytes: (bytes) => {
          sentBytes += bytes;
        },
      });
      const result = await done;
      const rest = uploadedNames.slice(2);
      expect(result).toEqual({
        manifestSha256: weightsManifest(files).sha256,
        sent: rest,
        there: ["config.json", first],
        manifestSent: true,
      });
      // The manifest says that all is there, so it comes when all is.
      expect(written).toEqual([...rest, "manifest.json"]);
      expect(sentBytes).toBe(
        files.filter(({ path }) => rest.includes(path)).reduce((sum, { bytes }) => sum + bytes, 0),
      );
      expect(parseWeightsManifest(await readText(s3, "manifest.json"))).toEqual(files);
      expect(await readText(s3, "tokenizer.model")).toBe("pieces");

      const again = clientOf(emulator.endpoint);
      const nothing = watchWrites(again);
      expect(await (await upload(folder, again)).done).toEqual({
        manifestSha256: result.manifestSha256,
        sent: [],
        there: uploadedNames,
        manifestSent: false,
      });
      expect(nothing).toEqual([]);
    } finally {
      remove();
    }
  });

  test("refuses other weights in their place, naming what differs, until told to replace them", async () => {
    const { folder, remove } = modelFolder({
      [first]: safetensors(20 * 1024 ** 2, 1),
      "tokenizer.model": undefined,
      "added_tokens.json": "{}",
    });
    try {
      const s3 = clientOf(emulator.endpoint);
      const written = watchWrites(s3);
      const error = await (await upload(folder, s3)).done.catch((caught: unknown) => caught);
      expect(error).toMatchObject({
        name: "UserError",
        message: `Other weights lie at s3://${bucket}/${prefix} already:\n  ${first} has another content\n  added_tokens.json is new\n  tokenizer.model is in the bucket alone`,
        hint: expect.stringContaining("--replace"),
      });
      expect(written).toEqual([]);
      const { files, done } = await upload(folder, s3, { replace: true });
      expect((await done).sent).toEqual(["added_tokens.json", first]);
      expect(parseWeightsManifest(await readText(s3, "manifest.json"))).toEqual(files);
    } finally {
      remove();
    }
  });

  test("leaves no half of a file when it is stopped", async () => {
    const { folder, remove } = modelFolder({ [second]: safetensors(40 * 1024 ** 2, 5) });
    try {
      const s3 = clientOf(emulator.endpoint);
      const stop = new AbortController();
      const { done } = await upload(folder, s3, {
        prefix: `acme/other/${revision}`,
        signal: stop.signal,
        onFile: ({ path }) => {
          if (path === second) setImmediate(() => stop.abort());
        },
      });
      await expect(done).rejects.toMatchObject({ name: "AbortError" });
      await expect
        .poll(async () => (await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [])
        .toEqual([]);
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "acme/" }));
      expect(Contents.map(({ Key }) => Key?.split("/").at(-1))).toEqual(["config.json", first]);
    } finally {
      remove();
    }
  });

  test("says when the bucket is not there", async () => {
    const { folder, remove } = modelFolder();
    try {
      const { done } = await upload(folder, clientOf(emulator.endpoint), { bucket: "no-such-bucket-0" });
      await expect(done).rejects.toThrow("There is no bucket no-such-bucket-0.");
    } finally {
      remove();
    }
  });
});

describe("./llm weights upload", () => {
  const home = join(localDir, "engine-weights");
  const env = { LLM_STACKS_LOCAL_DIR: home };
  const model = modelFolder();
  const command = ["weights", "upload", "dev", model.folder, "--local"];

  beforeAll(() => rmSync(home, { recursive: true, force: true }));

  afterAll(async () => {
    await llm(["local", "stop"], { env });
    rmSync(home, { recursive: true, force: true });
    model.remove();
  });

  /** What an update of the stack would leave: outputs that name a bucket. The bucket itself is made by the test. */
  async function pretendDeployed(): Promise<S3Client> {
    const engine = await ensureEngine(() => {});
    const envVars = {
      ...engine.env,
      PULUMI_BACKEND_URL: `file://${join(home, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "local",
    };
    Object.assign(process.env, engine.env);
    const stack = await LocalWorkspace.selectStack(
      { stackName: "dev", workDir: join(home, "project") },
      { pulumiCommand: await PulumiCommand.get({ skipVersionCheck: true }), envVars },
    );
    const state = await stack.exportStack();
    const type = "pulumi:pulumi:Stack";
    const urn = `urn:pulumi:dev::llm-stacks::${type}::llm-stacks-dev`;
    const outputs = { phi3: { weightsBucketName: bucket, weightsPrefix: prefix } };
    await stack.importStack({
      ...state,
      deployment: { ...state.deployment, resources: [{ urn, type, custom: false, outputs }] },
    });
    const status = await llm(["local", "status"], { env });
    const s3 = clientOf(/http:\/\/[\d.]+:\d+/.exec(status.stdout)?.[0] ?? "");
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    return s3;
  }

  test("says what is wrong before it asks AWS anything", async () => {
    const missing = await llm(["weights", "upload", "dev", join(model.folder, "nowhere"), "--local"], { env });
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining("There is no folder")]);
    const noStack = await llm(["weights", "upload", "nowhere", model.folder], { env });
    expect([noStack.status, noStack.stderr]).toEqual([2, expect.stringContaining('There is no stack "nowhere"')]);
  });

  test("uploads to the deployed bucket, prints the checksum and the commands that pin it, and then sends nothing", async () => {
    const early = await llm(command, { env });
    expect(early.status, early.output).toBe(1);
    expect(early.stderr).toMatch(/Stack dev has no (system phi3|bucket for weights)/);

    const s3 = await pretendDeployed();
    const run = await llm(command, { env });
    expect(run.status, run.output).toBe(0);
    const { sha256 } = weightsManifest(await withChecksums(await readModelFolder(model.folder), () => {}));
    expect(run.stdout).toContain(`sha256 of the manifest: ${sha256}`);
    expect(run.stdout).toContain(
      `pulumi config set --path 'llm-stacks:phi3.model.weightsManifestSha256' ${sha256} --stack dev`,
    );
    expect(run.stderr).toContain(
      "Left out, as instances have no use for it: README.md, modeling_phi3.py, pytorch_model.bin.",
    );
    expect(await keys(s3)).toEqual([...uploadedNames, "manifest.json"].sort());
    expect(weightsManifest(parseWeightsManifest(await readText(s3, "manifest.json"))).sha256).toBe(sha256);

    const again = await llm(command, { env });
    expect(again.status, again.output).toBe(0);
    expect(again.stdout).toContain(`0 files sent, ${uploadedNames.length} were there; manifest as it was.`);
  });

  test("ends with status 130 on Ctrl-C, and goes on when it is run again", async () => {
    const revisionFlags = ["--revision", "0".repeat(40)];
    writeFileSync(join(model.folder, second), safetensors(200e6, 3));
    let stopped = false;
    const interrupted = await llm([...command, ...revisionFlags], {
      env,
      onOutput: (output, child) => {
        if (stopped || !output.includes(`  ${second} (`)) return;
        stopped = child.kill("SIGINT");
      },
    });
    expect(interrupted.status, interrupted.output).toBe(130);
    expect(interrupted.stderr).toContain("Run the same command again");

    const again = await llm([...command, ...revisionFlags], { env });
    expect(again.status, again.output).toBe(0);
    expect(again.stderr).toMatch(new RegExp(`${first} \\(.*\\) is there`));
    expect(again.stdout).toContain(
      `pulumi config set --path 'llm-stacks:phi3.model.revision' ${"0".repeat(40)} --stack dev`,
    );
  });
});
