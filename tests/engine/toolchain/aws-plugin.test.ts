import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import { type Previewed, preview } from "./preview";

const trustLambda = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
} as const;
const listBuckets: aws.iam.PolicyDocument = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:ListAllMyBuckets", Resource: "*" }],
};

describe("checked inputs of a preview", () => {
  let previewed: Previewed;
  const inputs = (name: string) => previewed.inputs.get(name) ?? {};

  beforeAll(async () => {
    const program = async () => {
      const role = new aws.iam.Role("role", { assumeRolePolicy: JSON.stringify(trustLambda) });
      new aws.lambda.Function("fn", {
        role: role.arn,
        runtime: "nodejs22.x",
        handler: "index.handler",
        code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset("exports.handler = 1") }),
        architectures: ["arm64"],
      });
      const bucket = new aws.s3.Bucket("Data", { tags: { Owner: "data", Project: "own" } });
      new aws.s3.BucketObjectv2("index.html", { bucket: bucket.bucket, source: new pulumi.asset.StringAsset("hello") });
      new aws.sqs.Queue("jobs", { fifoQueue: true });
      new aws.sns.Topic("alerts");
      new aws.kms.Alias("key", { targetKeyId: "1234" });
      new aws.cloudwatch.MetricAlarm("alarm", { comparisonOperator: "GreaterThanThreshold", evaluationPeriods: 1 });
      new aws.cloudwatch.EventTarget("target", { rule: "r", arn: "arn:aws:sqs:us-east-1:000000000000:q" });
      new aws.lambda.Permission("invoke", {
        action: "lambda:InvokeFunction",
        function: "f",
        principal: "s3.amazonaws.com",
      });
      new aws.elasticache.ReplicationGroup("Cache", { description: "d", nodeType: "cache.t4g.micro" });
      new aws.rds.Instance("db", { instanceClass: aws.rds.InstanceType.T4G_Micro, engine: "postgres" });
      new aws.efs.FileSystem("files");
      new aws.ec2.KeyPair("ssh", { publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHg" });
      new aws.ec2.SecurityGroup("web", { name: "chosen" });
      new aws.lb.TargetGroup("tg", { targetType: "lambda" });
      new aws.route53.Record("www", {
        zoneId: "Z1",
        name: "www.example.com",
        type: "A",
        ttl: 60,
        records: ["192.0.2.1"],
      });
      new aws.iam.Policy("object", { policy: listBuckets });
      new aws.iam.Policy("text", { policy: JSON.stringify(listBuckets) });
    };
    previewed = await preview(program, { "aws:defaultTags": '{"tags":{"Project":"default","Stage":"test"}}' });
  });

  test.each([
    ["fn", "name", /^fn-[0-9a-f]{7}$/],
    ["role", "name", /^role-[0-9a-f]{7}$/],
    ["Data", "bucket", /^data-[0-9a-f]{7}$/],
    ["index.html", "key", /^index\.html$/],
    ["jobs", "name", /^jobs-[0-9a-f]{7}\.fifo$/],
    ["alerts", "name", /^alerts-[0-9a-f]{7}$/],
    ["key", "name", /^alias\/key-[0-9a-f]{7}$/],
    ["alarm", "name", /^alarm-[0-9a-f]{7}$/],
    ["target", "targetId", /^target-[0-9a-f]{7}$/],
    ["invoke", "statementId", /^invoke-[0-9a-f]{7}$/],
    ["Cache", "replicationGroupId", /^cache-[0-9a-f]{7}$/],
    ["db", "identifier", /^db[0-9a-f]{7}$/],
    ["files", "creationToken", /^files-[0-9a-f]{7}$/],
    ["ssh", "keyName", /^ssh-[0-9a-f]{7}$/],
    ["tg", "name", /^tg-[0-9a-f]{7}$/],
    ["object", "name", /^object-[0-9a-f]{7}$/],
    ["web", "name", /^chosen$/],
    ["www", "name", /^www\.example\.com$/],
  ])("%s: %s is named as the official plugin names it", (name, property, expected) => {
    expect(inputs(name)[property]).toMatch(expected);
  });

  test("tagsAll are the provider's default tags, overlaid with the resource's own", () => {
    expect(inputs("Data")["tagsAll"]).toMatchObject({ Project: "own", Owner: "data", Stage: "test" });
    expect(inputs("fn")["tagsAll"]).toMatchObject({ Project: "default", Stage: "test" });
    expect(inputs("fn")["tags"]).toBeUndefined();
  });

  test("a policy given as an object reaches the provider as JSON", () => {
    expect(inputs("object")["policy"]).toBe(
      JSON.stringify(listBuckets, ["Statement", "Action", "Effect", "Resource", "Version"]),
    );
    expect(inputs("text")["policy"]).toBe(JSON.stringify(listBuckets));
  });

  test("resources carry the region of the provider and Pulumi's default description", () => {
    expect(inputs("fn")["region"]).toBe("us-east-1");
    expect(inputs("web")["description"]).toBe("Managed by Pulumi");
  });

  test("no plugin comes with a warning", () => {
    expect(previewed.output).not.toMatch(/warning|from \$PATH/i);
  });
});

test("a name that AWS would not take fails the preview", async () => {
  const program = async () => {
    new aws.lb.LoadBalancer("a-logical-name-of-thirty-characters");
  };
  await expect(preview(program)).rejects.toThrow(/longer than maximum length 32/);
});
