import type { Price, Range } from "./price";
import type { PriceKey } from "./us-east-1";
import type { Usage } from "./usage";

/** A resource as the engine shows it: what the program asked for. */
export interface PricedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** URN of the component that it is part of. */
  readonly parent: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A part of what a resource costs in a month. */
export interface Line {
  /** What it is for, such as "g5.xlarge" or "requests". */
  readonly item: string;
  /** In units of the price. */
  readonly quantity: Range;
  readonly price: Price;
  /** Names the price where every account gets some of it for nothing. */
  readonly key?: PriceKey | "ec2MicroHours" | "rdsMicroHours";
}

/** Part of a resource that has no price in the table. */
export class Unpriced {
  constructor(readonly why: string) {}
}

export interface PricingContext {
  readonly usage: Usage;
  readonly line: (item: string, key: PriceKey, quantity: Range) => Line;
  /** The one resource of a type that is part of the same component; undefined if there are several, or none. */
  readonly beside: (resource: PricedResource, type: string) => PricedResource | undefined;
}

export type Pricer = (resource: PricedResource, context: PricingContext) => readonly (Line | Unpriced)[];

/** A value within inputs. Unknown ones, which a preview has as an UUID, and secrets count as not there. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Record<string | number, unknown>)[key];
  }
  return here === unknownText ? undefined : here;
}

/** What the engine's events have in the place of a value that is not known yet. */
const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function numberAt(value: unknown, fallback: number, ...path: readonly (string | number)[]): number {
  const found = Number(at(value, ...path) ?? fallback);
  return Number.isFinite(found) ? found : fallback;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" && found !== "" ? found : undefined;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}
