import type { RecordedResource } from "../environments/place";

/** What a stack keeps data in. `key` is the logical name: the same in every stack of the program. */
export interface Store {
  readonly key: string;
  /** Table, bucket, database or file system, as AWS names it. */
  readonly name: string;
}

export interface BucketStore extends Store {
  /** Objects that the program itself puts there; they come with an update, not with a backup. */
  readonly managed: ReadonlySet<string>;
}

export interface Stores {
  readonly tables: readonly Store[];
  readonly buckets: readonly BucketStore[];
  readonly databases: readonly Store[];
  readonly fileSystems: readonly Store[];
}

/** Roles of buckets that AWS's services write logs to: they tell of what ran, and are no part of what runs. */
const logs = /(^|-)(access-)?logs?(-|$)/;

/** The stores that a state holds. Log buckets are left out. */
export function storesIn(resources: readonly RecordedResource[]): Stores {
  const ofType = (type: string, nameKey: string): Store[] =>
    resources
      .filter((resource) => resource.type === type)
      .map(({ urn, outputs }) => ({ key: urn.split("::").at(-1) ?? "", name: String(outputs?.[nameKey] ?? "") }))
      .filter(({ key, name }) => key !== "" && name !== "");
  const managed = new Map<string, Set<string>>();
  for (const { type, outputs } of resources) {
    if (!/^aws:s3\/bucketObject(v2)?:/.test(type)) continue;
    const bucket = String(outputs?.["bucket"]);
    managed.set(bucket, (managed.get(bucket) ?? new Set()).add(String(outputs?.["key"])));
  }
  return {
    tables: ofType("aws:dynamodb/table:Table", "name"),
    buckets: ofType("aws:s3/bucket:Bucket", "bucket")
      .filter(({ key }) => !logs.test(key))
      .map((store) => ({ ...store, managed: managed.get(store.name) ?? new Set<string>() })),
    databases: ofType("aws:rds/instance:Instance", "identifier"),
    fileSystems: ofType("aws:efs/fileSystem:FileSystem", "id"),
  };
}
