/**
 * Checkov is shown what the program makes: a small program goes through the real engine, the AWS provider's own names and
 * Checkov, which finds what is wrong in it and passes what is right.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import { expect, test } from "vitest";
import { ensureEngine } from "../../../toolchain/engine";
import { ensureCheckov, runCheckov } from "../../support/checkov/install";
import { exportPack } from "../../support/checkov/judge-stack";
import { readMapping } from "../../support/checkov/mapping";
import { type ExportedResource, terraformPlan } from "../../support/checkov/terraform-plan";
import { withStack } from "../../support/inline-stack";

const log = (line: string): void => console.log(line);

async function program(): Promise<void> {
  const key = new aws.kms.Key("rotated", { enableKeyRotation: true });
  new aws.kms.Key("kept");
  const bucket = new aws.s3.Bucket("files");
  new aws.s3.BucketAcl("open", { bucket: bucket.id, acl: "public-read" });
  new aws.s3.BucketPublicAccessBlock("half-closed", {
    bucket: bucket.id,
    blockPublicAcls: true,
    blockPublicPolicy: true,
  });
  new aws.sqs.Queue("jobs", { kmsMasterKeyId: key.id });
  new aws.ec2.SecurityGroup("bastion", {
    ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] }],
  });
}

test("Checkov judges a Pulumi program by values, blocks and references", async () => {
  const folder = mkdtempSync(join(tmpdir(), "checkov-engine-"));
  try {
    const file = join(folder, "stack.json");
    await withStack("checkov", program, ({ preview }) => preview(), {
      endpoint: "http://127.0.0.1:9",
      policyPacks: [exportPack],
      env: { EXPORT_FILE: file },
    });
    const resources = JSON.parse(readFileSync(file, "utf8")) as ExportedResource[];
    const { plan, left } = terraformPlan(resources, await readMapping(await ensureEngine(log)));
    expect(left).toEqual([]);
    const { failed } = await runCheckov(await ensureCheckov(log), plan);
    const failures = failed.map(({ id, address }) => `${id} ${address}`);
    // A boolean of one of two keys.
    expect(failures.filter((each) => each.startsWith("CKV_AWS_7 "))).toEqual(["CKV_AWS_7 aws_kms_key.kept"]);
    // A block in a list.
    expect(failures).toContain("CKV_AWS_24 aws_security_group.bastion");
    // Two resources that belong together by a reference.
    expect(failures).toContain("CKV_AWS_20 aws_s3_bucket.files");
    expect(failures).not.toContain("CKV2_AWS_6 aws_s3_bucket.files");
    // A key made of another resource, unknown at preview, counts as given.
    expect(failures).not.toContain("CKV_AWS_27 aws_sqs_queue.jobs");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
