import { execFile } from "node:child_process";
import { join } from "node:path";
import { CloudWatchClient, PutDashboardCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  DeleteVolumeCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  DisassociateAddressCommand,
  EC2Client,
  ModifyInstanceMetadataOptionsCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { bundleText } from "../../../components/serverless/bundle";
import { awsEnv } from "../../../local/aws-env";
import { assess, type Report } from "../../../services/usage-report/assess";
import { monthOf } from "../../../services/usage-report/month";
import { isKnown } from "../../../services/usage-report/quantities";
import { readUsage } from "../../../services/usage-report/sources";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

/** The usage report against what the emulator holds, and the emulator's instances, which it reads. The emulator records no metrics of AWS's own: what only they tell is unknown here. */
let emulator: TestEmulator;
const region = "us-east-1";
const place = () => ({
  region,
  endpoint: emulator.endpoint,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
let ec2: EC2Client;
let s3: S3Client;
let cloudWatch: CloudWatchClient;

beforeAll(async () => {
  emulator = await startTestEmulator();
  ec2 = new EC2Client(place());
  s3 = new S3Client({ ...place(), forcePathStyle: true });
  cloudWatch = new CloudWatchClient(place());
});
afterAll(() => emulator?.dispose());

async function run(rootVolume: object = {}): Promise<string> {
  const userData = Buffer.from("#!/bin/sh\n").toString("base64");
  const { Instances: [instance] = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: "ami-02404a00000000001",
      InstanceType: "t3.micro",
      MinCount: 1,
      MaxCount: 1,
      UserData: userData,
      MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 },
      BlockDeviceMappings: [
        { DeviceName: "/dev/sda1", Ebs: { VolumeSize: 30, VolumeType: "gp3", Encrypted: true, ...rootVolume } },
      ],
    }),
  );
  return instance?.InstanceId ?? "";
}

const described = async (id: string) => {
  const { Reservations: [reservation] = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return reservation?.Instances?.[0];
};

describe("a launched instance", () => {
  let id: string;
  beforeAll(async () => {
    id = await run();
  });

  test("keeps its metadata options, root volume and user data", async () => {
    const instance = await described(id);
    expect(instance?.MetadataOptions).toMatchObject({
      HttpTokens: "required",
      HttpPutResponseHopLimit: 2,
      HttpEndpoint: "enabled",
    });
    expect(instance?.RootDeviceName).toBe("/dev/sda1");
    const VolumeIds = [instance?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? ""];
    const { Volumes: [volume] = [] } = await ec2.send(new DescribeVolumesCommand({ VolumeIds }));
    expect(volume).toMatchObject({ Size: 30, VolumeType: "gp3", Encrypted: true });
    const { UserData } = await ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: "userData" }),
    );
    expect(Buffer.from(UserData?.Value ?? "", "base64").toString()).toBe("#!/bin/sh\n");
  });

  test("takes other metadata options", async () => {
    await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId: id, HttpPutResponseHopLimit: 1 }));
    expect((await described(id))?.MetadataOptions).toMatchObject({
      HttpTokens: "required",
      HttpPutResponseHopLimit: 1,
    });
  });

  test("has the Elastic IP that is associated with it, and loses it again", async () => {
    const { AllocationId, PublicIp } = await ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
    const { AssociationId } = await ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: id }));
    const instance = await described(id);
    expect(instance?.PublicIpAddress).toBe(PublicIp);
    expect(instance?.PublicDnsName).toBe(`ec2-${PublicIp?.replaceAll(".", "-")}.compute-1.amazonaws.com`);
    await ec2.send(new DisassociateAddressCommand({ AssociationId }));
    expect((await described(id))?.PublicIpAddress).toBeUndefined();
  });

  test("takes its disk with it when it ends, unless the disk is to stay", async () => {
    const [going, staying] = [await run(), await run({ DeleteOnTermination: false })];
    const rootOf = async (id: string) => (await described(id))?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId;
    const [gone, stays] = [await rootOf(going), await rootOf(staying)];
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [going, staying] }));
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand());
    const states = Object.fromEntries(Volumes.map(({ VolumeId = "", State }) => [VolumeId, State]));
    expect(gone).toMatch(/^vol-/);
    expect(states).not.toHaveProperty([String(gone)]);
    expect(states).toHaveProperty([String(stays)], "available");
    // What other tests count has none of it.
    await ec2.send(new DeleteVolumeCommand({ VolumeId: stays }));
  });
});

describe("[afirgen P1] usage of an account", () => {
  beforeAll(async () => {
    await s3.send(new CreateBucketCommand({ Bucket: "usage-objects" }));
    await s3.send(new PutObjectCommand({ Bucket: "usage-objects", Key: "model", Body: Buffer.alloc(2_000_000) }));
    await cloudWatch.send(new PutDashboardCommand({ DashboardName: "one", DashboardBody: '{"widgets":[]}' }));
    const MetricData = Array.from({ length: 11 }, (_, index) => ({ MetricName: `Own/${index}`, Value: 1 }));
    await cloudWatch.send(new PutMetricDataCommand({ Namespace: "own", MetricData }));
    // As CloudWatch would have it of a machine that ran for three hours and is gone.
    const hour = 3_600_000;
    const now = new Date();
    const inMonth = [1, 2, 3]
      .map((ago) => new Date(now.getTime() - ago * hour))
      .filter((at) => at.getUTCMonth() === now.getUTCMonth());
    for (const Timestamp of inMonth) {
      await cloudWatch.send(
        new PutMetricDataCommand({
          Namespace: "AWS/Lambda",
          MetricData: [{ MetricName: "Invocations", Value: 40, Timestamp }],
        }),
      );
    }
  });

  test("is read where there is something to read, and unknown where not, never 0", async () => {
    const month = monthOf(new Date());
    const clients = {
      cloudWatch,
      edgeCloudWatch: cloudWatch,
      ec2,
      s3,
      rds: new (await import("@aws-sdk/client-rds")).RDSClient(place()),
    };
    const { readings } = await readUsage(clients, month, { buckets: ["usage-objects"], askCostExplorer: false });
    expect(readings.ebsGb).toMatchObject({ used: 30 });
    expect(readings.dashboards).toMatchObject({ used: 1 });
    expect(readings.customMetrics).toMatchObject({ used: 11 });
    expect(readings.s3Gb).toMatchObject({ used: 0.002, bound: "least" });
    expect(readings.ec2Hours).toMatchObject({ running: 1, bound: "least" });
    expect(readings.rdsHours).toMatchObject({ used: 0, running: 0 });
    expect(isKnown(readings.s3Gets)).toBe(false);
    expect(readings.cloudFrontRequests).toEqual({ unknown: "CloudWatch has no data of this month" });
    const report = assess(readings, month, "credits");
    const states = Object.fromEntries(report.rows.map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({ customMetrics: "over", ebsGb: "near", s3Gets: "unknown", dashboards: "ok" });
  });

  test("is told once a month by the deployed function, as a mail to the topic", async () => {
    const sns = new SNSClient(place());
    const sqs = new SQSClient(place());
    const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "usage" }));
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "usage-mails" }));
    await sns.send(
      new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: "arn:aws:sqs:us-east-1:000000000000:usage-mails" }),
    );
    const env = {
      PLAN: "credits",
      BUCKETS: "usage-objects",
      COST_EXPLORER: "false",
      TOPIC_ARN: TopicArn,
      TOLD_BUCKET: "usage-objects",
      TOLD_KEY: "usage-report/told.json",
    };
    const first = await invoke(env);
    expect(first.told).toEqual(expect.arrayContaining(["customMetrics", "ebsGb"]));
    const { Messages: [mail] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 2 }));
    const { Subject, Message } = JSON.parse(mail?.Body ?? "{}");
    expect(Subject).toContain("custom metrics");
    expect(Message).toMatch(/custom metrics +11 +10 +110 % +11 +OVER/);
    expect((await invoke(env)).told).toEqual([]);
  });
});

/** Runs the function's bundle by itself, as Lambda would. */
function invoke(settings: Readonly<Record<string, string>>): Promise<Report & { told: string[] }> {
  const text = bundleText(join(repoRoot, "services/usage-report/main.ts"));
  const call = "\nexports.handler().then((report) => process.stdout.write('\\nREPORT ' + JSON.stringify(report)));\n";
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ["-"],
      { env: { PATH: process.env["PATH"], ...awsEnv(emulator.endpoint), ...settings }, maxBuffer: 10_000_000 },
      (error, out, err) => {
        const found = out.split("\nREPORT ")[1];
        if (error || found === undefined) reject(new Error(`${error?.message ?? ""}\n${out}${err}`));
        else resolve(JSON.parse(found));
      },
    );
    child.stdin?.end(
      `var exports = module.exports;\n${text}${call.replace("exports.handler", "module.exports.handler")}`,
    );
  });
}
