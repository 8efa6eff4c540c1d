/**
 * The real engine previews small programs with the pack: what the provider's Check makes of the inputs, what the engine
 * prints, and whether it refuses. Nothing is created, so neither emulator nor account is needed; that a violation stops
 * an update too is the engine's own promise for mandatory policies and is not shown here.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import { afterAll, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { withStack } from "../../support/inline-stack";

const pack = join(repoRoot, "policy-pack");
const folder = mkdtempSync(join(tmpdir(), "policy-engine-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tags = {
  Project: "shop",
  Environment: "test",
  System: "web",
  ManagedBy: "pulumi",
  Service: "files",
  CostTier: "low",
};

interface Preview {
  refused: boolean;
  /** What the engine printed under "Policies:", without indentation. */
  policies: string;
  output: string;
}

async function preview(
  program: () => void,
  config: Record<string, string> = {},
  packConfig?: object,
): Promise<Preview> {
  const declare = async (): Promise<void> => program();
  // Nothing listens there: a preview of new resources asks AWS nothing.
  return withStack(
    "policy-preview",
    declare,
    async ({ stack }) => {
      let output = "";
      const onOutput = (text: string): void => {
        output += text;
      };
      const policyPackConfigs = packConfig ? [jsonFile("pack-config.json", packConfig)] : undefined;
      const refused = await stack.preview({ policyPacks: [pack], policyPackConfigs, onOutput }).then(
        () => false,
        () => true,
      );
      const policies = output.slice(output.indexOf("Policies:")).replace(/^ +/gm, "");
      return { refused, policies: output.includes("Policies:") ? policies : "", output };
    },
    // The exemptions of this repository are for its own stacks.
    {
      endpoint: "http://127.0.0.1:9",
      config: { "policy:exemptions": jsonFile("none.json", { exemptions: [] }), ...config },
    },
  );
}

function jsonFile(name: string, content: object): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

/** A program that the pack finds nothing in and can know everything of. */
function sound(): void {
  const bucket = new aws.s3.Bucket("data", { bucket: "shop-data", tags });
  new aws.s3.BucketPublicAccessBlock("data-block", {
    bucket: bucket.id,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  new aws.s3.BucketVersioning("data-versions", {
    bucket: bucket.id,
    versioningConfiguration: { status: "Enabled" },
  });
  new aws.s3.BucketLifecycleConfiguration("data-lifecycle", {
    bucket: bucket.id,
    rules: [
      {
        id: "old-versions",
        status: "Enabled",
        filter: { prefix: "" },
        noncurrentVersionExpiration: { noncurrentDays: 30 },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
    ],
  });
  new aws.s3.BucketPolicy("data-policy", {
    bucket: bucket.id,
    policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: ["arn:aws:s3:::shop-data", "arn:aws:s3:::shop-data/*"],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    }),
  });
  new aws.efs.FileSystem("files", { encrypted: true, tags });
  new aws.cloudwatch.LogGroup("log", { retentionInDays: 14, tags });
  new aws.ec2.SecurityGroup("web", {
    description: "Web servers",
    ingress: [{ description: "HTTPS", protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"] }],
    tags,
  });
}

const clean = /^Policies:\n✅ llm-stacks-policies@v0\.1\.0 \(local: [^)]+\)\n(?![-[])/;

test("a sound program passes with nothing to say", async () => {
  const { refused, policies } = await preview(sound);
  expect(policies).toMatch(clean);
  expect(refused).toBe(false);
});

test("tags may come from the provider's defaults", async () => {
  const program = () => {
    const provider = new aws.Provider("tagging", {
      region: "us-east-1",
      defaultTags: { tags },
      skipCredentialsValidation: true,
      skipRequestingAccountId: true,
    });
    new aws.efs.FileSystem("files", { encrypted: true }, { provider });
    new aws.cloudwatch.LogGroup("log", { retentionInDays: 14 }, { provider });
  };
  const { refused, policies } = await preview(program);
  expect(policies).toMatch(clean);
  expect(refused).toBe(false);
});

test("a violation refuses the preview and names resource, property and cure", async () => {
  const { refused, policies } = await preview(() => {
    sound();
    new aws.ec2.SecurityGroup("bastion", {
      ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["10.0.0.0/8", "0.0.0.0/0"] }],
      tags,
    });
  });
  expect(refused).toBe(true);
  expect(policies).toContain(
    [
      "- [mandatory] [severity: critical]  lp-sg-ssh-open  (aws:ec2/securityGroup:SecurityGroup: bastion)",
      "[lp-sg-ssh-open] ingress[0].cidrBlocks[1]: TCP port 22 is open to 0.0.0.0/0.",
    ].join("\n"),
  );
  expect(policies).toContain("Fix: remove the rule and use SSM Session Manager");
  expect(policies).toContain("See: CKV_AWS_24, Security Hub EC2.13, ");
});

test("a bucket alone lacks its companions already at preview", async () => {
  const { refused, policies } = await preview(() => {
    new aws.s3.Bucket("data", { tags });
  });
  expect(refused).toBe(true);
  expect(policies).toContain("[lp-s3-bpa-present] the bucket has no public access block.");
  expect(policies).toContain("[enc-s3-tls-only] no bucket policy denies requests without TLS.");
  expect(policies).not.toContain("cannot be known");
});

test("what cannot be known is one advisory line, and does not hide what can", async () => {
  const { refused, policies, output } = await preview(() => {
    const bucket = new aws.s3.Bucket("data", { tags });
    const role = new aws.iam.Role("reader", { assumeRolePolicy: "{}", tags });
    new aws.iam.RolePolicy("reader-policy", {
      role: role.id,
      policy: bucket.arn.apply((arn) =>
        JSON.stringify({ Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: arn } }),
      ),
    });
    new aws.s3.BucketPublicAccessBlock("data-block", {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new aws.s3.BucketVersioning("data-versions", {
      bucket: bucket.id,
      versioningConfiguration: { status: "Enabled" },
    });
    new aws.s3.BucketLifecycleConfiguration("data-lifecycle", {
      bucket: bucket.id,
      rules: [
        {
          id: "old-versions",
          status: "Enabled",
          filter: { prefix: "" },
          noncurrentVersionExpiration: { noncurrentDays: 30 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    });
    new aws.efs.FileSystem("files", { encrypted: false, creationToken: bucket.id, tags });
  });
  expect(refused).toBe(true);
  expect(policies).toContain("enc-efs-at-rest  (aws:efs/fileSystem:FileSystem: files)");
  const notes = policies.match(/- \[advisory\].*\n\[.*cannot be known at preview.*/g);
  expect(notes).toEqual([
    expect.stringMatching(
      /^- \[advisory\] \[severity: low\] {2}(lp-iam-[a-z-]+) {2}\(aws:iam\/rolePolicy:RolePolicy: reader-policy\)\n\[\1\] cannot be known at preview: policy\./,
    ),
  ]);
  expect(policies).not.toContain("lp-s3-bpa-present");
  expect(output).not.toContain("can't run policy");
});

test("the profile of the stack decides what is refused, and a wrong one is refused itself", async () => {
  const program = () => {
    new aws.cloudwatch.LogGroup("log", { tags });
  };
  const dev = await preview(program);
  expect([dev.refused, dev.policies]).toEqual([
    false,
    expect.stringContaining("[advisory] [severity: medium]  log-loggroup-retention"),
  ]);
  const prod = await preview(program, { "policy:profile": "prod" });
  expect([prod.refused, prod.policies]).toEqual([
    true,
    expect.stringContaining("[mandatory] [severity: medium]  log-loggroup-retention"),
  ]);
  const wrong = await preview(program, { "policy:profile": "production" });
  expect(wrong.refused).toBe(true);
  expect(wrong.output).toContain('policy:profile is "production"; expected one of dev, prod, free');
});

test("--policy-pack-config wins over the profile, in levels and in settings", async () => {
  const program = () => {
    new aws.cloudwatch.LogGroup("log", { tags });
  };
  const config = { "log-loggroup-retention": "advisory", "tag-required-keys": { keys: ["Owner"] } };
  const { refused, policies } = await preview(program, { "policy:profile": "prod" }, config);
  expect(policies).toContain("[advisory] [severity: medium]  log-loggroup-retention");
  expect(policies).toContain("[tag-required-keys] tags: missing Owner.");
  expect(refused).toBe(true);
});

test("remediation fills in what is missing, and the engine shows it", async () => {
  const program = () => {
    new aws.cloudwatch.LogGroup("log", { tags });
  };
  const config = { "log-loggroup-retention": "remediate" };
  const { refused, policies } = await preview(program, { "policy:profile": "prod" }, config);
  expect(policies).toContain("[remediate]  log-loggroup-retention  (1 resource)");
  expect(policies).not.toContain("[mandatory]");
  expect(refused).toBe(false);
});

test("an exemption lets its finding through and is listed", async () => {
  const file = join(folder, "exemptions.yaml");
  const expires = new Date(Date.now() + 30 * 24 * 3600 * 1000).toISOString().slice(0, 10);
  writeFileSync(
    file,
    `exemptions:
  - rule: enc-efs-at-rest
    resource: "*::aws:efs/fileSystem:FileSystem::scratch"
    reason: Holds nothing but what every build makes anew
    owner: build team
    expires: ${expires}
`,
  );
  const { refused, policies } = await preview(() => void new aws.efs.FileSystem("scratch", { tags }), {
    "policy:exemptions": file,
  });
  expect(policies).toContain(
    `enc-efs-at-rest on *::aws:efs/fileSystem:FileSystem::scratch: 1 finding until ${expires}, build team: Holds nothing`,
  );
  expect(refused).toBe(false);
});
