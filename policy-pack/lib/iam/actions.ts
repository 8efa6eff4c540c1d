import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packRoot } from "../environment";
import { globMatches } from "./glob";

/**
 * Names of a service's actions, separated by spaces.
 *
 * `write`: changes something and can be limited to resources. `writeAny`: changes something and takes only
 * `Resource: "*"`. `read`: reads or lists.
 */
interface ServiceActions {
  readonly write?: string;
  readonly writeAny?: string;
  readonly read?: string;
  /** What the names of its resources begin with, such as "table/". */
  readonly prefixes?: string;
}

/** tables/iam-actions.json, made by tools/generate-iam-actions.ts. */
interface ActionTable {
  readonly source: string;
  readonly services: Readonly<Record<string, ServiceActions>>;
}

// Read on first use: 22,000 names that only IAM rules need.
let table: ActionTable | undefined;

function actionTable(): ActionTable {
  table ??= JSON.parse(readFileSync(join(packRoot, "tables", "iam-actions.json"), "utf8")) as ActionTable;
  return table;
}

/** Whether the last part of an ARN stands for all resources of a service, or all of one type: "*", "table/*". */
export function isEveryName(service: string, name: string): boolean {
  const prefixes = actionTable().services[service]?.prefixes?.split(" ") ?? [];
  return ["", ...prefixes].some((prefix) => name.startsWith(prefix) && /^[*/:]*\*$/.test(name.slice(prefix.length)));
}

const found = new Map<string, readonly string[]>();

/**
 * The actions covered by a pattern of Action that change something and that a policy could limit to resources, as
 * "service:Name". An action that the table does not know (it is newer) is judged by its verb.
 */
export function restrictableWrites(pattern: string): readonly string[] {
  const key = pattern.toLowerCase();
  const result = found.get(key) ?? search(pattern);
  found.set(key, result);
  return result;
}

function search(pattern: string): readonly string[] {
  const [servicePattern = "", namePattern = "*"] = pattern.toLowerCase().split(":", 2);
  const all = Object.entries(actionTable().services).filter(([service]) => globMatches(servicePattern, service));
  const matching = (names: string | undefined): string[] =>
    (names?.split(" ") ?? []).filter((name) => globMatches(namePattern, name.toLowerCase()));
  const writes = all.flatMap(([service, { write }]) => matching(write).map((name) => `${service}:${name}`));
  if (writes.length > 0 || /[*?]/.test(pattern)) return writes;
  const known = all.some(([, { writeAny, read }]) => matching(writeAny).length + matching(read).length > 0);
  return known || /^(batchget|check|describe|get|list|lookup|query|read|search|view)/.test(namePattern)
    ? []
    : [pattern];
}

/** All restrictable writes but those that one of the patterns covers: what NotAction leaves in. */
export function restrictableWritesExcept(patterns: readonly string[]): readonly string[] {
  const excluded = patterns.map((pattern) => pattern.toLowerCase());
  return restrictableWrites("*").filter((action) => !excluded.some((glob) => globMatches(glob, action.toLowerCase())));
}
