import { describe, expect, test } from "vitest";
import { PostgresDatabase, type PostgresDatabaseArgs } from "../../../../components/data/postgres-database";
import { ServiceRole } from "../../../../components/lib/service-role";
import { devContext, devTags, record, resolved } from "../../../support/mocks";
import { clientsIn, protectedContext, vpcOf } from "./fixtures";

const make = (args: Partial<PostgresDatabaseArgs> = {}, context = devContext) =>
  new PostgresDatabase("lambda-efs-database", {
    context,
    vpc: args.vpc ?? vpcOf(context),
    instanceClass: "db.t4g.small",
    multiAz: false,
    databaseName: "jobs",
    logRetentionDays: 30,
    ...args,
  });

describe("a PostgreSQL database", () => {
  test("is encrypted, private, backed up and has a password of AWS's", async () => {
    const { result, recording } = await record(() => make());
    expect(recording.named("lambda-efs-database-instance").inputs).toEqual({
      identifier: "lambda-efs-database-dev",
      engine: "postgres",
      engineVersion: "17",
      allowMajorVersionUpgrade: true,
      autoMinorVersionUpgrade: true,
      engineLifecycleSupport: "open-source-rds-extended-support-disabled",
      instanceClass: "db.t4g.small",
      multiAz: false,
      storageType: "gp3",
      storageEncrypted: true,
      allocatedStorage: 20,
      maxAllocatedStorage: 100,
      dbName: "jobs",
      port: 5432,
      username: "postgres",
      manageMasterUserPassword: true,
      dbSubnetGroupName: "lambda-efs-database-dev",
      vpcSecurityGroupIds: ["lambda-efs-database-sg-group-id"],
      publiclyAccessible: false,
      parameterGroupName: "lambda-efs-database-postgres17-dev",
      backupRetentionPeriod: 7,
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: true,
      deletionProtection: false,
      skipFinalSnapshot: true,
      enabledCloudwatchLogsExports: ["postgresql"],
      performanceInsightsEnabled: true,
      performanceInsightsRetentionPeriod: 7,
      applyImmediately: true,
      tags: devTags("data"),
    });
    expect(await resolved(result.host)).toBe("lambda-efs-database-instance.rds.example.com");
  });

  test("refuses clients without TLS, and logs slow statements to a group that forgets", async () => {
    const { recording } = await record(() => make({ version: "16", logRetentionDays: 14 }));
    expect(recording.named("lambda-efs-database-parameters-16").inputs).toMatchObject({
      name: "lambda-efs-database-postgres16-dev",
      family: "postgres16",
      parameters: [
        { name: "rds.force_ssl", value: "1" },
        { name: "log_min_duration_statement", value: "1000" },
      ],
    });
    expect(recording.named("lambda-efs-database-log-group").inputs).toMatchObject({
      name: "/aws/rds/instance/lambda-efs-database-dev/postgresql",
      retentionInDays: 14,
    });
    expect(recording.named("lambda-efs-database-instance").dependencies).toContain("lambda-efs-database-log-group");
  });

  test("stands in the private subnets", async () => {
    const { recording } = await record(() => make());
    expect(recording.named("lambda-efs-database-subnet-group").inputs.subnetIds).toEqual([
      "lambda-efs-network-private-a-id",
      "lambda-efs-network-private-b-id",
    ]);
  });

  test("where data is protected can't be deleted by mistake, and leaves a snapshot", async () => {
    const { recording } = await record(() => make({ multiAz: true }, protectedContext));
    const instance = recording.named("lambda-efs-database-instance");
    expect(instance.protect).toBe(true);
    expect(instance.inputs).toMatchObject({
      multiAz: true,
      deletionProtection: true,
      deleteAutomatedBackups: false,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "lambda-efs-database-dev-final",
      applyImmediately: false,
    });
  });

  test("takes a snapshot's data when it is made, and keeps its own afterwards", async () => {
    const restoreFrom = "rds:lambda-efs-database-dev-2026-12-01-03-10";
    const { recording } = await record(() => make({ restoreFrom }, protectedContext));
    const instance = recording.named("lambda-efs-database-instance");
    expect(instance.inputs).toMatchObject({ snapshotIdentifier: restoreFrom, manageMasterUserPassword: true });
    expect(instance.protect).toBe(true);
  });

  test("is not protected in the one update that replaces it, and RDS protects it all the same", async () => {
    const { recording } = await record(() =>
      make({ restoreFrom: "lambda-efs-database-dev-20261201t180000z", restoreOver: true }, protectedContext),
    );
    const instance = recording.named("lambda-efs-database-instance");
    expect(instance.protect ?? false).toBe(false);
    expect(instance.inputs).toMatchObject({ deletionProtection: true, finalSnapshotIdentifier: expect.any(String) });
  });

  test.each([
    "lambda-efs-database-dev-20261201t180000z",
    "awsbackup:job-0f1e",
    "arn:aws:rds:us-east-1:123456789012:snapshot:shared",
    "arn:aws:rds:us-east-1:123456789012:snapshot:rds:mine-2026-12-01-03-10",
  ])("can be made from %s", async (restoreFrom) => {
    const { recording } = await record(() => make({ restoreFrom }));
    expect(recording.named("lambda-efs-database-instance").inputs["snapshotIdentifier"]).toBe(restoreFrom);
  });

  test.each([
    [{ restoreFrom: "" }, /restoreFrom: is ""; give the name of a snapshot/],
    [{ restoreFrom: "two--hyphens" }, /restoreFrom: is "two--hyphens"/],
    [{ restoreFrom: "1st" }, /restoreFrom: is "1st"/],
    [{ restoreFrom: "ends-" }, /restoreFrom: is "ends-"/],
    [{ restoreFrom: `a${"b".repeat(255)}` }, /restoreFrom: is/],
    [{ restoreOver: true }, /restoreOver: is true without restoreFrom/],
  ])("refuses %j", async (args, says) => {
    await expect(record(() => make(args))).rejects.toThrow(says);
  });

  test("opens its port to those who are let in, on both sides", async () => {
    const { recording } = await record(() => {
      const vpc = vpcOf();
      make({ vpc }).allowFrom(clientsIn(vpc), "Jobs");
    });
    expect(recording.named("lambda-efs-database-sg-from-clients-tcp-5432").inputs).toMatchObject({
      securityGroupId: "lambda-efs-database-sg-group-id",
      referencedSecurityGroupId: "lambda-efs-clients-group-id",
      fromPort: 5432,
      toPort: 5432,
      description: "Jobs",
    });
    expect(recording.named("lambda-efs-clients-to-database-sg-tcp-5432").inputs).toMatchObject({
      securityGroupId: "lambda-efs-clients-group-id",
      referencedSecurityGroupId: "lambda-efs-database-sg-group-id",
      fromPort: 5432,
    });
  });

  test("lets a grantee read the one secret", async () => {
    const { recording } = await record(() => {
      const role = new ServiceRole("lambda-efs-reader", {
        context: devContext,
        trusts: "ec2.amazonaws.com",
        description: "Reads",
      });
      make().grantReadSecret(role);
    });
    expect(recording.document("lambda-efs-reader-database-secret-read").Statement).toEqual([
      {
        Sid: "ReadSecret",
        Effect: "Allow",
        Action: ["secretsmanager:GetSecretValue"],
        Resource: ["arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!lambda-efs-database-instance-AbCdEf"],
      },
    ]);
  });

  test("has metrics of its own", async () => {
    const { result } = await record(() => make());
    const metrics = [
      result.metricCpu(),
      result.metricFreeStorage(),
      result.metricFreeMemory(),
      result.metricConnections(),
      result.metricWriteLatency(),
    ];
    expect(metrics.map(({ name, statistic }) => [name, statistic])).toEqual([
      ["CPUUtilization", "Average"],
      ["FreeStorageSpace", "Minimum"],
      ["FreeableMemory", "Minimum"],
      ["DatabaseConnections", "Maximum"],
      ["WriteLatency", "Average"],
    ]);
    for (const { namespace, dimensions, periodSeconds } of metrics)
      expect({ namespace, dimensions, periodSeconds }).toEqual({
        namespace: "AWS/RDS",
        dimensions: { DBInstanceIdentifier: "lambda-efs-database-dev" },
        periodSeconds: 60,
      });
  });

  test("is refused with all that RDS would not take, told together", async () => {
    const wrong = {
      instanceClass: "r6g.xlarge",
      databaseName: "Jobs",
      storageGiB: 30,
      maxStorageGiB: 20,
      backupDays: 0,
    };
    await expect(record(() => make({ ...wrong, vpc: vpcOf(devContext, 1) }))).rejects.toThrow(
      /5 mistakes[\s\S]*vpc: has 1 private[\s\S]*"r6g.xlarge"[\s\S]*"Jobs"[\s\S]*backupDays: is 0[\s\S]*maxStorageGiB: is 20/,
    );
  });
});
