import { ModifyDBInstanceCommand, RDSClient } from "@aws-sdk/client-rds";
import type { RecordedResource } from "../environments/place";
import { runOperation } from "../lib/operation";
import type { StackSettings } from "../lib/project";
import { withSystems } from "../lib/project";
import { regionOf, resourcesOf, type Session, withSettings, withStackLock } from "../lib/session";
import { systemOfOutput } from "../lib/system-names";
import { UserError } from "../lib/user-error";
import { hasSnapshot } from "./snapshots";

/** A database of a deployed stack that a restore replaces. */
export interface RestorableDatabase {
  /** The logical name: the same in every stack of the program. */
  readonly key: string;
  readonly name: string;
  readonly urn: string;
  /** Of RDS: such an instance can't be deleted. */
  readonly deletionProtection: boolean;
  /** What RDS calls the snapshot that it takes when the instance goes. Undefined: it takes none. */
  readonly finalSnapshot: string | undefined;
}

/** The databases that a state holds. */
export function databasesIn(resources: readonly RecordedResource[]): RestorableDatabase[] {
  return resources
    .filter(({ type }) => type === "aws:rds/instance:Instance")
    .map(({ urn, outputs = {} }) => ({
      key: urn.split("::").at(-1) ?? "",
      name: String(outputs["identifier"] ?? ""),
      urn,
      deletionProtection: outputs["deletionProtection"] === true,
      finalSnapshot: outputs["skipFinalSnapshot"] === true ? undefined : String(outputs["finalSnapshotIdentifier"]),
    }));
}

/** A system, as far as settings go. */
export interface SystemRow {
  readonly name: string;
  readonly configKey: string;
}

/**
 * Settings with which one update replaces databases by what snapshots hold.
 * @param snapshots by logical name of the database
 * @throws UserError for a database of no system
 */
export function settingsFrom(
  settings: StackSettings,
  rows: readonly SystemRow[],
  snapshots: ReadonlyMap<string, string>,
): StackSettings {
  const config: Record<string, unknown> = { ...settings.config };
  for (const [key, restoreFrom] of snapshots) {
    const row = rows.find(({ name }) => key.startsWith(`${name}-`));
    if (!row) throw new UserError(`Database ${key} is of no system that is deployed.`);
    const place = `llm-stacks:${row.configKey}`;
    const own = (config[place] ?? {}) as Readonly<Record<string, unknown>>;
    const database = (own["database"] ?? {}) as Readonly<Record<string, unknown>>;
    config[place] = { ...own, database: { ...database, restoreFrom, restoreOver: true } };
  }
  return { ...settings, config };
}

/** @throws UserError where RDS would refuse to delete the old instance, before anything is changed */
export async function checkReplaceable(region: string, databases: readonly RestorableDatabase[]): Promise<void> {
  for (const { name, finalSnapshot } of databases) {
    if (finalSnapshot === undefined || !(await hasSnapshot(region, finalSnapshot))) continue;
    throw new UserError(
      `Database ${name} leaves snapshot ${finalSnapshot} when it is replaced, and there is one of that name. Nothing was changed.`,
      [
        `Keep it under another name: aws rds copy-db-snapshot --region ${region} --source-db-snapshot-identifier ${finalSnapshot} --target-db-snapshot-identifier ${finalSnapshot}-kept`,
        `Then: aws rds delete-db-snapshot --region ${region} --db-snapshot-identifier ${finalSnapshot}`,
      ].join("\n"),
    );
  }
}

/**
 * Replaces databases of a deployed stack by what snapshots hold, in one update of the stack. What the old ones held is lost, but for the last snapshot that
 * RDS takes where data is not disposable.
 *
 * @param snapshots by logical name of the database; in the stack's region
 */
export async function replaceDatabases(target: Session, snapshots: ReadonlyMap<string, string>): Promise<void> {
  const region = regionOf(target.settings);
  const databases = databasesIn(await resourcesOf(target.stack)).filter(({ key }) => snapshots.has(key));
  // The update is of what is deployed: `up --systems` may have left out some that the settings name.
  const deployed = Object.keys(await target.stack.outputs()).map((configKey) => ({
    configKey,
    name: systemOfOutput(configKey),
  }));
  const plain = withSystems(
    target.settings,
    deployed.map(({ name }) => name),
  );
  const guarded = databases.filter(({ deletionProtection }) => deletionProtection);
  await unlock(
    region,
    guarded.map(({ name }) => name),
  );
  try {
    await withSettings(target, settingsFrom(plain, deployed, snapshots), (session) =>
      update(
        session,
        databases.map(({ urn }) => urn),
      ),
    );
    // Pulumi's protection was off for the one update.
    if (guarded.length > 0) await withSettings(target, plain, (session) => update(session, []));
  } catch (error) {
    console.error(
      "A database may be gone now and its data not back: run the same restore again, and no update before, which would make it without data.",
    );
    throw error;
  }
}

async function unlock(region: string, names: readonly string[]): Promise<void> {
  const client = new RDSClient({ region });
  try {
    for (const DBInstanceIdentifier of names) {
      const asked = { DBInstanceIdentifier, DeletionProtection: false, ApplyImmediately: true };
      await client.send(new ModifyDBInstanceCommand(asked));
    }
  } finally {
    client.destroy();
  }
}

async function update(session: Session, replace: string[]): Promise<void> {
  const { stack, policyPacks, configFile } = session;
  await withStackLock(session, () =>
    runOperation(
      "update",
      (callbacks) => stack.up({ ...callbacks, policyPacks, configFile, replace, suppressOutputs: true }),
      { progress: process.stderr },
    ),
  );
}
