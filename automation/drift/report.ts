import type { EngineEvent } from "@pulumi/pulumi/automation";
import { resourceOf } from "../lib/findings/urn";

/** A resource that is not as it was deployed. */
export interface Drift {
  readonly urn: string;
  /** `aws:sqs/queue:Queue "jobs"`. */
  readonly resource: string;
  readonly kind: "changed" | "gone";
  /** Empty for one that is gone. */
  readonly changes: readonly DriftChange[];
}

export interface DriftChange {
  /** Such as `tags.Owner` or `rules[0].action`. */
  readonly path: string;
  /** As it was deployed; undefined where there was nothing. */
  readonly deployed: unknown;
  /** As it is now. */
  readonly found: unknown;
}

/** Gathers what a refresh would take over into the state. */
export class DriftLog {
  private readonly byUrn = new Map<string, Drift>();

  readonly record = (event: EngineEvent): void => {
    const { metadata } = event.resOutputsEvent ?? {};
    if (!metadata) return;
    const { op, urn, old, new: now, detailedDiff, diffs } = metadata;
    if (op !== "update" && op !== "delete") return;
    const paths = Object.keys(detailedDiff ?? {});
    const all = paths.length > 0 ? paths : (diffs ?? []);
    this.byUrn.set(urn, {
      urn,
      resource: resourceOf(urn),
      kind: op === "delete" ? "gone" : "changed",
      changes:
        op === "delete"
          ? []
          : all.map((path) => ({ path, deployed: valueAt(old?.outputs, path), found: valueAt(now?.outputs, path) })),
    });
  };

  get drifts(): readonly Drift[] {
    return [...this.byUrn.values()].sort((a, b) => a.resource.localeCompare(b.resource));
  }
}

/** As the engine writes paths: names with dots between, indexes and odd names in brackets. */
function valueAt(outputs: unknown, path: string): unknown {
  const keys = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, plain]) => quoted ?? index ?? plain ?? "",
  );
  let here = outputs;
  for (const key of keys) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}

export function driftText(stack: string, drifts: readonly Drift[]): string {
  if (drifts.length === 0) return `Stack ${stack} is as it was deployed.`;
  const count = drifts.length === 1 ? "1 resource is" : `${drifts.length} resources are`;
  const lines = drifts.flatMap(({ resource, kind, changes }) => [
    `  ${resource}${kind === "gone" ? " is gone" : ""}`,
    ...changes.map(({ path, deployed, found }) => `    ${path}: ${shown(deployed)} -> ${shown(found)}`),
  ]);
  return [`${count} not as deployed in stack ${stack}:`, ...lines].join("\n");
}

/** Long values by their beginning: policies and scripts take pages. */
function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
