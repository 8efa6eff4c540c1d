import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { checkReplaceable, type RestorableDatabase, replaceDatabases } from "../backup/databases";
import {
  backupSource,
  databaseRestores,
  type RestoreSource,
  restoreFileSystems,
  restoreInto,
  timeSource,
} from "../backup/restore";
import { backupPlaceOf, choosePoint, listBackups, type Manifest, readManifest } from "../backup/sets";
import { type Stores, storesIn } from "../backup/stores";
import { EXIT, Interrupted } from "../lib/exit";
import { guardPlace, openSession, regionOf, resourcesOf, type Session } from "../lib/session";
import { ask, confirm, secondsSince } from "../lib/terminal";
import { UserError } from "../lib/user-error";

export interface RestoreFlags {
  /** A backup's point, `latest`, or a time (ISO 8601). */
  to: string;
  /** The stack that gets the data. Default: the one it is of. */
  into?: string;
  local?: boolean;
  yes?: boolean;
  /** The target's name: what production asks for. */
  confirm?: string;
}

/** `./llm restore`: a stack's data as it was, into the same stack or another that has the same systems. What could not be restored is status 1. */
export async function restore(stackName: string, flags: RestoreFlags): Promise<void> {
  const start = performance.now();
  const origin = await openSession(stackName, flags);
  const target = flags.into && flags.into !== stackName ? await openSession(flags.into, flags) : origin;
  await guardPlace(target);
  const place = backupPlaceOf(origin);
  const region = regionOf(origin.settings);
  const clients = { s3: new S3Client({ region }), dynamodb: new DynamoDBClient({ region }) };
  const backups = new S3Client({ region: place.region });
  const log = (line: string) => console.error(line);
  try {
    let manifest: Manifest | undefined;
    let source: RestoreSource;
    const time = timeIn(flags.to);
    const stores = storesIn(await resourcesOf(origin.stack));
    const stands = stores.tables.length + stores.buckets.length + stores.databases.length > 0;
    // A time is met to the second while the stack is there; then the newest backup before it is what is left. The local AWS keeps no past of tables.
    if (time && !origin.emulator && stands) {
      source = timeSource(clients, stackName, stores, time);
    } else {
      const { points } = await listBackups(backups, place);
      manifest = await readManifest(backups, place, choosePoint(points, flags.to, stackName));
      source = backupSource(backups, place, manifest);
      if (time) log(`The backup nearest before ${flags.to} is ${manifest.point}.`);
    }
    const past = manifest ?? { region, stores, time: time ?? new Date() };
    const databases = await databaseRestores(target, past, place);
    const replaced = databases.map(({ database }) => database);
    await checkInCommon(target, source, replaced.length);
    await checkReplaceable(regionOf(target.settings), replaced);
    await agreeToRestore(target, source.name, replaced, flags);
    // Before anything is changed: a snapshot that can't be had ends it here.
    const snapshots = new Map<string, string>();
    for (const { database, snapshot } of databases) {
      snapshots.set(database.key, await snapshot());
      log(`  database ${database.name}: snapshot ${snapshots.get(database.key)}`);
    }
    const restored = await restoreInto(target, source, log);
    const files = manifest ? await restoreFileSystems(target, manifest, log) : unrestored(stores);
    const missing = [...restored.missing, ...files];
    if (snapshots.size > 0) await replaceDatabases(target, snapshots);
    for (const what of missing) log(`Not restored: ${what}`);
    if (missing.length > 0) process.exitCode = EXIT.failed;
    console.log(`Stack ${target.stackName} holds ${source.name}, after ${secondsSince(start)}.`);
  } finally {
    for (const client of [clients.s3, clients.dynamodb, backups]) client.destroy();
  }
}

/** @throws UserError when stack and source have nothing in common */
async function checkInCommon(target: Session, source: RestoreSource, databases: number): Promise<void> {
  const { tables, buckets } = storesIn(await resourcesOf(target.stack));
  if (databases > 0) return;
  for (const { key } of buckets) if (await source.objects(key)) return;
  if (tables.some(({ key }) => source.items(key))) return;
  throw new UserError(
    `Stack ${target.stackName} has no table, bucket or database that ${source.name} has.`,
    `Deploy the same systems first: ./llm up ${target.stackName}`,
  );
}

/** File systems have no past to the second. */
function unrestored({ fileSystems }: Stores): string[] {
  return fileSystems.map(
    ({ name }) =>
      `File system ${name}: AWS Backup has its daily recovery points, and none of that second. Restore a backup of ./llm backups, or one of: aws backup list-recovery-points-by-backup-vault --backup-vault-name Default`,
  );
}

function timeIn(to: string): Date | undefined {
  const time = /^\d{4}-\d{2}-\d{2}T/.test(to) ? new Date(to) : undefined;
  return time && !Number.isNaN(time.getTime()) ? time : undefined;
}

async function agreeToRestore(
  { stackName, settings }: Session,
  source: string,
  databases: readonly RestorableDatabase[],
  flags: RestoreFlags,
): Promise<void> {
  const instances = databases.map(
    ({ name, finalSnapshot }) =>
      `Database ${name} is deleted and made again from a snapshot, in an update of the stack; ${finalSnapshot ? `what it holds now stays as snapshot ${finalSnapshot}` : "what it holds now is lost"}.`,
  );
  const what = [`This replaces what stack ${stackName} keeps by ${source}.`, ...instances].join("\n");
  if (settings.config?.["llm-stacks:environment"] === "prod") {
    const answer =
      flags.confirm ??
      (await ask(
        `${what} Type the name of the PRODUCTION stack to go on: `,
        `Pass --confirm ${stackName}; --yes does not replace that.`,
      ));
    if (answer !== stackName) throw new UserError(`"${answer}" is not "${stackName}". Nothing was changed.`);
    return;
  }
  if (!flags.yes && !(await confirm(`${what} Go on?`))) throw new Interrupted("Nothing was changed.");
}
