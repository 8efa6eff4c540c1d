import type { Shape } from "./sdk-shape";

interface PropertySpec {
  type?: string;
  $ref?: string;
  items?: PropertySpec;
  additionalProperties?: PropertySpec;
  oneOf?: PropertySpec[];
}
interface ObjectSpec {
  properties?: Record<string, PropertySpec>;
}

/** What this project reads of a Pulumi package schema. */
export interface PackageSchema {
  version: string;
  types: Record<string, ObjectSpec>;
  provider: { inputProperties: Record<string, PropertySpec> };
  resources: Record<string, { inputProperties?: Record<string, PropertySpec>; stateInputs?: ObjectSpec }>;
  functions: Record<string, { inputs?: ObjectSpec; outputs?: ObjectSpec }>;
}

/** Properties of one object of a schema, as the same shapes that the SDK's declarations give. */
export function shapesOf(schema: PackageSchema, properties: Record<string, PropertySpec> = {}): Map<string, Shape> {
  return new Map(Object.entries(properties).map(([name, spec]) => [name, shapeOf(schema, spec)]));
}

function shapeOf(schema: PackageSchema, spec: PropertySpec): Shape {
  if (spec.$ref) return referenced(schema, spec.$ref);
  if (spec.oneOf?.[0]) return shapeOf(schema, spec.oneOf[0]);
  switch (spec.type) {
    case "string":
    case "boolean":
    case "number":
      return { kind: spec.type };
    case "integer":
      return { kind: "number" };
    case "array":
      return { kind: "array", item: spec.items ? shapeOf(schema, spec.items) : { kind: "any" } };
    case "object":
      return {
        kind: "map",
        item: spec.additionalProperties ? shapeOf(schema, spec.additionalProperties) : { kind: "any" },
      };
    default:
      throw new Error(`a property of an unknown kind in the plugin's schema: ${JSON.stringify(spec)}`);
  }
}

function referenced(schema: PackageSchema, reference: string): Shape {
  if (/^pulumi\.json#\/(Asset|Archive)$/.test(reference)) return { kind: "asset" };
  if (reference === "pulumi.json#/Any") return { kind: "any" };
  const type = schema.types[decodeURIComponent(reference.replace("#/types/", ""))];
  if (!type) throw new Error(`the plugin's schema refers to ${reference}, which it does not define`);
  return { kind: "object", id: reference, properties: () => shapesOf(schema, type.properties) };
}

/** Every difference between two sets of properties, nested ones by their path: `actions[].forward.targetGroups[].weight`. */
export function differences(sdk: Map<string, Shape>, plugin: Map<string, Shape>): string[] {
  const found: string[] = [];
  const compared = new Set<string>();
  const properties = (path: string, a: Map<string, Shape>, b: Map<string, Shape>): void => {
    for (const [name, shape] of a) {
      const other = b.get(name);
      if (other) values(`${path}${name}`, shape, other);
      else found.push(`${path}${name}: only in the SDK`);
    }
    for (const name of b.keys()) if (!a.has(name)) found.push(`${path}${name}: only in the plugin`);
  };
  const values = (path: string, a: Shape, b: Shape): void => {
    if (a.kind !== b.kind) {
      found.push(`${path}: ${a.kind} in the SDK, ${b.kind} in the plugin`);
    } else if (a.kind === "object" && b.kind === "object") {
      // Recursive types (WAF statements) meet themselves again.
      const pair = `${a.id} ${b.id}`;
      if (compared.has(pair)) return;
      compared.add(pair);
      properties(`${path}.`, a.properties(), b.properties());
    } else if ("item" in a && "item" in b) {
      values(`${path}${a.kind === "array" ? "[]" : "{}"}`, a.item, b.item);
    }
  };
  properties("", sdk, plugin);
  return found;
}
