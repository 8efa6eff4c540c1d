import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { instructions } from "../../../automation/bootstrap/instructions";
import { workloadBoundaryArn, workloadBoundaryDocument } from "../../../automation/bootstrap/permissions";
import { type BootstrapOptions, buildBootstrap } from "../../../automation/bootstrap/program";
import { backendUrlOf, bucketName } from "../../../automation/bootstrap/run";
import { environments } from "../../../components/lib/context";
import { record } from "../../support/mocks";

const options: BootstrapOptions = {
  accountId: "123456789012",
  region: "us-east-1",
  environment: "prod",
  systems: ["phi3", "ollama"],
  repository: "owner/name",
  makeProvider: true,
  keepProvider: true,
  disposable: false,
};
const bucket = "platform-pulumi-state";

describe("[operations 4] what bootstrap makes", () => {
  property.prop(
    {
      environment: fc.constantFrom(...environments),
      region: fc.constantFrom("us-east-1", "eu-central-1", "us-gov-west-1"),
      accountId: fc.stringMatching(/^\d{12}$/),
      disposable: fc.boolean(),
    },
    { numRuns: 20 },
  )(
    "[ollama P35] the state bucket is versioned, whatever the place, and replaced states stay for 90 days",
    async (given) => {
      const { recording } = await record(() => buildBootstrap({ ...options, ...given }));
      expect(recording.named(`${bucket}-versioning`).inputs).toEqual({
        bucket: `${bucket}-bucket-id`,
        versioningConfiguration: { status: "Enabled" },
      });
      const [tidy] = recording.named(`${bucket}-lifecycle`).inputs.rules;
      expect(tidy).toMatchObject({
        status: "Enabled",
        filter: { prefix: "" },
        noncurrentVersionExpiration: { noncurrentDays: 90 },
      });
      expect(tidy.expiration).toBeUndefined();
      expect(recording.named(`${bucket}-bucket`).inputs.bucket).toBe(bucketName({ ...options, ...given }));
    },
  );

  test("the bucket is closed, encrypted with its own key, TLS only and kept", async () => {
    const { recording } = await record(() => buildBootstrap(options));
    expect(recording.named(`${bucket}-bucket`)).toMatchObject({ protect: true, inputs: { forceDestroy: false } });
    expect(recording.named(`${bucket}-public-access-block`).inputs).toMatchObject({
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(recording.named(`${bucket}-encryption`).inputs.rules).toEqual([
      {
        applyServerSideEncryptionByDefault: {
          sseAlgorithm: "aws:kms",
          kmsMasterKeyId: expect.stringContaining("platform-state-key"),
        },
        bucketKeyEnabled: true,
      },
    ]);
    const [statement] = recording.document(`${bucket}-policy`).Statement;
    expect(statement).toMatchObject({
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:*"],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    });
    expect(recording.named("platform-state-key")).toMatchObject({ protect: true, inputs: { enableKeyRotation: true } });
    expect(recording.named("platform-state-alias").inputs.name).toBe("alias/platform-state-prod");
  });

  test("the policy that bounds the roles of stacks has the name that a deployment is held to", async () => {
    const { recording } = await record(() => buildBootstrap(options));
    const { name, policy } = recording.named("platform-workload-boundary").inputs;
    expect(workloadBoundaryArn(options)).toBe(`arn:aws:iam::123456789012:policy/${name}`);
    expect(policy).toBe(workloadBoundaryDocument(options));
  });

  test("each role has its own environment of GitHub, the boundary and no credentials of its own", async () => {
    const { recording } = await record(() => buildBootstrap(options));
    const found = recording
      .ofType("aws:iam/role:Role")
      .filter(({ inputs }) => inputs.assumeRolePolicy.includes("WebIdentity"))
      .map(({ inputs }) => {
        const { Condition } = JSON.parse(inputs.assumeRolePolicy).Statement[0];
        return [
          inputs.name,
          Condition.StringEquals["token.actions.githubusercontent.com:sub"],
          inputs.permissionsBoundary,
        ];
      });
    const boundary = recording.named("platform-boundary");
    expect(boundary.inputs.name).toBe("platform-boundary-prod");
    expect(found.sort()).toEqual([
      ["platform-deploy-prod", "repo:owner/name:environment:prod", expect.stringContaining("platform-boundary")],
      ["platform-images-prod", "repo:owner/name:environment:prod-images", expect.stringContaining("platform-boundary")],
      [
        "platform-preview-prod",
        "repo:owner/name:environment:prod-preview",
        expect.stringContaining("platform-boundary"),
      ],
    ]);
    expect(recording.ofType("aws:iam/accessKey:AccessKey")).toEqual([]);
    expect(recording.untagged(["Project", "Environment", "Stack", "System", "Service"])).toEqual([]);
  });

  test("the account's provider is made once", async () => {
    const types = async (makeProvider: boolean) =>
      (await record(() => buildBootstrap({ ...options, makeProvider }))).recording.ofType(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
      );
    expect(await types(true)).toHaveLength(1);
    expect(await types(false)).toHaveLength(0);
  });

  test("only a preview's role may write nothing but locks and copies", async () => {
    const { recording } = await record(() => buildBootstrap(options));
    const writes = (role: string) =>
      recording
        .document(`platform-${role}-state`)
        .Statement.filter(({ Action }) => (Action as string[]).includes("s3:PutObject"))
        .map(({ Resource }) => (Resource as string[])[0]?.replace(/^arn:aws:s3:::[^/]+/, ""));
    expect(writes("preview")).toEqual(["/.pulumi/locks/*", "/state-backups/*"]);
    expect(writes("deploy")).toEqual(["/*"]);
  });
});

describe("[operations 4] what is said after it", () => {
  const outputs = {
    bucket: "b",
    keyAlias: "alias/platform-state-prod",
    deployRole: "arn:deploy",
    previewRole: "arn:preview",
    imagesRole: "arn:images",
    imagesInstanceProfile: "profile",
    workloadBoundary: "arn:workloads",
  };
  const lines = instructions({
    environment: "prod",
    region: "eu-central-1",
    repository: "owner/name",
    backendUrl: backendUrlOf("b", "eu-central-1"),
    outputs,
  });

  test("how to log in, with the bucket and the key", () => {
    expect(lines).toContain("  pulumi login 's3://b?region=eu-central-1'");
    expect(lines.join("\n")).toContain(
      "pulumi stack init prod --secrets-provider 'awskms://alias/platform-state-prod?region=eu-central-1'",
    );
  });

  test("stacks get the boundary that CI may make roles with", () => {
    expect(lines.join("\n")).toContain("pulumi config set llm-stacks:permissionsBoundary arn:workloads --stack prod");
  });

  test("each role goes to its own environment of GitHub, as a variable", () => {
    const role = (environment: string) =>
      lines.find((line) => line.includes("AWS_ROLE_ARN") && line.includes(`--env ${environment} `));
    expect(role("prod")).toContain("--body 'arn:deploy'");
    expect(role("prod-preview")).toContain("--body 'arn:preview'");
    expect(role("prod-images")).toContain("--body 'arn:images'");
    expect(lines.join("\n")).not.toMatch(/gh secret/);
  });

  test("on this machine the URL leads to the emulator", () => {
    expect(backendUrlOf("b", "us-east-1", "http://127.0.0.1:4566")).toBe(
      "s3://b?region=us-east-1&endpoint=127.0.0.1:4566&disableSSL=true&s3ForcePathStyle=true",
    );
  });
});
