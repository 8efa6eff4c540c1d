import { describe, expect, test } from "vitest";
import { MysqlDatabase, type MysqlDatabaseArgs } from "../../../../components/data/mysql-database";
import { devContext, devTags, record } from "../../../support/mocks";
import { inTheClear } from "../../../support/registered";
import { clientsIn, protectedContext, vpcOf } from "./fixtures";

const password = "p".repeat(40);
const make = (args: Partial<MysqlDatabaseArgs> = {}, context = devContext) =>
  new MysqlDatabase("lambda-efs-mysql", {
    context,
    vpc: args.vpc ?? vpcOf(context),
    instanceClass: "db.t3.micro",
    databaseName: "firs",
    username: "app",
    password,
    backupWindow: "03:00-04:00",
    maintenanceWindow: "sun:04:30-sun:05:30",
    maxConnections: 50,
    bufferPoolMiB: 512,
    logRetentionDays: 7,
    ...args,
  });

describe("a MySQL database", () => {
  test("is encrypted, private, backed up, of one zone, and does not grow by itself", async () => {
    const { recording } = await record(() => make({ storageType: "gp2" }));
    expect(inTheClear(recording.named("lambda-efs-mysql-instance").inputs)).toEqual({
      identifier: "lambda-efs-mysql-dev",
      engine: "mysql",
      engineVersion: "8.4",
      allowMajorVersionUpgrade: true,
      autoMinorVersionUpgrade: true,
      engineLifecycleSupport: "open-source-rds-extended-support-disabled",
      instanceClass: "db.t3.micro",
      multiAz: false,
      storageType: "gp2",
      storageEncrypted: true,
      allocatedStorage: 20,
      dbName: "firs",
      port: 3306,
      username: "app",
      passwordWo: "[secret]",
      passwordWoVersion: 1,
      dbSubnetGroupName: "lambda-efs-mysql-dev",
      vpcSecurityGroupIds: ["lambda-efs-mysql-sg-group-id"],
      publiclyAccessible: false,
      parameterGroupName: "lambda-efs-mysql-mysql8-4-dev",
      backupRetentionPeriod: 7,
      backupWindow: "03:00-04:00",
      maintenanceWindow: "sun:04:30-sun:05:30",
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: true,
      deletionProtection: false,
      skipFinalSnapshot: true,
      enabledCloudwatchLogsExports: ["error", "slowquery"],
      applyImmediately: true,
      tags: devTags("data"),
    });
  });

  test("refuses clients without TLS, and has what it is given as parameters", async () => {
    const { recording } = await record(() => make());
    expect(recording.named("lambda-efs-mysql-parameters-8-4").inputs).toMatchObject({
      family: "mysql8.4",
      parameters: [
        { name: "require_secure_transport", value: "1" },
        { name: "max_connections", value: "50" },
        { name: "innodb_buffer_pool_size", value: "536870912" },
        { name: "log_output", value: "FILE" },
        { name: "slow_query_log", value: "1" },
        { name: "long_query_time", value: "2" },
      ],
    });
  });

  test("logs to groups that forget, which are there before it", async () => {
    const { result, recording } = await record(() => make());
    for (const log of ["error", "slowquery"]) {
      const group = recording.named(`lambda-efs-mysql-${log}-log-group`);
      expect(group.inputs).toMatchObject({
        name: `/aws/rds/instance/lambda-efs-mysql-dev/${log}`,
        retentionInDays: 7,
      });
      expect(result.logGroupNames).toContain(group.inputs.name);
      expect(recording.named("lambda-efs-mysql-instance").dependencies).toContain(group.name);
    }
  });

  test("where data is protected can't be deleted by mistake, and leaves a snapshot", async () => {
    const { recording } = await record(() => make({}, protectedContext));
    const { protect, inputs } = recording.named("lambda-efs-mysql-instance");
    expect(protect).toBe(true);
    expect(inputs).toMatchObject({ deletionProtection: true, finalSnapshotIdentifier: "lambda-efs-mysql-dev-final" });
  });

  test("opens its port to those who are let in, on both sides", async () => {
    const { recording } = await record(() => {
      const vpc = vpcOf();
      make({ vpc }).allowFrom(clientsIn(vpc), "FIRs");
    });
    for (const name of ["lambda-efs-mysql-sg-from-clients-tcp-3306", "lambda-efs-clients-to-mysql-sg-tcp-3306"]) {
      expect(recording.named(name).inputs).toMatchObject({ fromPort: 3306, toPort: 3306, description: "FIRs" });
    }
  });

  test("is refused with all that is wrong, told together", async () => {
    const wrong = { username: "root", backupWindow: "3-4" as const, maintenanceWindow: "sunday", bufferPoolMiB: 300 };
    await expect(record(() => make({ ...wrong, maxConnections: 0 }))).rejects.toThrow(
      /5 mistakes[\s\S]*username: is "root"[\s\S]*backupWindow: is "3-4"[\s\S]*maintenanceWindow: is "sunday"[\s\S]*maxConnections: is 0[\s\S]*bufferPoolMiB: is 300/,
    );
  });
});
