import { createHash, randomUUID } from "node:crypto";
import { DynamoDBClient, PutItemCommand, paginateListTables } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { tenths } from "../demo/statistics";
import { check, type Steps } from "../demo/steps";
import { regionOf, resourcesOf, type Session } from "../lib/session";
import { type Item, itemToLine } from "./items";
import { listObjects } from "./objects";
import type { Manifest } from "./sets";
import { type Stores, storesIn } from "./stores";
import { keyAttributes, scan } from "./tables";

/** What the drill does with the stack as a whole. */
export interface DrillActions {
  open(): Promise<Session>;
  deploy(): Promise<void>;
  backUp(session: Session): Promise<Manifest>;
  destroy(): Promise<void>;
  restore(point: string): Promise<void>;
}

/** What a stack holds, as it can be compared: a digest for each item and object. */
export type Contents = ReadonlyMap<string, string>;

const prefix = "drill/";
const itemCount = 60;
/** More than one batch and page of small ones; one that is large, one with a name that has to be escaped. */
const objectSizes = [0, 1, 1_000, 100_000, 12_000_000] as const;

/**
 * Writes data, backs it up, writes more, destroys the stack, deploys and restores it, and compares what is there with what was backed up.
 * Recovery point: from the last thing that came back to the disaster. Recovery time: from the disaster to a stack whose data was compared.
 */
export async function runDrill(steps: Steps, actions: DrillActions): Promise<void> {
  const run = randomUUID().slice(0, 8);
  const session = await steps.run("deploy the stack", [], async (details) => {
    await actions.deploy();
    const opened = await actions.open();
    const stores = storesIn(await resourcesOf(opened.stack));
    check(stores.tables.length + stores.buckets.length > 0, "The stack has neither a table nor a bucket to lose.");
    Object.assign(details, names(stores));
    return opened;
  });
  const before = await steps.run("write data", [session], async (details, opened) => {
    const lastWrite = await writeData(opened, run, itemCount);
    const contents = await contentsOf(opened);
    Object.assign(details, { things: contents.size, lastWrite: lastWrite.toISOString() });
    return { contents, lastWrite };
  });
  const manifest = await steps.run("back up", [session, before], async (details, opened) => {
    const made = await actions.backUp(opened);
    const { point, startedAt, finishedAt, missing } = made;
    const items = made.tables.reduce((sum, table) => sum + table.items, 0);
    const objects = made.buckets.reduce((sum, bucket) => sum + bucket.objects.length, 0);
    Object.assign(details, { point, startedAt, finishedAt, items, objects, missing });
    return made;
  });
  const late = await steps.run("write more, which no backup has", [session, manifest], async (details, opened) => {
    const written = await writeData(opened, `${run}-late`, 3);
    details["lastWrite"] = written.toISOString();
    return written;
  });
  const disaster = await steps.run("destroy the stack", [session, late], async (details, opened) => {
    const at = new Date();
    const { tables, buckets } = storesIn(await resourcesOf(opened.stack));
    await actions.destroy();
    const left = await leftOf(
      opened,
      [...tables, ...buckets].map(({ name }) => name),
    );
    Object.assign(details, { at: at.toISOString(), left });
    check(left.length === 0, `Still there: ${left.join(", ")}.`);
    return at;
  });
  const again = await steps.run("deploy it again", [disaster], async (details) => {
    await actions.deploy();
    const opened = await actions.open();
    const contents = await contentsOf(opened);
    details["things"] = contents.size;
    check(
      [...contents.keys()].every((key) => !key.includes(prefix)),
      "The new stack has data before the restore.",
    );
    return opened;
  });
  const restored = await steps.run("restore", [again, manifest], async (details, _opened, { point }) => {
    await actions.restore(point);
    details["point"] = point;
    return true;
  });
  await steps.run(
    "compare, and measure",
    [again, before, disaster, late, restored],
    async (details, opened, written, lostAt, lateWrite) => {
      const difference = compare(written.contents, await contentsOf(opened));
      const seconds = (from: Date, to: Date) => tenths((to.getTime() - from.getTime()) / 1000);
      Object.assign(details, {
        recoveryTimeSeconds: seconds(lostAt, new Date()),
        recoveryPointSeconds: seconds(written.lastWrite, lostAt),
        lostWriteSecondsBeforeDisaster: seconds(lateWrite, lostAt),
        things: written.contents.size,
        ...difference,
      });
      const { missing, different, unexpected } = difference;
      check(missing.length === 0, `Not restored: ${missing.join(", ")}.`);
      check(different.length === 0, `Not as it was: ${different.join(", ")}.`);
      check(unexpected.length === 0, `Came from nowhere: ${unexpected.join(", ")}.`);
    },
  );
}

/** How two contents differ. */
export function compare(wanted: Contents, found: Contents) {
  const missing = [...wanted.keys()].filter((key) => !found.has(key));
  const different = [...wanted]
    .filter(([key, digest]) => found.has(key) && found.get(key) !== digest)
    .map(([key]) => key);
  const unexpected = [...found.keys()].filter((key) => !wanted.has(key));
  return { missing, different, unexpected };
}

function names({ tables, buckets, databases, fileSystems }: Stores) {
  const of = (stores: readonly { readonly name: string }[]) => stores.map(({ name }) => name);
  return {
    tables: of(tables),
    buckets: of(buckets),
    notExercised: [...of(databases), ...of(fileSystems)],
  };
}

async function withStores<T>(
  session: Session,
  action: (clients: { readonly s3: S3Client; readonly dynamodb: DynamoDBClient }, stores: Stores) => Promise<T>,
): Promise<T> {
  const region = regionOf(session.settings);
  const clients = { s3: new S3Client({ region }), dynamodb: new DynamoDBClient({ region }) };
  try {
    return await action(clients, storesIn(await resourcesOf(session.stack)));
  } finally {
    clients.s3.destroy();
    clients.dynamodb.destroy();
  }
}

/** Items of every type and objects of several sizes, one of them replaced once; an item names the version of an object, as the program's own do. */
async function writeData(session: Session, run: string, count: number): Promise<Date> {
  return withStores(session, async ({ s3, dynamodb }, stores) => {
    let pointed: string | undefined;
    for (const { name: Bucket } of stores.buckets) {
      const replaced = `${prefix}${run}/replaced`;
      await s3.send(new PutObjectCommand({ Bucket, Key: replaced, Body: "first" }));
      const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: replaced, Body: "second" }));
      pointed ??= VersionId;
      for (const size of objectSizes) {
        const Key = `${prefix}${run}/a name with spaces, ümlauts & signs+${size}`;
        const Body = Buffer.alloc(size, run);
        await s3.send(new PutObjectCommand({ Bucket, Key, Body, Metadata: { run } }));
      }
    }
    for (const { name: TableName } of stores.tables) {
      const keys = await keyAttributes(dynamodb, TableName);
      for (let index = 0; index < count; index += 1) {
        const key = Object.fromEntries(keys.map((attribute) => [attribute, { S: `${prefix}${run}/${index}` }]));
        await dynamodb.send(new PutItemCommand({ TableName, Item: { ...key, ...valuesOf(index, pointed) } }));
      }
    }
    return new Date();
  });
}

function valuesOf(index: number, version: string | undefined): Item {
  return {
    number: { N: String(index / 8) },
    bytes: { B: Buffer.from([0, index, 255]) },
    set: { SS: ["a", `b${index}`] },
    nested: { M: { list: { L: [{ BOOL: index % 2 === 0 }, { NULL: true }, { S: "ü" }] } } },
    ...(version && { objectVersion: { S: version } }),
  };
}

const sha256 = (content: Uint8Array | string) => createHash("sha256").update(content).digest("hex");

/** A digest of everything that the drill compares. Ids of object versions, which differ after a restore, count as the content they name. */
async function contentsOf(session: Session): Promise<Contents> {
  return withStores(session, async ({ s3, dynamodb }, stores) => {
    const contents = new Map<string, string>();
    const byVersion = new Map<string, string>();
    for (const { key: store, name: Bucket, managed } of stores.buckets) {
      for (const { key: Key, versionId } of await listObjects(s3, Bucket)) {
        if (managed.has(Key)) continue;
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId: versionId }));
        const digest = sha256((await Body?.transformToByteArray()) ?? "");
        byVersion.set(versionId, digest);
        contents.set(`${store}: ${Key}`, digest);
      }
    }
    for (const { key: store, name } of stores.tables) {
      const keys = await keyAttributes(dynamodb, name);
      for await (const item of scan(dynamodb, name)) {
        const version = item["objectVersion"]?.S;
        // An item that names a version which is not there keeps the id, and so differs.
        const named = version ? { ...item, objectVersion: { S: byVersion.get(version) ?? version } } : item;
        const sorted = Object.fromEntries(Object.entries(named).sort(([one], [other]) => (one < other ? -1 : 1)));
        contents.set(`${store}: ${keys.map((attribute) => item[attribute]?.S).join("/")}`, sha256(itemToLine(sorted)));
      }
    }
    return contents;
  });
}

async function leftOf(session: Session, gone: readonly string[]): Promise<string[]> {
  const client = new S3Client({ region: regionOf(session.settings) });
  const dynamodb = new DynamoDBClient({ region: regionOf(session.settings) });
  try {
    const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
    const there = new Set(Buckets.map(({ Name = "" }) => Name));
    for await (const { TableNames = [] } of paginateListTables({ client: dynamodb }, {})) {
      for (const name of TableNames) there.add(name);
    }
    return gone.filter((name) => there.has(name));
  } finally {
    client.destroy();
    dynamodb.destroy();
  }
}
