import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { CloudWatchLogsClient, CreateLogGroupCommand, DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { localDir } from "../../automation/lib/paths";
import { settingsText } from "../../automation/lib/project";
import { awsEnv } from "../../local/aws-env";
import { copyCheckout } from "../support/checkout";
import { llm } from "../support/llm";

// What a stack goes through beside its updates: lost and restored, asleep, forgotten, taken down with something left.
const home = join(localDir, "e2e-operations");
const env = { LLM_STACKS_LOCAL_DIR: home };
const run = (args: string[]) => llm(args, { env });
const systems = ["--systems", "ollama,lambda-efs"];

function clientOptions() {
  const { port } = JSON.parse(readFileSync(join(home, "emulator", "emulator.json"), "utf8")) as { port: number };
  const endpoint = `http://127.0.0.1:${port}`;
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = awsEnv(endpoint);
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  return { endpoint, region: "us-east-1", credentials };
}

async function fleetSizes(): Promise<(number | undefined)[]> {
  const client = new AutoScalingClient(clientOptions());
  const { AutoScalingGroups = [] } = await client.send(new DescribeAutoScalingGroupsCommand({}));
  client.destroy();
  const [group] = AutoScalingGroups;
  return [group?.MinSize, group?.MaxSize, group?.DesiredCapacity, group?.SuspendedProcesses?.length ?? 0];
}

beforeAll(async () => {
  await run(["local", "stop"]);
  rmSync(home, { recursive: true, force: true });
});

afterAll(async () => {
  await run(["local", "stop"]);
  rmSync(home, { recursive: true, force: true });
});

describe("operations on this machine", () => {
  // EFS and RDS hold no data here: what is shown is tables and buckets.
  test("the drill destroys the stack, restores it, and everything backed up is there again", async () => {
    const out = join(home, "evidence");
    const drill = await run(["drill", "dev", "--local", "--yes", ...systems, "--out", out]);
    expect(drill.status, drill.output).toBe(0);
    const report = JSON.parse(readFileSync(join(out, "report.json"), "utf8")) as {
      passed: boolean;
      steps: { name: string; status: string; details: Record<string, unknown> }[];
    };
    expect(report.steps.map(({ status }) => status)).toEqual(report.steps.map(() => "passed"));
    const details = report.steps.at(-1)?.details ?? {};
    expect(details).toMatchObject({ missing: [], different: [], unexpected: [] });
    // 60 items in one table, 6 objects in each of two buckets.
    expect(details["things"]).toBe(72);
    expect(details["recoveryTimeSeconds"]).toBeGreaterThan(0);
    expect(details["recoveryPointSeconds"]).toBeGreaterThan(Number(details["lostWriteSecondsBeforeDisaster"]));
  });

  test("a backup of today is listed, a wrong point is refused, and another restore changes nothing", async () => {
    const listed = await run(["backups", "dev", "--local", "--json"]);
    const { backups } = JSON.parse(listed.stdout) as { backups: { point: string }[] };
    expect(backups).toHaveLength(1);
    const wrong = await run(["restore", "dev", "--local", "--yes", "--to", "yesterday"]);
    expect(wrong.status).toBe(2);
    const again = await run(["restore", "dev", "--local", "--yes", "--to", "latest"]);
    expect(again.status, again.output).toBe(0);
    expect(again.stderr).toMatch(/0 objects restored, 6 were there, 0 removed/);
    expect(again.stderr).toMatch(/60 items restored, 0 removed/);
  });

  test("its twin in another region gets the data of a backup, and nothing else stays in it", async () => {
    const checkout = copyCheckout("e2e-region");
    const there = (args: string[]) => llm(args, { checkout: checkout.folder, env });
    const s3 = new S3Client({ ...clientOptions(), region: "eu-west-1", forcePathStyle: true });
    try {
      const up = await there(["up", "dev", "--region", "eu-west-1", "--local", "--yes", "--systems", "lambda-efs"]);
      expect(up.status, up.output).toBe(0);
      const settings = parse(readFileSync(join(checkout.folder, "Pulumi.dev-euw1.yaml"), "utf8"));
      expect(settings).toMatchObject({ config: { "aws:region": "eu-west-1" } });
      const outputs = await there(["outputs", "dev-euw1", "--local", "--json"]);
      const { lambdaEfs } = JSON.parse(outputs.stdout) as { lambdaEfs: { bucketName: string } };
      const Bucket = lambdaEfs.bucketName;
      await s3.send(new PutObjectCommand({ Bucket, Key: "of-the-twin", Body: "not in the backup" }));

      const restored = await there(["restore", "dev", "--to", "latest", "--into", "dev-euw1", "--local", "--yes"]);
      expect(restored.status, restored.output).toBe(0);
      expect(restored.stderr).toContain(`bucket ${Bucket}: 6 objects restored, 0 were there, 1 removed`);
      expect(restored.stdout).toMatch(/^Stack dev-euw1 holds backup \d{8}t\d{6}z of stack dev, after /m);
      const { Contents: all = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      // The program's own objects, which the backup has not, stay.
      const Contents = all.filter(({ Key }) => Key?.startsWith("drill/"));
      expect(all.map(({ Key }) => Key)).not.toContain("of-the-twin");
      expect(Contents.map(({ Size = 0 }) => Size).sort((one, other) => one - other)).toEqual([
        ...[0, 1, 6, 1_000, 100_000, 12_000_000],
      ]);
      const replaced = Contents.find(({ Key }) => Key?.endsWith("/replaced"));
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: replaced?.Key }));
      expect(await Body?.transformToString()).toBe("second");
    } finally {
      s3.destroy();
      checkout.remove();
    }
  });

  test("it sleeps, says so at the next update, and wakes to its sizes", async () => {
    const awake = await fleetSizes();
    expect((await run(["sleep", "dev", "--local", "--yes"])).status).toBe(0);
    expect(await fleetSizes()).toEqual([0, 0, 0, 2]);
    const up = await run(["up", "dev", "--local", "--yes", ...systems]);
    expect(up.stdout).toContain("Stack dev sleeps since");
    expect(await fleetSizes()).toEqual([0, 0, 0, 2]);
    expect((await run(["wake", "dev", "--local"])).status).toBe(0);
    expect(await fleetSizes()).toEqual(awake);
    expect((await run(["wake", "dev", "--local"])).status).toBe(1);
  });

  test("a stack of its own that has outlived its time is reaped, and another is not", async () => {
    const checkout = copyCheckout("e2e-reap");
    const there = (args: string[]) => llm(args, { checkout: checkout.folder, env });
    const file = join(checkout.folder, "Pulumi.qa.yaml");
    try {
      const made = await there(["new", "qa", "--from", "dev", "--systems", "lambda-efs"]);
      expect(made.status, made.output).toBe(0);
      const settings = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
      const { cidr } = settings.config["llm-stacks:lambdaEfs"] as { cidr: string };
      expect(cidr).toMatch(/^10\.\d+\.0\.0\/16$/);
      expect(cidr).not.toBe("10.0.0.0/16");
      settings.config["llm-stacks:expiresOn"] = "2026-01-01T00:00:00Z";
      writeFileSync(file, settingsText(settings));
      const up = await there(["up", "qa", "--local", "--yes"]);
      expect(up.status, up.output).toBe(0);
      const reaped = await there(["reap", "--local", "--yes"]);
      expect(reaped.status, reaped.output).toBe(0);
      expect(reaped.stdout).toContain("Stack qa (dev, ");
      expect(reaped.stdout).toContain("Stack qa is down and nothing is left of it");
      expect((await there(["reap", "--local", "--yes"])).stdout).toContain("No stack has outlived its time.");
    } finally {
      checkout.remove();
    }
  });

  test("down names what is left, its cost and the command, with status 1; backups are kept on purpose", async () => {
    const client = new CloudWatchLogsClient(clientOptions());
    const logGroupName = "/aws/lambda/ollama-forgotten-dev";
    await client.send(new CreateLogGroupCommand({ logGroupName }));
    const left = await run(["down", "dev", "--local", "--yes"]);
    expect(left.status, left.output).toBe(1);
    expect(left.stderr).toContain("1 resources of stack dev are left");
    expect(left.stderr).toContain(`log group ${logGroupName}: no cost`);
    expect(left.stderr).toContain(`aws logs delete-log-group --log-group-name ${logGroupName}`);
    expect(left.stdout).toMatch(/Kept on purpose:\n {2}backups s3:\/\/llm-stacks-backups-[0-9a-f]{8}\/dev\//);
    await client.send(new DeleteLogGroupCommand({ logGroupName }));
    client.destroy();
    const gone = await run(["down", "dev", "--local", "--yes"]);
    expect(gone.status, gone.output).toBe(0);
    expect(gone.stdout).toContain("nothing is left");
  });
});
