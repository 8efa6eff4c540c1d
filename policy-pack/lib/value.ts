import { Truth } from "./truth";
import { isUnknownSentinel, revealed } from "./wire";

export type Scalar = string | number | boolean;

type State = "known" | "absent" | "unknown";

/**
 * One property of a resource, or the absence of one, with its path.
 *
 * Rules see nothing of a resource but Values. Every question about a Value is answered by a {@link Truth} and no
 * question throws, so a rule cannot crash on an unknown, take one for a pass, or lose the rest of its findings to one.
 * Whatever lies below an unknown is unknown too, with the path of what really could not be known.
 */
export class Value {
  private constructor(
    /** What it stands in, with its name or index there; or its path. Paths are only made for what is reported. */
    private readonly place: string | readonly [holder: Value, key: string | number],
    private readonly raw: unknown,
    private readonly state: State,
    /** An unknown property is there, only its value is not known; below an unknown not even that is known. */
    private readonly presenceKnown: boolean,
  ) {}

  /** The way to it from the resource, such as `ingress[0].cidrBlocks`. */
  get path(): string {
    return typeof this.place === "string" ? this.place : joinPath(this.place[0].path, this.place[1]);
  }

  /** The properties of a resource as the engine sends them; paths start with `prefix`. */
  static ofProps(props: Readonly<Record<string, unknown>>, prefix = ""): Value {
    return Value.of(prefix, props);
  }

  private static of(place: Value["place"], sent: unknown): Value {
    const raw = revealed(sent);
    if (isUnknownSentinel(raw)) return new Value(place, undefined, "unknown", true);
    return new Value(place, raw, raw === undefined || raw === null ? "absent" : "known", true);
  }

  /** The property below this one; absent when there is none, or when this is no object or list. */
  at(...keys: readonly (string | number)[]): Value {
    return keys.reduce((value: Value, key) => value.child(key), this);
  }

  private child(key: string | number): Value {
    if (this.state === "unknown") return new Value(this.place, undefined, "unknown", false);
    const holder = this.container();
    return Value.of([this, key], holder && Object.hasOwn(holder, key) ? holder[key] : undefined);
  }

  /** Whether the property is given at all; an unknown value counts as given. */
  isSet(): Truth {
    return this.presenceKnown ? Truth.of(this.state !== "absent") : Truth.unknown(this.path);
  }

  /** Whether the property is given and not an empty string; an unknown value counts as not empty. */
  hasContent(): Truth {
    return this.isSet().and(Truth.of(this.raw !== ""));
  }

  /** Whether the property or what it stands in is unknown. For code that handles values; rules ask questions instead. */
  isUnknown(): boolean {
    return this.state === "unknown";
  }

  /** Whether it is unknown, or anything in it is. */
  holdsUnknown(): boolean {
    return this.state === "unknown" || this.entries().some(([, value]) => value.holdsUnknown());
  }

  /** The same property, not given. */
  asAbsent(): Value {
    return Value.of(this.place, undefined);
  }

  /** Asks about a string, number or boolean; `test` gets undefined when the property is absent or not one of these. */
  matches(test: (scalar: Scalar | undefined) => boolean): Truth {
    if (this.state === "unknown") return Truth.unknown(this.path);
    return Truth.of(test(this.scalar()));
  }

  /** Whether the value is one of these. Numbers and booleans may also be written as strings, as some providers do. */
  equals(...options: readonly Scalar[]): Truth {
    return this.matches(
      (scalar) => scalar !== undefined && options.some((option) => String(option) === String(scalar)),
    );
  }

  /** True or the string "true". Absent is not true. */
  isTrue(): Truth {
    return this.equals(true);
  }

  /**
   * The elements of a list. A single value counts as a list of one (policy documents and blocks write both), an absent
   * list has none, and an unknown list gives one unknown element, which makes every question about it unknown.
   */
  elements(): readonly Value[] {
    if (this.state === "absent") return [];
    if (this.state === "unknown") return [new Value(this.place, undefined, "unknown", false)];
    if (!Array.isArray(this.raw)) return [this];
    return this.raw.map((_, index) => this.at(index));
  }

  /** The properties of an object by name; an unknown object gives one unknown entry named "?". */
  entries(): readonly (readonly [name: string, value: Value])[] {
    if (this.state === "unknown") return [["?", this.at("?")]];
    const holder = this.container();
    return holder ? Object.keys(holder).map((key) => [key, this.at(key)] as const) : [];
  }

  /**
   * A JSON document that may arrive as text or as an object, as an object with the same path. Text that is no JSON
   * gives undefined.
   */
  asDocument(): Value | undefined {
    if (typeof this.raw !== "string") return this;
    try {
      return Value.of(this.place, JSON.parse(this.raw));
    } catch {
      return undefined;
    }
  }

  /** The string, number or boolean for use in a message or a lookup; undefined when absent, unknown or an object. */
  scalar(): Scalar | undefined {
    return typeof this.raw === "string" || typeof this.raw === "number" || typeof this.raw === "boolean"
      ? this.raw
      : undefined;
  }

  private container(): Record<string | number, unknown> | undefined {
    return typeof this.raw === "object" && this.raw !== null ? (this.raw as Record<string, unknown>) : undefined;
  }
}

function joinPath(parent: string, key: string | number): string {
  if (typeof key === "number") return `${parent}[${key}]`;
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === "" ? key : `${parent}.${key}`;
}
