import {
  CopyDBSnapshotCommand,
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
  RestoreDBInstanceToPointInTimeCommand,
  waitUntilDBInstanceAvailable,
  waitUntilDBSnapshotAvailable,
} from "@aws-sdk/client-rds";
import { partitionOf } from "../../components/lib/context";
import { UserError } from "../lib/user-error";

/** Snapshots of databases on RDS. All functions return when the snapshot is whole. */

const waitSeconds = 3600;
/** Its own error of what it does not do. */
const unknownAction = "InvalidAction";

async function withRds<T>(region: string, action: (client: RDSClient) => Promise<T>): Promise<T> {
  const client = new RDSClient({ region });
  try {
    return await action(client);
  } finally {
    client.destroy();
  }
}

const whole = (client: RDSClient, DBSnapshotIdentifier: string) =>
  waitUntilDBSnapshotAvailable({ client, maxWaitTime: waitSeconds, minDelay: 2 }, { DBSnapshotIdentifier });

/** A snapshot of a database, named after it and the point. Returns its name. */
export async function snapshotDatabase(
  region: string,
  identifier: string,
  point: string,
  tags: Readonly<Record<string, string>>,
): Promise<string> {
  return withRds(region, async (client) => {
    const DBSnapshotIdentifier = `${identifier}-${point}`;
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await client.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: identifier, DBSnapshotIdentifier, Tags }));
    await whole(client, DBSnapshotIdentifier);
    return DBSnapshotIdentifier;
  });
}

/**
 * A snapshot of a database as it was at a time within its `backupDays`, through an instance that RDS restores for it and that is deleted afterwards.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
 *
 * @throws UserError where there is no such restore, as on the local AWS
 */
export async function snapshotAt(
  region: string,
  identifier: string,
  time: Date,
  tags: Readonly<Record<string, string>>,
): Promise<string> {
  const name = `${identifier.slice(0, 40).replace(/-$/, "")}-at-${time.getTime()}`;
  await withRds(region, async (client) => {
    const { DBInstances = [] } = await client.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }),
    );
    const { DBSubnetGroup, VpcSecurityGroups = [], DBInstanceClass } = DBInstances[0] ?? {};
    try {
      await client.send(
        new RestoreDBInstanceToPointInTimeCommand({
          SourceDBInstanceIdentifier: identifier,
          TargetDBInstanceIdentifier: name,
          RestoreTime: time,
          DBInstanceClass,
          DBSubnetGroupName: DBSubnetGroup?.DBSubnetGroupName,
          VpcSecurityGroupIds: VpcSecurityGroups.map(({ VpcSecurityGroupId = "" }) => VpcSecurityGroupId),
          PubliclyAccessible: false,
          MultiAZ: false,
          DeletionProtection: false,
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      );
    } catch (error) {
      if ((error as Error).name !== unknownAction) throw error;
      throw new UserError(
        `Database ${identifier} can't be read as it was at ${time.toISOString()}: this AWS does not restore databases to a time.`,
        "The local AWS does not. Name a backup instead: ./llm backups <stack>",
        { cause: error },
      );
    }
  });
  try {
    await withRds(region, (client) =>
      waitUntilDBInstanceAvailable({ client, maxWaitTime: waitSeconds, minDelay: 15 }, { DBInstanceIdentifier: name }),
    );
    return await snapshotDatabase(region, name, "copy", tags);
  } finally {
    await withRds(region, (client) =>
      client.send(
        new DeleteDBInstanceCommand({
          DBInstanceIdentifier: name,
          SkipFinalSnapshot: true,
          DeleteAutomatedBackups: true,
        }),
      ),
    );
  }
}

/** Whether a region has a snapshot that is whole. */
export async function hasSnapshot(region: string, DBSnapshotIdentifier: string): Promise<boolean> {
  return withRds(region, async (client) => {
    try {
      const { DBSnapshots = [] } = await client.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier }));
      return DBSnapshots.some(({ Status }) => Status === "available");
    } catch (error) {
      if (/^DBSnapshotNotFound(Fault)?$/.test((error as Error).name)) return false;
      throw error;
    }
  });
}

export interface SnapshotCopy {
  readonly snapshot: string;
  readonly accountId: string;
  readonly from: string;
  readonly to: string;
}

/** Copies a snapshot into another region, under the same name, encrypted with the key that RDS has there. The client signs for the region in the ARN too. */
export async function copySnapshot({ snapshot, accountId, from, to }: SnapshotCopy): Promise<void> {
  await withRds(to, async (client) => {
    try {
      await client.send(
        new CopyDBSnapshotCommand({
          SourceDBSnapshotIdentifier: `arn:${partitionOf(from)}:rds:${from}:${accountId}:snapshot:${snapshot}`,
          TargetDBSnapshotIdentifier: snapshot,
          // A key is of one region.
          KmsKeyId: "alias/aws/rds",
          CopyTags: true,
        }),
      );
    } catch (error) {
      if ((error as Error).name !== unknownAction) throw error;
      throw new UserError(
        `Snapshot ${snapshot} can't come from ${from} to ${to}: this AWS does not copy snapshots.`,
        "The local AWS does not.",
        { cause: error },
      );
    }
    await whole(client, snapshot);
  });
}

/**
 * Sees to it that a region has a snapshot: where it has not, a copy is made from the first region that has.
 * @param regions where it may be, the likeliest first
 * @throws UserError when none has it
 */
export async function bringSnapshot(
  snapshot: string,
  place: { readonly to: string; readonly regions: readonly string[]; readonly accountId: string },
): Promise<void> {
  const { to, regions, accountId } = place;
  if (await hasSnapshot(to, snapshot)) return;
  for (const from of new Set(regions)) {
    if (from === to || !(await hasSnapshot(from, snapshot))) continue;
    await copySnapshot({ snapshot, accountId, from, to });
    return;
  }
  throw new UserError(
    `Snapshot ${snapshot} is not there any more, in none of ${[...new Set([to, ...regions])].join(", ")}.`,
    "Take another backup: ./llm backups <stack>",
  );
}
