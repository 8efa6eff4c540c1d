import { RDSClient } from "@aws-sdk/client-rds";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  checkReplaceable,
  databasesIn,
  type RestorableDatabase,
  settingsFrom,
} from "../../../../automation/backup/databases";
import { bringSnapshot, copySnapshot, snapshotAt } from "../../../../automation/backup/snapshots";

type Answer = (input: Readonly<Record<string, unknown>>, region: string) => unknown;

let calls: string[] = [];
let inputs: Record<string, Readonly<Record<string, unknown>>> = {};
let answers: Record<string, Answer> = {};

beforeEach(() => {
  calls = [];
  inputs = {};
  vi.spyOn(RDSClient.prototype, "send").mockImplementation(async function (this: RDSClient, command: unknown) {
    const { constructor: type, input } = command as { constructor: { name: string }; input: Record<string, unknown> };
    const region = await this.config.region();
    const name = type.name.replace(/Command$/, "");
    calls.push(`${name} ${region}`);
    inputs[name] = input;
    return answers[name]?.(input, region) ?? {};
  } as never);
});

afterEach(() => vi.restoreAllMocks());

const failure = (name: string) => Object.assign(new Error(name), { name });

/** RDS whose snapshots are in these regions; a copy or a new one is there at once. */
function snapshotsIn(...regions: string[]): void {
  const there = new Set(regions);
  answers = {
    DescribeDBSnapshots: (_, region) => {
      if (!there.has(region)) throw failure("DBSnapshotNotFoundFault");
      return { DBSnapshots: [{ Status: "available" }] };
    },
    CopyDBSnapshot: (_, region) => there.add(region) && {},
    CreateDBSnapshot: (_, region) => there.add(region) && {},
  };
}

describe("a snapshot", () => {
  const bring = (regions: string[]) => bringSnapshot("s-1", { to: "eu-west-1", regions, accountId: "123456789012" });

  test("that the region has is taken as it is", async () => {
    snapshotsIn("eu-west-1", "us-east-1");
    await bring(["us-west-2", "us-east-1"]);
    expect(calls).toEqual(["DescribeDBSnapshots eu-west-1"]);
  });

  test("comes from the first region that has it, with the key of where it goes", async () => {
    snapshotsIn("us-east-1");
    await bring(["us-west-2", "us-east-1"]);
    expect(calls).toContain("DescribeDBSnapshots us-west-2");
    expect(calls).toContain("CopyDBSnapshot eu-west-1");
    expect(inputs["CopyDBSnapshot"]).toEqual({
      SourceDBSnapshotIdentifier: "arn:aws:rds:us-east-1:123456789012:snapshot:s-1",
      TargetDBSnapshotIdentifier: "s-1",
      KmsKeyId: "alias/aws/rds",
      CopyTags: true,
    });
  });

  test("that no region has is named with all of them", async () => {
    snapshotsIn();
    await expect(bring(["us-west-2", "us-east-1"])).rejects.toThrow("none of eu-west-1, us-west-2, us-east-1");
  });

  test("can't be copied by the local AWS, which is said", async () => {
    answers = {
      CopyDBSnapshot: () => {
        throw failure("InvalidAction");
      },
    };
    const copy = { snapshot: "s-1", accountId: "123456789012", from: "us-east-1", to: "eu-west-1" };
    await expect(copySnapshot(copy)).rejects.toThrow("this AWS does not copy snapshots");
  });
});

describe("a database as it was at a time", () => {
  const time = new Date("2026-12-01T18:00:00Z");
  const temporary = `agents-database-prod-at-${time.getTime()}`;

  beforeEach(() => {
    snapshotsIn();
    answers["DescribeDBInstances"] = () => ({
      DBInstances: [
        {
          ...{ DBInstanceClass: "db.r6g.xlarge", DBInstanceStatus: "available" },
          DBSubnetGroup: { DBSubnetGroupName: "group" },
          VpcSecurityGroups: [{ VpcSecurityGroupId: "sg-1" }],
        },
      ],
    });
  });

  test("is a snapshot of an instance that stands where the other does, and goes", async () => {
    const snapshot = await snapshotAt("us-east-1", "agents-database-prod", time, { Backup: "prod" });
    expect(snapshot).toBe(`${temporary}-copy`);
    expect(inputs["RestoreDBInstanceToPointInTime"]).toMatchObject({
      SourceDBInstanceIdentifier: "agents-database-prod",
      TargetDBInstanceIdentifier: temporary,
      RestoreTime: time,
      DBInstanceClass: "db.r6g.xlarge",
      DBSubnetGroupName: "group",
      VpcSecurityGroupIds: ["sg-1"],
      PubliclyAccessible: false,
      Tags: [{ Key: "Backup", Value: "prod" }],
    });
    expect(inputs["CreateDBSnapshot"]).toMatchObject({ DBInstanceIdentifier: temporary });
    expect(inputs["DeleteDBInstance"]).toMatchObject({ DBInstanceIdentifier: temporary, SkipFinalSnapshot: true });
    expect(calls.at(-1)).toBe("DeleteDBInstance us-east-1");
  });

  test("leaves no instance behind when the snapshot fails", async () => {
    answers["CreateDBSnapshot"] = () => {
      throw failure("SnapshotQuotaExceeded");
    };
    await expect(snapshotAt("us-east-1", "agents-database-prod", time, {})).rejects.toThrow("SnapshotQuotaExceeded");
    expect(inputs["DeleteDBInstance"]).toMatchObject({ DBInstanceIdentifier: temporary });
  });

  test("can't be had of the local AWS, which is said, and nothing is deleted", async () => {
    answers["RestoreDBInstanceToPointInTime"] = () => {
      throw failure("InvalidAction");
    };
    await expect(snapshotAt("us-east-1", "agents-database-prod", time, {})).rejects.toThrow(
      "this AWS does not restore databases to a time",
    );
    expect(calls.some((call) => call.startsWith("DeleteDBInstance"))).toBe(false);
  });
});

describe("databases of a stack", () => {
  const instance = (key: string, outputs: Readonly<Record<string, unknown>>) => ({
    ...{ urn: `urn:pulumi:prod::p::aws:rds/instance:Instance::${key}`, type: "aws:rds/instance:Instance", outputs },
  });

  test("are known with what keeps them from being deleted, and what they leave", () => {
    const [guarded, free] = databasesIn([
      instance("agents-database-instance", {
        ...{ identifier: "agents-database-prod", deletionProtection: true },
        ...{ skipFinalSnapshot: false, finalSnapshotIdentifier: "agents-database-prod-final" },
      }),
      instance("afirgen-mysql-instance", { identifier: "afirgen-mysql-prod", skipFinalSnapshot: true }),
    ]);
    expect(guarded).toMatchObject({ deletionProtection: true, finalSnapshot: "agents-database-prod-final" });
    expect(free).toMatchObject({ key: "afirgen-mysql-instance", deletionProtection: false, finalSnapshot: undefined });
  });

  const database: RestorableDatabase = {
    ...{ key: "k", name: "n", urn: "u", deletionProtection: false, finalSnapshot: "n-final" },
  };

  test("are refused before anything changes, where the last snapshot's name is taken", async () => {
    snapshotsIn("us-east-1");
    await expect(checkReplaceable("us-east-1", [database])).rejects.toThrow(/n-final.*Nothing was changed/s);
    await checkReplaceable("us-west-2", [database]);
    await checkReplaceable("us-east-1", [{ ...database, finalSnapshot: undefined }]);
  });

  test("get their snapshots beside the settings that they have, in their systems'", () => {
    const rows = [
      { name: "agents", configKey: "agents" },
      { name: "afirgen", configKey: "afirgen" },
    ];
    const settings = {
      encryptionsalt: "salt",
      config: { "aws:region": "us-east-1", "llm-stacks:agents": { allowP5: true, database: { backupDays: 3 } } },
    };
    const snapshots = new Map([
      ["agents-database-instance", "s-1"],
      ["afirgen-mysql-instance", "s-2"],
    ]);
    expect(settingsFrom(settings, rows, snapshots)).toEqual({
      encryptionsalt: "salt",
      config: {
        "aws:region": "us-east-1",
        "llm-stacks:agents": {
          allowP5: true,
          database: { backupDays: 3, restoreFrom: "s-1", restoreOver: true },
        },
        "llm-stacks:afirgen": { database: { restoreFrom: "s-2", restoreOver: true } },
      },
    });
    expect(settings.config["llm-stacks:agents"].database).toEqual({ backupDays: 3 });
    expect(() => settingsFrom(settings, rows, new Map([["other-db", "s"]]))).toThrow("of no system");
  });
});
