import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** An item as DynamoDB's own JSON: every value with its type. */
export type Item = Record<string, AttributeValue>;

/** One line for an item. Binary values are in base64, as in DynamoDB's exports. */
export function itemToLine(item: Item): string {
  // A Buffer would turn itself into a list of numbers before `value` is seen.
  return JSON.stringify(item, function (this: Readonly<Record<string, unknown>>, key, value: unknown) {
    const raw = this[key];
    return raw instanceof Uint8Array ? Buffer.from(raw).toString("base64") : value;
  });
}

/** The item of a line. @throws SyntaxError when it is not JSON */
export function lineToItem(line: string): Item {
  return Object.fromEntries(
    Object.entries(JSON.parse(line) as Record<string, unknown>).map(([name, value]) => [name, decode(value)]),
  );
}

function decode(value: unknown): AttributeValue {
  const [[type, inner] = ["", undefined]] = Object.entries(value as Record<string, unknown>);
  switch (type) {
    case "B":
      return { B: Buffer.from(String(inner), "base64") };
    case "BS":
      return { BS: (inner as string[]).map((text) => Buffer.from(text, "base64")) };
    case "L":
      return { L: (inner as unknown[]).map(decode) };
    case "M":
      return {
        M: Object.fromEntries(Object.entries(inner as Record<string, unknown>).map(([key, one]) => [key, decode(one)])),
      };
    default:
      return value as AttributeValue;
  }
}

/**
 * The item with ids of object versions replaced by those that the restored objects have: an item that points at one version of an object would else
 * point at nothing. Only whole strings that are such an id change.
 */
export function withVersions(item: Item, versions: ReadonlyMap<string, string>): Item {
  const change = (value: AttributeValue): AttributeValue => {
    if (value.S !== undefined) return { S: versions.get(value.S) ?? value.S };
    if (value.L !== undefined) return { L: value.L.map(change) };
    if (value.M !== undefined) {
      return { M: Object.fromEntries(Object.entries(value.M).map(([key, one]) => [key, change(one)])) };
    }
    return value;
  };
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, change(value)]));
}

/** The key of an item, as text that differs for different keys. */
export function keyOf(item: Item, attributes: readonly string[]): string {
  return itemToLine(Object.fromEntries(attributes.map((name) => [name, item[name] ?? { NULL: true }])));
}
