import {
  CreateDBSnapshotCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databasesIn } from "../../../automation/backup/databases";
import type { RecordedResource } from "../../../automation/environments/place";
import { PostgresDatabase } from "../../../components/data/postgres-database";
import type { SystemContext } from "../../../components/lib/context";
import { Vpc } from "../../../components/network/vpc";
import { awsEnv } from "../../../local/aws-env";
import { type InlineStack, withStack } from "../../support/inline-stack";
import { devContext } from "../../support/mocks";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

/**
 * A database from a snapshot, through the real engine and provider. Instances have no data on the local AWS: what shows is which instance stands.
 */
let emulator: TestEmulator;
let rds: RDSClient;

beforeAll(async () => {
  emulator = await startTestEmulator();
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = awsEnv(
    emulator.endpoint,
  );
  rds = new RDSClient({
    endpoint: emulator.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey },
  });
});

afterAll(async () => {
  rds?.destroy();
  await emulator?.dispose();
});

const identifier = "lambda-efs-database-test";

async function instance() {
  const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }));
  const { DbiResourceId, DBName, MasterUsername, BackupRetentionPeriod } = DBInstances[0] ?? {};
  return { id: DbiResourceId, database: DBName, user: MasterUsername, backupDays: BackupRetentionPeriod };
}

async function databaseUrns({ stack }: InlineStack): Promise<string[]> {
  const { deployment } = await stack.exportStack();
  return databasesIn((deployment as { resources: RecordedResource[] }).resources).map(({ urn }) => urn);
}

test("a snapshot replaces a protected database where that is asked for, and nowhere else", async () => {
  const context: SystemContext = {
    ...devContext,
    stack: "test",
    accountId: "000000000000",
    protectData: true,
    disposableData: true,
  };
  let origin: { restoreFrom?: string; restoreOver?: boolean } = {};
  const program = async () => {
    const vpc = new Vpc("lambda-efs-network", {
      context,
      cidr: "10.0.0.0/16",
      availabilityZones: ["us-east-1a", "us-east-1b"],
    });
    new PostgresDatabase("lambda-efs-database", {
      context,
      vpc,
      instanceClass: "db.t4g.small",
      multiAz: false,
      databaseName: "jobs",
      logRetentionDays: 14,
      ...origin,
    });
  };
  await withStack(
    "llm-stacks",
    program,
    async (stack) => {
      await stack.up();
      const first = await instance();
      const snapshot = `${identifier}-20261201t180000z`;
      await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: identifier, DBSnapshotIdentifier: snapshot }));

      const setting = (over: boolean) => ({ restoreFrom: snapshot, restoreOver: over });
      origin = setting(false);
      expect(await stack.changes()).toEqual({});

      // RDS's own protection is none of Pulumi's: it holds until someone takes it off.
      origin = setting(true);
      await expect(stack.up()).rejects.toThrow(/DeletionProtection is enabled/);
      expect(await instance()).toEqual(first);
      const off = { DBInstanceIdentifier: identifier, DeletionProtection: false, ApplyImmediately: true };
      await rds.send(new ModifyDBInstanceCommand(off));
      await stack.up();
      const second = await instance();
      expect(second).toEqual({ ...first, id: expect.not.stringMatching(String(first.id)) });

      // The same snapshot once more: nothing differs, so it takes the engine's word.
      const [urn] = await databaseUrns(stack);
      await rds.send(new ModifyDBInstanceCommand(off));
      await stack.stack.up({ replace: urn ? [urn] : [] });
      const third = await instance();
      expect(third.id).not.toBe(second.id);

      origin = {};
      expect(await stack.changes()).toEqual({});
    },
    { endpoint: emulator.endpoint, keepResources: true },
  );
});
