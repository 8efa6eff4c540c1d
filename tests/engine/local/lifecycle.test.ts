import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterEach, describe, expect, test } from "vitest";
import {
  type Emulator,
  type EmulatorOptions,
  emulatorStatus,
  ensureEmulator,
  resetEmulator,
  startEmulator,
  stopEmulator,
} from "../../../local/emulator";
import { freePort, isAlive } from "../../../local/server-process";

// The emulator's process: found again, restarted with its resources, stopped without leftovers, never confused with another's.

const quiet = () => {};
const used: EmulatorOptions[] = [];

async function newOptions(): Promise<EmulatorOptions & { stateDir: string; port: number }> {
  const options = { stateDir: mkdtempSync(join(tmpdir(), "llm-stacks-lifecycle-")), port: await freePort() };
  used.push(options);
  return options;
}

afterEach(async () => {
  for (const options of used.splice(0)) {
    await stopEmulator(quiet, options);
    rmSync(options.stateDir ?? "", { recursive: true, force: true });
  }
});

const aws = (endpoint: string) => ({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
const s3 = (emulator: Emulator) => new S3Client({ ...aws(emulator.endpoint), forcePathStyle: true });

/** A zip archive with one stored file (APPNOTE 4.3), so that a function can be made without the engine. */
function zip(name: string, text: string): Uint8Array {
  const data = Buffer.from(text);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt32LE(crc32(data), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(data.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), data]);
  const entry = Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), common, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(entry.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, entry, Buffer.from("PK\x05\x06"), end]);
}

function crc32(data: Buffer): number {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A function that never comes to rest: its timer would keep its process alive for ever. */
const restless = "setInterval(() => {}, 1000); exports.handler = async () => process.pid;";

async function deployRestless(emulator: Emulator): Promise<LambdaClient> {
  const lambda = new LambdaClient(aws(emulator.endpoint));
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "restless",
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: zip("index.js", restless) },
    }),
  );
  return lambda;
}

async function workerPid(lambda: LambdaClient): Promise<number> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: "restless" }));
  return Number(Payload?.transformToString());
}

describe("a running emulator", () => {
  test("is one, however many ask for it at once, and is found again", async () => {
    const options = await newOptions();
    const lines: string[] = [];
    const started = await Promise.all([1, 2, 3].map(() => ensureEmulator((line) => lines.push(line), options)));
    expect(new Set(started.map(({ pid }) => pid)).size).toBe(1);
    expect(lines.filter((line) => line.startsWith("Starting"))).toHaveLength(1);
    const { emulator, version } = await emulatorStatus(options);
    expect(emulator).toEqual(started[0]);
    expect(version).toBe("1.5.33");
    const said: string[] = [];
    expect(await startEmulator((line) => said.push(line), options)).toEqual(started[0]);
    expect(said).toEqual([`The local AWS runs already at http://127.0.0.1:${options.port}`]);
  });

  test("that was started from other files is restarted, with its resources", async () => {
    const options = await newOptions();
    const first = await ensureEmulator(quiet, options);
    await s3(first).send(new CreateBucketCommand({ Bucket: "kept" }));
    const file = join(options.stateDir, "emulator.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), build: "older" }));
    const lines: string[] = [];
    const second = await ensureEmulator((line) => lines.push(line), options);
    expect(lines[0]).toBe("The local AWS runs from older files of this checkout; restarting it with its resources");
    expect({ ...second, pid: 0 }).toEqual({ ...first, pid: 0 });
    expect([isAlive(first.pid), isAlive(second.pid)]).toEqual([false, true]);
    expect((await s3(second).send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual(["kept"]);
  });

  test("answers on the loopback address and nowhere else", async () => {
    const { port } = await ensureEmulator(quiet, await newOptions());
    const accepts = (host: string) =>
      new Promise<boolean>((resolve) => {
        const socket = connect({ host, port, timeout: 2000 }, () => resolve(socket.destroy() !== undefined));
        socket.once("error", () => resolve(false)).once("timeout", () => resolve(!socket.destroy()));
      });
    expect(await accepts("127.0.0.1")).toBe(true);
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((one) => one && one.address !== "127.0.0.1" && !one.address.startsWith("fe80"));
    for (const other of others)
      expect([other?.address, await accepts(other?.address ?? "")]).toEqual([other?.address, false]);
  });

  test("ends with its functions' processes", async () => {
    const options = await newOptions();
    const emulator = await ensureEmulator(quiet, options);
    const worker = await workerPid(await deployRestless(emulator));
    expect(isAlive(worker)).toBe(true);
    const record = JSON.parse(readFileSync(join(options.stateDir, "emulator.json"), "utf8"));
    expect(existsSync(record.workDir)).toBe(true);
    await stopEmulator(quiet, options);
    expect(existsSync(record.workDir)).toBe(false);
    // A process that has ended is in the table until whoever inherited it from its dead parent has collected it.
    await expect.poll(() => [isAlive(emulator.pid), isAlive(worker)], { timeout: 5000 }).toEqual([false, false]);
    expect((await emulatorStatus(options)).reason).toBe(`it does not run (last on port ${options.port})`);
  });
});

describe("after a crash", () => {
  test("resources, address and run id are the same, and no process of the old one lives on", async () => {
    const options = await newOptions();
    const first = await ensureEmulator(quiet, options);
    const worker = await workerPid(await deployRestless(first));
    await s3(first).send(new CreateBucketCommand({ Bucket: "kept" }));
    await s3(first).send(new PutObjectCommand({ Bucket: "kept", Key: "a/b", Body: "weights", ContentType: "text/x" }));
    // Longer than a checkpoint takes to come.
    await sleep(2500);
    process.kill(first.pid, "SIGKILL");
    await expect.poll(() => isAlive(first.pid)).toBe(false);
    await expect.poll(() => isAlive(worker), { timeout: 5000 }).toBe(false);
    expect((await emulatorStatus(options)).emulator).toBeUndefined();

    const { port: _, ...withoutPort } = options;
    const second = await ensureEmulator(quiet, withoutPort);
    expect({ ...second, pid: 0 }).toEqual({ ...first, pid: 0 });
    const object = await s3(second).send(new GetObjectCommand({ Bucket: "kept", Key: "a/b" }));
    expect([await object.Body?.transformToString(), object.ContentType]).toEqual(["weights", "text/x"]);
    expect(isAlive(await workerPid(new LambdaClient(aws(second.endpoint))))).toBe(true);
    expect(existsSync(join(options.stateDir, "emulator.previous.log"))).toBe(true);
  });
});

describe("a reset", () => {
  test.each(["running", "stopped"])("empties an emulator that is %s and gives it a new run id", async (state) => {
    const options = await newOptions();
    const first = await ensureEmulator(quiet, options);
    await s3(first).send(new CreateBucketCommand({ Bucket: "gone" }));
    const file = join(options.stateDir, "efs", "fs-1", "model");
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, "weights");
    if (state === "stopped") await stopEmulator(quiet, options);
    await resetEmulator(quiet, options);
    const second = await ensureEmulator(quiet, options);
    expect(second.runId).not.toBe(first.runId);
    expect(existsSync(file)).toBe(false);
    expect((await s3(second).send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
    await sleep(1500);
    await stopEmulator(quiet, options);
    const third = await ensureEmulator(quiet, options);
    expect(third.runId).toBe(second.runId);
    expect((await s3(third).send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
  });
});

describe("a start that can't be", () => {
  test("another program on the port that resources have in their names", async () => {
    const options = await newOptions();
    await ensureEmulator(quiet, options);
    await stopEmulator(quiet, options);
    const other = createServer((_, response) => response.writeHead(418).end());
    await new Promise<void>((resolve) => other.listen(options.port, "127.0.0.1", resolve));
    const { port: _, ...withoutPort } = options;
    await expect(ensureEmulator(quiet, withoutPort)).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringContaining(
        `Port ${options.port} of the local AWS belongs to another program: it answered with HTTP status 418`,
      ),
      hint: expect.stringContaining("LLM_STACKS_EMULATOR_PORT"),
    });
    expect((await emulatorStatus(withoutPort)).reason).toContain("another program has its port");
    // Resetting gives the name up, so that any other port will do.
    await resetEmulator(quiet, withoutPort);
    const { port } = await ensureEmulator(quiet, withoutPort);
    expect(port).not.toBe(options.port);
    await new Promise((resolve) => other.close(resolve));
  });

  test("the emulator of another folder is not taken for this one's", async () => {
    const [mine, theirs] = [await newOptions(), await newOptions()];
    const running = await ensureEmulator(quiet, theirs);
    await expect(ensureEmulator(quiet, { ...mine, port: theirs.port })).rejects.toMatchObject({
      message: expect.stringContaining(`the local AWS of another folder has it, as process ${running.pid}`),
    });
  });

  test("a port that is none", async () => {
    const { stateDir } = await newOptions();
    process.env["LLM_STACKS_EMULATOR_PORT"] = "http";
    try {
      await expect(ensureEmulator(quiet, { stateDir })).rejects.toMatchObject({
        message: 'LLM_STACKS_EMULATOR_PORT is "http"; expected a port number from 1 to 65535.',
      });
    } finally {
      delete process.env["LLM_STACKS_EMULATOR_PORT"];
    }
  });

  test("another version of ministack than the gaps are for", async () => {
    const options = await newOptions();
    const packages = join(options.stateDir, "packages");
    mkdirSync(packages);
    mkdirSync(join(packages, "ministack-9.9.9.dist-info"));
    writeFileSync(
      join(packages, "ministack-9.9.9.dist-info", "METADATA"),
      "Metadata-Version: 2.1\nName: ministack\nVersion: 9.9.9\n",
    );
    await expect(ensureEmulator(quiet, { ...options, env: { PYTHONPATH: packages } })).rejects.toMatchObject({
      message: expect.stringMatching(
        /did not start \(exit status 1\)[\s\S]*ministack 9\.9\.9 is installed, but local\/emulator\/gaps\/scaling_policies\.py is for 1\.5\.33/,
      ),
    });
    const record = JSON.parse(readFileSync(join(options.stateDir, "emulator.json"), "utf8"));
    expect(existsSync(record.workDir)).toBe(false);
  });
});
