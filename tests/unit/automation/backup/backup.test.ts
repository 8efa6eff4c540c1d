import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, test as plain } from "vitest";
import { compare } from "../../../../automation/backup/drill";
import { itemToLine, keyOf, lineToItem, withVersions } from "../../../../automation/backup/items";
import { visibleAt } from "../../../../automation/backup/objects";
import { choosePoint, pointAt } from "../../../../automation/backup/sets";
import { storesIn } from "../../../../automation/backup/stores";

const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.record({ S: fc.string({ unit: "binary" }) }),
    fc.record({ N: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) }),
    fc.record({ BOOL: fc.boolean() }),
    fc.constant({ NULL: true as const }),
    fc.record({ B: bytes }),
    fc.record({ BS: fc.array(bytes, { minLength: 1 }) }),
    fc.record({ SS: fc.array(fc.string(), { minLength: 1 }) }),
    fc.record({ L: fc.array(tie("value")) }),
    fc.record({ M: fc.dictionary(fc.string(), tie("value"), { noNullPrototype: true }) }),
  ) as fc.Arbitrary<AttributeValue>,
}));
const item = fc.dictionary(fc.string({ minLength: 1 }), value, { noNullPrototype: true });

describe("items", () => {
  test.prop([item])("of every type come back from their line as they were", (one) => {
    const line = itemToLine(one);
    expect(line).not.toContain("\n");
    expect(lineToItem(line)).toEqual(one);
  });

  test.prop([item])("that name no version stay as they are", (one) => {
    expect(withVersions(one, new Map())).toEqual(one);
  });

  plain("name the restored versions, however deep, and keep text that is no such id", () => {
    const versions = new Map([["old", "new"]]);
    const before = { a: { S: "old" }, b: { M: { c: { L: [{ S: "old" }, { S: "older" }] } } }, d: { SS: ["old"] } };
    expect(withVersions(before, versions)).toEqual({
      a: { S: "new" },
      b: { M: { c: { L: [{ S: "new" }, { S: "older" }] } } },
      d: { SS: ["old"] },
    });
  });

  plain("have keys that differ where key attributes do, and nowhere else", () => {
    const one = { id: { S: "1" }, sort: { N: "2" }, other: { S: "x" } };
    expect(keyOf(one, ["id", "sort"])).toBe(keyOf({ ...one, other: { S: "y" } }, ["id", "sort"]));
    expect(keyOf(one, ["id", "sort"])).not.toBe(keyOf({ ...one, sort: { S: "2" } }, ["id", "sort"]));
  });
});

describe("objects", () => {
  const change = fc.record({ key: fc.constantFrom("a", "b", "c/d"), deleted: fc.boolean() });
  test.prop([fc.array(change, { maxLength: 12 }), fc.nat(13)])(
    "that a bucket showed at a time are what was last written by then and not deleted since",
    (changes, time) => {
      const versions = changes.map(({ key, deleted }, at) => ({
        ...{ key, deleted, versionId: `v${at}`, size: at, etag: `e${at}`, modified: at },
      }));
      const shown = new Map<string, string>();
      for (const { key, deleted, versionId, modified } of versions) {
        if (modified > time) break;
        if (deleted) shown.delete(key);
        else shown.set(key, versionId);
      }
      // S3 lists the newest first.
      const found = visibleAt([...versions].reverse(), time);
      expect(new Map(found.map(({ key, versionId }) => [key, versionId]))).toEqual(shown);
    },
  );
});

describe("choosing a backup", () => {
  const points = ["20261101t000000z", "20261102t000000z", "20261103t120000z"];

  plain.each([
    ["latest", "20261103t120000z"],
    ["20261102t000000z", "20261102t000000z"],
    ["20261102T000000Z", "20261102t000000z"],
    ["2026-11-03T11:59:59Z", "20261102t000000z"],
    ["2026-11-03T13:00:00+01:00", "20261103t120000z"],
  ])("%s is %s", (to, point) => {
    expect(choosePoint(points, to, "dev")).toBe(point);
  });

  plain.each([
    [points, "2026-10-01T00:00:00Z", "no backup of 2026-10-01T00:00:00Z or before"],
    [points, "yesterday", '"yesterday" is neither a backup of stack dev nor a time'],
    [points, "2026-13-45T00:00:00Z", "is neither a backup"],
    [[], "latest", "Stack dev has no backup"],
  ])("of %j, %s says what is wrong", (given, to, says) => {
    expect(() => choosePoint(given, to, "dev")).toThrow(says);
  });

  test.prop([fc.date({ min: new Date(0), max: new Date("2099-01-01"), noInvalidDate: true }), fc.nat(1e9)])(
    "points sort as their times do, and can be part of AWS names",
    (time, later) => {
      const next = new Date(time.getTime() + later);
      expect(pointAt(time) <= pointAt(next)).toBe(true);
      expect(pointAt(time)).toMatch(/^\d{8}t\d{6}z$/);
    },
  );
});

describe("what a stack keeps data in", () => {
  const resource = (type: string, name: string, outputs: Record<string, string>) => ({
    ...{ urn: `urn:pulumi:dev::p::llm:data:X$${type}::${name}`, type, outputs },
  });

  plain("are its tables, buckets without logs, databases and file systems, by logical names", () => {
    const stores = storesIn([
      resource("aws:dynamodb/table:Table", "ollama-data-table", { name: "t" }),
      resource("aws:s3/bucket:Bucket", "ollama-storage-bucket", { bucket: "b" }),
      resource("aws:s3/bucket:Bucket", "ollama-access-logs-bucket", { bucket: "logs" }),
      resource("aws:s3/bucket:Bucket", "phi3-catalogs-bucket", { bucket: "c" }),
      resource("aws:s3/bucketObjectv2:BucketObjectv2", "x", { bucket: "b", key: "index.html" }),
      resource("aws:rds/instance:Instance", "agents-database", { identifier: "d" }),
      resource("aws:efs/fileSystem:FileSystem", "files", { id: "fs-1" }),
    ]);
    expect(stores).toEqual({
      tables: [{ key: "ollama-data-table", name: "t" }],
      buckets: [
        { key: "ollama-storage-bucket", name: "b", managed: new Set(["index.html"]) },
        { key: "phi3-catalogs-bucket", name: "c", managed: new Set() },
      ],
      databases: [{ key: "agents-database", name: "d" }],
      fileSystems: [{ key: "files", name: "fs-1" }],
    });
  });
});

describe("the drill's comparison", () => {
  plain("tells what is missing, different and too much", () => {
    const map = (text: string) => new Map(text.split(",").map((pair) => pair.split("=") as [string, string]));
    expect(compare(map("a=1,b=2,c=3"), map("b=2,c=4,d=5"))).toEqual({
      missing: ["a"],
      different: ["c"],
      unexpected: ["d"],
    });
  });
});
