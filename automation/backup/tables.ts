import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createGunzip, createGzip } from "node:zlib";
import {
  BatchWriteItemCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  paginateScan,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { UserError } from "../lib/user-error";
import { type Item, itemToLine, keyOf, lineToItem } from "./items";

/** Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const batchSize = 25;
const longestPauseMs = 10_000;

/** Every item of a table, read consistently item by item; the table goes on being written to meanwhile. */
export async function* scan(client: DynamoDBClient, TableName: string): AsyncGenerator<Item> {
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true })) yield* Items;
}

/** Names of the attributes of a table's key. */
export async function keyAttributes(client: DynamoDBClient, TableName: string): Promise<string[]> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  return (Table?.KeySchema ?? []).map(({ AttributeName = "" }) => AttributeName);
}

/** Writes items to an object, a line each, packed. Nothing is held in memory but what is on its way. */
export async function saveItems(
  client: S3Client,
  items: AsyncIterable<Item>,
  to: { readonly Bucket: string; readonly Key: string },
): Promise<{ items: number; sha256: string }> {
  const hash = createHash("sha256");
  let count = 0;
  async function* lines() {
    for await (const item of items) {
      const line = `${itemToLine(item)}\n`;
      hash.update(line);
      count += 1;
      yield line;
    }
  }
  const source = Readable.from(lines());
  const Body = createGzip();
  source.once("error", (error) => Body.destroy(error));
  source.pipe(Body);
  await new Upload({ client, params: { ...to, Body, ContentType: "application/x-ndjson+gzip" } }).done();
  return { items: count, sha256: hash.digest("hex") };
}

/** The items of a saved table. @throws UserError at its end when it is not what was saved */
export async function* readItems(
  client: S3Client,
  from: { readonly Bucket: string; readonly Key: string },
  sha256: string,
): AsyncGenerator<Item> {
  const { Body } = await client.send(new GetObjectCommand(from));
  if (!(Body instanceof Readable)) throw new UserError(`s3://${from.Bucket}/${from.Key} has no content.`);
  const unpacked = createGunzip();
  Body.once("error", (error) => unpacked.destroy(error));
  const hash = createHash("sha256");
  for await (const line of createInterface({ input: Body.pipe(unpacked), crlfDelay: Number.POSITIVE_INFINITY })) {
    hash.update(`${line}\n`);
    yield lineToItem(line);
  }
  if (hash.digest("hex") !== sha256) {
    throw new UserError(
      `s3://${from.Bucket}/${from.Key} is not what was saved: its SHA-256 is another.`,
      "Take another backup, or an older version of this object: the bucket keeps replaced ones for 30 days.",
    );
  }
}

export interface Written {
  readonly put: number;
  readonly removed: number;
}

/** Makes a table hold these items and no others. */
export async function fillTable(client: DynamoDBClient, table: string, items: AsyncIterable<Item>): Promise<Written> {
  const attributes = await keyAttributes(client, table);
  const kept = new Set<string>();
  const puts = new Batches(client, table);
  for await (const item of items) {
    kept.add(keyOf(item, attributes));
    await puts.add({ PutRequest: { Item: item } });
  }
  await puts.flush();
  const removals = new Batches(client, table);
  for await (const item of scan(client, table)) {
    if (kept.has(keyOf(item, attributes))) continue;
    const Key = Object.fromEntries(Object.entries(item).filter(([name]) => attributes.includes(name)));
    await removals.add({ DeleteRequest: { Key } });
  }
  await removals.flush();
  return { put: puts.count, removed: removals.count };
}

class Batches {
  count = 0;
  private pending: WriteRequest[] = [];

  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
  ) {}

  async add(request: WriteRequest): Promise<void> {
    this.pending.push(request);
    if (this.pending.length === batchSize) await this.flush();
  }

  /** DynamoDB gives back what it had no capacity for. */
  async flush(): Promise<void> {
    let requests = this.pending;
    this.count += requests.length;
    this.pending = [];
    for (let pauseMs = 50; requests.length > 0; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const { UnprocessedItems } = await this.client.send(
        new BatchWriteItemCommand({ RequestItems: { [this.table]: requests } }),
      );
      requests = UnprocessedItems?.[this.table] ?? [];
      if (requests.length > 0) await sleep(pauseMs);
    }
  }
}
