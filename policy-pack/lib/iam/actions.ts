import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packRoot } from "../environment";
import { globMatches } from "./glob";

/** Actions that change something and that a policy can limit to resources: those that change permissions, and all others. */
export type RestrictableKind = "write" | "permissions";

/**
 * Names of a service's actions, separated by spaces.
 *
 * `writeAny`: changes something and takes only `Resource: "*"`. `read`: reads or lists.
 */
interface ServiceActions extends Readonly<Partial<Record<RestrictableKind, string>>> {
  readonly writeAny?: string;
  readonly read?: string;
  /** What the names of its resources begin with, such as "table/". */
  readonly prefixes?: string;
  /** Services whose ARNs its resources have, besides its own. */
  readonly arnsOf?: string;
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

/** The services whose ARNs the actions of a service are allowed on: its own, and IAM's for sts:AssumeRole. */
export function arnServices(service: string): readonly string[] {
  return [service, ...(actionTable().services[service]?.arnsOf?.split(" ") ?? [])];
}

/**
 * The services of which a pattern of Action covers every action. A literal one that the table does not know (it is newer)
 * is taken for a service.
 */
export function wholeServices(pattern: string): readonly string[] {
  const [service = "", name = "*"] = pattern.toLowerCase().split(":", 2);
  if (!/^[*?]*\*[*?]*$/.test(name)) return [];
  return /[*?]/.test(service)
    ? Object.keys(actionTable().services).filter((known) => globMatches(service, known))
    : [service];
}

const found = new Map<string, readonly string[]>();

/**
 * The actions of a kind that a pattern of Action covers, as "service:Name". An action that the table does not know (it
 * is newer) is a write if its verb is not one of reading.
 */
export function restrictable(kind: RestrictableKind, pattern: string): readonly string[] {
  const key = `${kind} ${pattern.toLowerCase()}`;
  const result = found.get(key) ?? searchRestrictable(kind, pattern);
  found.set(key, result);
  return result;
}

/** As {@link restrictable}, which remembers what this finds. */
export function searchRestrictable(kind: RestrictableKind, pattern: string): readonly string[] {
  const [servicePattern = "", namePattern = "*"] = pattern.toLowerCase().split(":", 2);
  const all = Object.entries(actionTable().services).filter(([service]) => globMatches(servicePattern, service));
  const matching = (names: string | undefined): string[] =>
    (names?.split(" ") ?? []).filter((name) => globMatches(namePattern, name.toLowerCase()));
  const actions = all.flatMap(([service, names]) => matching(names[kind]).map((name) => `${service}:${name}`));
  if (kind === "permissions" || actions.length > 0 || /[*?]/.test(pattern)) return actions;
  const known = all.some(([, { permissions = "", writeAny = "", read = "" }]) =>
    [permissions, writeAny, read].some((names) => matching(names).length > 0),
  );
  return known || /^(batchget|check|describe|get|list|lookup|query|read|search|view)/.test(namePattern)
    ? []
    : [pattern];
}

/** All actions of a kind but those that one of the patterns covers: what NotAction leaves in. */
export function restrictableExcept(kind: RestrictableKind, patterns: readonly string[]): readonly string[] {
  const excluded = patterns.map((pattern) => pattern.toLowerCase());
  return restrictable(kind, "*").filter((action) => !excluded.some((glob) => globMatches(glob, action.toLowerCase())));
}
