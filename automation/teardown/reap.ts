import { paginateGetResources, ResourceGroupsTaggingAPIClient } from "@aws-sdk/client-resource-groups-tagging-api";
import { expiryTagKey } from "../../components/lib/tags";

/** Tags of one resource. */
export type Tags = Readonly<Record<string, string>>;

/** A stack with a time to live, as its resources' tags tell it. */
export interface ExpiringStack {
  readonly name: string;
  readonly environment: string;
  /** ISO 8601: the latest that any resource names, as an update may have renewed only some. */
  readonly expiresOn: string;
  readonly resources: number;
  readonly expired: boolean;
}

/** The stacks that resources' tags tell of, sorted. Resources without a time that can be read do not expire; production never does. */
export function expiringStacks(tags: readonly Tags[], project: string, now: number): ExpiringStack[] {
  const byStack = new Map<string, ExpiringStack>();
  for (const { Project, Stack, Environment = "", [expiryTagKey]: expiresOn } of tags) {
    if (Project !== project || !Stack || !expiresOn || Environment === "prod") continue;
    const time = Date.parse(expiresOn);
    if (Number.isNaN(time)) continue;
    const before = byStack.get(Stack);
    const latest = before && Date.parse(before.expiresOn) >= time ? before.expiresOn : expiresOn;
    byStack.set(Stack, {
      name: Stack,
      environment: Environment,
      expiresOn: latest,
      resources: (before?.resources ?? 0) + 1,
      expired: Date.parse(latest) <= now,
    });
  }
  return [...byStack.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** Tags of all resources of a region that have a time to live. */
export async function tagsWithExpiry(project: string, region: string): Promise<Tags[]> {
  const client = new ResourceGroupsTaggingAPIClient({ region });
  try {
    const found: Tags[] = [];
    const TagFilters = [{ Key: "Project", Values: [project] }, { Key: expiryTagKey }];
    for await (const page of paginateGetResources({ client }, { TagFilters })) {
      for (const { Tags: list = [] } of page.ResourceTagMappingList ?? []) {
        found.push(Object.fromEntries(list.map(({ Key = "", Value = "" }) => [Key, Value])));
      }
    }
    return found;
  } finally {
    client.destroy();
  }
}
