import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { backupSource, type RestoreSource, restoreInto, restoreManaged, timeSource } from "../backup/restore";
import { backupPlaceOf, choosePoint, listBackups, type Manifest, readManifest } from "../backup/sets";
import { storesIn } from "../backup/stores";
import { Interrupted } from "../lib/exit";
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

/** `./llm restore`: a stack's data as it was, into the same stack or another that has the same systems. */
export async function restore(stackName: string, flags: RestoreFlags): Promise<void> {
  const start = performance.now();
  const origin = await openSession(stackName, flags);
  const target = flags.into && flags.into !== stackName ? await openSession(flags.into, flags) : origin;
  await guardPlace(target);
  const place = backupPlaceOf(origin);
  const region = regionOf(origin.settings);
  const clients = { s3: new S3Client({ region }), dynamodb: new DynamoDBClient({ region }) };
  const backups = new S3Client({ region: place.region });
  try {
    const { points } = await listBackups(backups, place);
    let manifest: Manifest | undefined;
    let source: RestoreSource;
    const time = timeIn(flags.to);
    const stores = storesIn(await resourcesOf(origin.stack));
    // A time is met to the second while the stack is there; then the newest backup before it is what is left. The local AWS keeps no past of tables.
    if (time && !origin.emulator && stores.tables.length + stores.buckets.length > 0) {
      source = timeSource(clients, stackName, stores, time);
    } else {
      manifest = await readManifest(backups, place, choosePoint(points, flags.to, stackName));
      source = backupSource(backups, place, manifest);
      if (time) console.error(`The backup nearest before ${flags.to} is ${manifest.point}.`);
    }
    await agreeToRestore(target, source.name, flags);
    await restoreInto(target, source, (line) => console.error(line));
    if (manifest) await restoreManaged(target, manifest, (line) => console.error(line));
    console.log(`Stack ${target.stackName} holds ${source.name}, after ${secondsSince(start)}.`);
  } finally {
    for (const client of [clients.s3, clients.dynamodb, backups]) client.destroy();
  }
}

function timeIn(to: string): Date | undefined {
  const time = /^\d{4}-\d{2}-\d{2}T/.test(to) ? new Date(to) : undefined;
  return time && !Number.isNaN(time.getTime()) ? time : undefined;
}

async function agreeToRestore({ stackName, settings }: Session, source: string, flags: RestoreFlags): Promise<void> {
  const what = `This replaces what stack ${stackName} keeps by ${source}.`;
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
