import { describe, expect, test } from "vitest";
import { requiredTagKeys } from "../../../../components/lib/tags";
import { Vpc } from "../../../../components/network/vpc";
import { FileSystem, type FileSystemArgs } from "../../../../components/serverless/file-system";
import { devContext, devTags, record } from "../../../support/mocks";
import { makeFunction } from "./fixtures";

const name = "lambda-efs-files";
const build = (change: Partial<FileSystemArgs> = {}) =>
  record(() => {
    const context = change.context ?? devContext;
    const vpc = new Vpc("lambda-efs-network", {
      context,
      cidr: "10.0.0.0/16",
      availabilityZones: ["us-east-1a", "us-east-1b"],
    });
    return new FileSystem(name, { context, vpc, rootDirectory: "/lambda", backups: true, ...change });
  });
const fileSystemId = `${name}-file-system-id`;
const fileSystemArn = `arn:aws:mock:us-east-1:123456789012:${name}-file-system`;
const tags = devTags("serverless", "lambda-efs-files-dev");

test("[lambda-efs 3.1] the file system is encrypted and general purpose", async () => {
  const { recording } = await build();
  expect(recording.named(`${name}-file-system`)).toMatchObject({
    protect: false,
    inputs: {
      creationToken: "lambda-efs-files-dev",
      encrypted: true,
      performanceMode: "generalPurpose",
      throughputMode: "elastic",
      lifecyclePolicies: [{ transitionToIa: "AFTER_30_DAYS" }, { transitionToPrimaryStorageClass: "AFTER_1_ACCESS" }],
      tags,
    },
  });
  expect(recording.untagged(requiredTagKeys)).toEqual([]);
});

test("[lambda-efs 3.2] each private subnet has a mount target with the file system's security group", async () => {
  const { recording } = await build();
  for (const letter of ["a", "b"]) {
    expect(recording.named(`${name}-mount-target-${letter}`)).toMatchObject({
      parent: name,
      inputs: {
        fileSystemId,
        subnetId: `lambda-efs-network-private-${letter}-id`,
        securityGroups: [`${name}-mount-targets-group-id`],
      },
    });
  }
});

test("[lambda-efs 3.3] the access point is rooted at /lambda, as 1000:1000 and 755", async () => {
  const { recording } = await build();
  expect(recording.named(`${name}-access-point`).inputs).toEqual({
    fileSystemId,
    posixUser: { uid: 1000, gid: 1000 },
    rootDirectory: { path: "/lambda", creationInfo: { ownerUid: 1000, ownerGid: 1000, permissions: "755" } },
    tags,
  });
});

test("clients without TLS or beside the access point are refused", async () => {
  const { recording } = await build();
  const deny = (Sid: string, Condition: object) => ({
    Sid,
    Effect: "Deny",
    Principal: "*",
    Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"],
    Resource: [fileSystemArn],
    Condition,
  });
  expect(recording.document(`${name}-policy`)).toEqual({
    Version: "2012-10-17",
    Id: "files",
    Statement: [
      deny("DenyWithoutTls", { Bool: { "aws:SecureTransport": "false" } }),
      deny("DenyBesideAccessPoint", {
        StringNotEquals: {
          "elasticfilesystem:AccessPointArn": `arn:aws:mock:us-east-1:123456789012:${name}-access-point`,
        },
      }),
    ],
  });
});

test.each([
  [true, "ENABLED"],
  [false, "DISABLED"],
])("backups %s are %s", async (backups, status) => {
  const { recording } = await build({ backups });
  expect(recording.named(`${name}-backup-policy`).inputs).toEqual({ fileSystemId, backupPolicy: { status } });
});

test("it is protected where the environment protects data", async () => {
  const { recording } = await build({ context: { ...devContext, protectData: true, disposableData: false } });
  expect(recording.named(`${name}-file-system`).protect).toBe(true);
});

describe("[lambda-efs 2.3] grantMount", () => {
  test("opens TCP 2049 between the two security groups, and nothing else", async () => {
    const { recording } = await record(() => makeFunction());
    const rules = [
      ...recording.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"),
      ...recording.ofType("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"),
    ];
    const port = { ipProtocol: "tcp", fromPort: 2049, toPort: 2049 };
    expect(rules.map(({ type, inputs: { tags: _tags, ...inputs } }) => [type.split(":").at(-1), inputs])).toEqual([
      [
        "SecurityGroupIngressRule",
        {
          ...port,
          securityGroupId: `${name}-mount-targets-group-id`,
          referencedSecurityGroupId: "lambda-efs-functions-group-id",
          description: "NFS from functions",
        },
      ],
      [
        "SecurityGroupEgressRule",
        {
          ...port,
          securityGroupId: "lambda-efs-functions-group-id",
          referencedSecurityGroupId: `${name}-mount-targets-group-id`,
          description: "NFS to files",
        },
      ],
    ]);
  });
});

test("all mistakes in its arguments are told together", async () => {
  const building = build({ rootDirectory: "/", owner: { uid: 0, gid: 1000 }, permissions: "999" });
  await expect(building).rejects.toThrow(/rootDirectory: is "\/".*owner\.uid: is 0.*permissions: is "999"/s);
});
