import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteFileSystemCommand,
  DeleteMountTargetCommand,
  DescribeFileSystemsCommand,
  DescribeMountTargetsCommand,
  EFSClient,
} from "@aws-sdk/client-efs";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type InlineStack, withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

// Functions on the local AWS, deployed by the real provider: what they share on EFS, how they fail, how they run at once.

const credentials = { accessKeyId: "test", secretAccessKey: "test" };

const handler = `
const fs = require("node:fs");
const path = require("node:path");
const root = process.env.EFS_MOUNT_PATH;
exports.handler = async (event) => {
  if (event.write) { fs.mkdirSync(path.dirname(path.join(root, event.write)), { recursive: true }); fs.writeFileSync(path.join(root, event.write), event.text); return { root }; }
  if (event.read) return { text: fs.readFileSync(path.join(root, event.read), "utf8"), cache: process.env.CACHE_PATH, home: process.env.HOME_PATH };
  if (event.sleep) { await new Promise((r) => setTimeout(r, event.sleep)); return { pid: process.pid, node: process.version }; }
  if (event.allocate) { const kept = []; for (let i = 0; i < event.allocate; i++) kept.push(new Array(131072).fill(i + 0.5)); return kept.length; }
  if (event.env) return process.env[event.env] ?? null;
  throw new TypeError("cannot do " + JSON.stringify(event).slice(0, 40));
};`;

function program() {
  const trust = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }],
  });
  const role = new aws.iam.Role("role", { assumeRolePolicy: trust });
  const vpc = new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16" });
  const subnet = new aws.ec2.Subnet("subnet", {
    vpcId: vpc.id,
    cidrBlock: "10.0.0.0/24",
    availabilityZone: "us-east-1a",
  });
  const group = new aws.ec2.SecurityGroup("group", { vpcId: vpc.id });
  const fileSystem = new aws.efs.FileSystem("files", { encrypted: true });
  const target = new aws.efs.MountTarget("target", {
    fileSystemId: fileSystem.id,
    subnetId: subnet.id,
    securityGroups: [group.id],
  });
  const accessPoint = new aws.efs.AccessPoint("access", {
    fileSystemId: fileSystem.id,
    posixUser: { uid: 1000, gid: 1000 },
    rootDirectory: { path: "/models", creationInfo: { ownerUid: 1000, ownerGid: 1000, permissions: "750" } },
  });
  const letters = new aws.sqs.Queue("letters");
  const failures = new aws.sqs.Queue("failures");
  const code = new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset(handler) });
  const common = { runtime: "nodejs22.x", handler: "index.handler", role: role.arn, code };
  const mounted = {
    ...common,
    vpcConfig: { subnetIds: [subnet.id], securityGroupIds: [group.id] },
    fileSystemConfig: { arn: accessPoint.arn, localMountPath: "/mnt/efs" },
    environment: {
      variables: { EFS_MOUNT_PATH: "/mnt/efs", CACHE_PATH: "/mnt/efs/cache", HOME_PATH: "/mnt/efs-other" },
    },
  };
  const producer = new aws.lambda.Function("producer", { ...mounted, name: "producer" }, { dependsOn: [target] });
  const consumer = new aws.lambda.Function(
    "consumer",
    { ...mounted, name: "consumer", timeout: 10, deadLetterConfig: { targetArn: letters.arn } },
    { dependsOn: [target] },
  );
  new aws.lambda.FunctionEventInvokeConfig("invocations", {
    functionName: consumer.name,
    maximumRetryAttempts: 1,
    destinationConfig: { onFailure: { destination: failures.arn } },
  });
  new aws.lambda.Function("quick", { ...common, name: "quick", timeout: 1, memorySize: 128 });
  const bucket = new aws.s3.Bucket("models", { forceDestroy: true });
  const permission = new aws.lambda.Permission("from-bucket", {
    action: "lambda:InvokeFunction",
    function: consumer.name,
    principal: "s3.amazonaws.com",
    sourceArn: bucket.arn,
  });
  new aws.s3.BucketNotification(
    "uploads",
    {
      bucket: bucket.id,
      lambdaFunctions: [{ lambdaFunctionArn: consumer.arn, events: ["s3:ObjectCreated:*"], filterPrefix: "in/" }],
    },
    { dependsOn: [permission] },
  );
  return Promise.resolve({
    bucketName: bucket.bucket,
    letters: letters.url,
    failures: failures.url,
    fileSystemId: fileSystem.id,
    producerArn: producer.arn,
  });
}

let emulator: TestEmulator;
let lambda: LambdaClient;

beforeAll(async () => {
  emulator = await startTestEmulator();
  lambda = new LambdaClient({ endpoint: emulator.endpoint, region: "us-east-1", credentials });
});

afterAll(() => emulator?.dispose());

async function invoke(name: string, event: unknown): Promise<{ error?: string; payload: unknown }> {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }));
  const payload: unknown = JSON.parse(answer.Payload?.transformToString() ?? "null");
  return answer.FunctionError ? { error: answer.FunctionError, payload } : { payload };
}

interface Message {
  Body: string;
  MessageAttributes?: Record<string, { DataType: string; StringValue: string }>;
}

async function receive(queueUrl: string): Promise<Message> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const response = await fetch(emulator.endpoint, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage" },
      body: JSON.stringify({ QueueUrl: queueUrl, MessageAttributeNames: ["All"], MaxNumberOfMessages: 1 }),
    });
    const { Messages } = (await response.json()) as { Messages?: Message[] };
    if (Messages?.[0]) return Messages[0];
    await sleep(250);
  }
  throw new Error(`no message came to ${queueUrl}`);
}

async function checkSharedFiles(fileSystemId: string) {
  await invoke("producer", { write: "a/b.txt", text: "hello" });
  const { payload } = await invoke("consumer", { read: "a/b.txt" });
  const folder = join(emulator.stateDir, "efs", fileSystemId, "models");
  expect(payload).toEqual({
    text: "hello",
    cache: join(folder, "cache"),
    // Not the mount path, though it begins like it.
    home: "/mnt/efs-other",
  });
  expect(await readFile(join(folder, "a", "b.txt"), "utf8")).toBe("hello");
  expect((await stat(folder)).mode & 0o777).toBe(0o750);
}

async function checkFailures(letters: string, failures: string, bucketName: string) {
  const s3 = new S3Client({ endpoint: emulator.endpoint, region: "us-east-1", credentials, forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: bucketName, Key: "elsewhere/x", Body: "no event" }));
  await s3.send(new PutObjectCommand({ Bucket: bucketName, Key: "in/model.bin", Body: "weights" }));
  const letter = await receive(letters);
  const event = JSON.parse(letter.Body);
  expect(event.Records.map((record: { s3: { object: { key: string } } }) => record.s3.object.key)).toEqual([
    "in/model.bin",
  ]);
  expect(letter.MessageAttributes).toEqual({
    RequestID: { DataType: "String", StringValue: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ErrorCode: { DataType: "Number", StringValue: "200" },
    ErrorMessage: { DataType: "String", StringValue: expect.stringContaining('cannot do {"Records"') },
  });
  const record = JSON.parse((await receive(failures)).Body);
  expect(record).toMatchObject({
    version: "1.0",
    // maximumRetryAttempts is 1: the first attempt and one more.
    requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 2 },
    requestPayload: event,
    responseContext: { statusCode: 200, functionError: "Unhandled" },
    responsePayload: { errorType: "TypeError" },
  });
}

async function checkLimits() {
  expect(await invoke("quick", { sleep: 3000 })).toEqual({
    error: "Unhandled",
    payload: { errorType: "Sandbox.Timedout", errorMessage: expect.stringContaining("timed out after 1.00 seconds") },
  });
  // 200 MB in a function of 128 MB.
  expect((await invoke("quick", { allocate: 200 })).error).toBe("Unhandled");
  expect(await invoke("quick", { allocate: 10 })).toEqual({ payload: 10 });
}

async function checkConcurrency() {
  const answers = await Promise.all(Array.from({ length: 10 }, () => invoke("consumer", { sleep: 1500 })));
  const workers = answers.map(({ payload }) => payload as { pid: number; node: string });
  // Ten processes: nobody waited for another's end.
  expect(new Set(workers.map(({ pid }) => pid)).size).toBe(10);
  expect(new Set(workers.map(({ node }) => node))).toEqual(new Set([process.version]));
}

async function checkCleanEnvironment() {
  expect(await invoke("producer", { env: "VITEST" })).toEqual({ payload: null });
  expect(await invoke("producer", { env: "AWS_ENDPOINT_URL" })).toEqual({ payload: emulator.endpoint });
}

test("functions share EFS folders, fail as on AWS and run side by side", async () => {
  await withStack(
    "functions",
    program,
    async (run: InlineStack) => {
      const { outputs } = await run.up();
      await checkSharedFiles(outputs["fileSystemId"]?.value);
      await checkCleanEnvironment();
      await checkFailures(outputs["letters"]?.value, outputs["failures"]?.value, outputs["bucketName"]?.value);
      await checkLimits();
      await checkConcurrency();
    },
    { endpoint: emulator.endpoint, keepResources: true },
  );
});

test("the files of a file system go with it", async () => {
  const efs = new EFSClient({ endpoint: emulator.endpoint, region: "us-east-1", credentials });
  const { FileSystems } = await efs.send(new DescribeFileSystemsCommand({}));
  const FileSystemId = FileSystems?.[0]?.FileSystemId ?? "";
  const folder = join(emulator.stateDir, "efs", FileSystemId);
  expect(existsSync(join(folder, "models", "a", "b.txt"))).toBe(true);
  await expect(efs.send(new DeleteFileSystemCommand({ FileSystemId }))).rejects.toThrow("has mount targets");
  expect(existsSync(folder)).toBe(true);
  const { MountTargets } = await efs.send(new DescribeMountTargetsCommand({ FileSystemId }));
  for (const { MountTargetId } of MountTargets ?? []) await efs.send(new DeleteMountTargetCommand({ MountTargetId }));
  await efs.send(new DeleteFileSystemCommand({ FileSystemId }));
  expect(existsSync(folder)).toBe(false);
});
