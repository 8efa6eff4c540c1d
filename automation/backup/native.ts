import {
  BackupClient,
  DescribeBackupVaultCommand,
  GetRecoveryPointRestoreMetadataCommand,
  StartBackupJobCommand,
  StartRestoreJobCommand,
} from "@aws-sdk/client-backup";
import {
  DeleteTableCommand,
  type DynamoDBClient,
  RestoreTableToPointInTimeCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { partitionOf } from "../../components/lib/context";
import { UserError } from "../lib/user-error";
import type { Item } from "./items";
import { scan } from "./tables";

/** What AWS keeps itself: recovery points of file systems, and tables as they were at any second of the last 35 days. */

const vault = "Default";
const waitSeconds = 3600;

const roleOf = (region: string, accountId: string) =>
  `arn:${partitionOf(region)}:iam::${accountId}:role/service-role/AWSBackupDefaultServiceRole`;

/**
 * Starts a backup of a file system to the account's default vault of AWS Backup. Returns the recovery point's ARN; it is whole some minutes later.
 * Undefined when the account has no such vault: AWS makes it, and the role, with the first file system whose backups are on.
 */
export async function backUpFileSystem(region: string, accountId: string, id: string): Promise<string | undefined> {
  const client = new BackupClient({ region });
  try {
    await client.send(new DescribeBackupVaultCommand({ BackupVaultName: vault }));
    const { RecoveryPointArn } = await client.send(
      new StartBackupJobCommand({
        BackupVaultName: vault,
        ResourceArn: `arn:${partitionOf(region)}:elasticfilesystem:${region}:${accountId}:file-system/${id}`,
        IamRoleArn: roleOf(region, accountId),
      }),
    );
    return RecoveryPointArn;
  } catch (error) {
    if (["ResourceNotFoundException", "AccessDeniedException"].includes((error as Error).name)) return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}

/**
 * Starts the restore of a recovery point into a file system that is there: AWS puts it into a directory `aws-backup-restore_<time>` beside what is there.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-efs.html
 */
export async function restoreFileSystem(region: string, accountId: string, point: string, id: string): Promise<string> {
  const client = new BackupClient({ region });
  try {
    const asked = { BackupVaultName: vault, RecoveryPointArn: point };
    const { RestoreMetadata } = await client.send(new GetRecoveryPointRestoreMetadataCommand(asked));
    const { RestoreJobId = "" } = await client.send(
      new StartRestoreJobCommand({
        RecoveryPointArn: point,
        IamRoleArn: roleOf(region, accountId),
        ResourceType: "EFS",
        Metadata: { ...RestoreMetadata, "file-system-id": id, newFileSystem: "false" },
      }),
    );
    return RestoreJobId;
  } finally {
    client.destroy();
  }
}

/**
 * The items that a table had at a time, through a table that AWS restores for it and that is deleted afterwards.
 * @throws UserError where there is no such restore, as on the local AWS
 */
export async function* itemsAt(client: DynamoDBClient, table: string, time: Date): AsyncGenerator<Item> {
  const TargetTableName = `${table}-at-${time.getTime()}`;
  try {
    await client.send(
      new RestoreTableToPointInTimeCommand({ SourceTableName: table, TargetTableName, RestoreDateTime: time }),
    );
  } catch (error) {
    if ((error as Error).name !== "UnknownOperationException") throw error;
    throw new UserError(
      `Table ${table} can't be read as it was at ${time.toISOString()}: this AWS does not restore tables to a time.`,
      "The local AWS does not. Name a backup instead: ./llm backups <stack>",
      { cause: error },
    );
  }
  try {
    await waitUntilTableExists({ client, maxWaitTime: waitSeconds, minDelay: 5 }, { TableName: TargetTableName });
    yield* scan(client, TargetTableName);
  } finally {
    await client.send(new DeleteTableCommand({ TableName: TargetTableName }));
  }
}
