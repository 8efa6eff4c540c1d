import type { Attribute, Block, Field, Fields, Mapping } from "./mapping";

/** A resource as a policy pack is shown it; `{ $unknown: true }` stands for what is known after the update only. */
export interface ExportedResource {
  readonly type: string;
  readonly urn: string;
  readonly name: string;
  readonly props: Readonly<Record<string, unknown>>;
  /** URNs that each property's value came from. */
  readonly dependencies: Readonly<Record<string, readonly string[]>>;
}

type Json = unknown;
type JsonObject = Record<string, Json>;

const LIST = 5;
const MAP = 6;
const SET = 7;

export interface TerraformPlan {
  readonly plan: JsonObject;
  /** Types that Terraform has no counterpart for, so that they are not in the plan. */
  readonly left: readonly string[];
}

/**
 * The resources as the JSON of a Terraform plan (`terraform show -json`) that creates them: planned values under
 * Terraform's names, and a configuration in which properties refer to the resources that their values come from.
 */
export function terraformPlan(resources: readonly ExportedResource[], mapping: Mapping): TerraformPlan {
  const terraformTypes = new Map(Object.entries(mapping.resources).map(([name, { tok }]) => [tok, name]));
  const typeOf = ({ type }: ExportedResource) => terraformTypes.get(type);
  const inPlan = resources.filter((resource) => typeOf(resource) !== undefined);
  const addresses = new Map(inPlan.map((resource) => [resource.urn, addressOf(typeOf(resource) ?? "", resource)]));
  const parts = inPlan.map((resource) => {
    const type = typeOf(resource) ?? "";
    const names = { block: mapping.provider.resources[type] ?? {}, fields: mapping.resources[type]?.fields ?? {} };
    const address = addresses.get(resource.urn) ?? "";
    const common = { address, mode: "managed", type, name: nameOf(resource) };
    const { values, unknown } = translate(writtenProps(resource), names);
    return {
      planned: { ...common, provider_name: "registry.terraform.io/hashicorp/aws", schema_version: 0, values },
      change: { ...common, change: { actions: ["create"], before: null, after: values, after_unknown: unknown } },
      configuration: {
        ...common,
        provider_config_key: "aws",
        expressions: expressions(resource, names, addresses),
        schema_version: 0,
      },
    };
  });
  return {
    plan: {
      format_version: "1.2",
      terraform_version: "1.9.0",
      planned_values: { root_module: { resources: parts.map(({ planned }) => planned) } },
      resource_changes: parts.map(({ change }) => change),
      configuration: {
        provider_config: { aws: { name: "aws", full_name: "registry.terraform.io/hashicorp/aws" } },
        root_module: { resources: parts.map(({ configuration }) => configuration) },
      },
    },
    left: [...new Set(resources.filter((each) => /^aws:/.test(each.type) && !typeOf(each)).map(({ type }) => type))],
  };
}

/** Terraform's names have no dots and colons. */
function nameOf({ name }: ExportedResource): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

function addressOf(type: string, resource: ExportedResource): string {
  return `${type}.${nameOf(resource)}`;
}

/**
 * Without what is unknown because the provider will choose it. Checkov takes every unknown attribute as given, so that an
 * encryption key that nobody named would pass; what is made of other resources is known by its dependencies.
 */
function writtenProps({ props, dependencies }: ExportedResource): JsonObject {
  return Object.fromEntries(
    Object.entries(props).flatMap(([name, value]) => {
      if (dependencies[name]?.length) return [[name, value]];
      return isUnknown(value) ? [] : [[name, withoutUnknowns(value)]];
    }),
  );
}

function withoutUnknowns(value: Json): Json {
  if (Array.isArray(value)) return value.filter((element) => !isUnknown(element)).map(withoutUnknowns);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, each]) => !isUnknown(each));
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutUnknowns(each)]));
}

interface Names {
  readonly block: Block;
  readonly fields: Fields;
}

/** Properties under Terraform's names, and as in a plan: what is unknown stands apart from the values. */
function translate(props: Readonly<Record<string, Json>>, names: Names): { values: JsonObject; unknown: JsonObject } {
  const values: JsonObject = {};
  const unknown: JsonObject = {};
  for (const [property, value] of Object.entries(props)) {
    if (property.startsWith("__") || value === undefined || value === null) continue;
    const name = terraformName(property, names);
    const attribute = names.block[name];
    const translated = attribute ? translateValue(value, attribute, names.fields[name]) : known(value);
    if (translated.value !== undefined) values[name] = translated.value;
    if (translated.unknown !== undefined) unknown[name] = translated.unknown;
  }
  return { values, unknown };
}

interface Translated {
  readonly value?: Json;
  readonly unknown?: Json;
}

function translateValue(value: Json, attribute: Attribute, field: Field | undefined): Translated {
  if (isUnknown(value)) return { unknown: true };
  const isList = attribute.type === LIST || attribute.type === SET;
  if (!isList) return attribute.type === MAP ? known(value) : known(scalar(value, attribute.type));
  // Pulumi has a block that can stand once only as an object, Terraform as a list of one.
  const elements = (Array.isArray(value) ? value : [value]).map((element) =>
    translateElement(element, attribute, field),
  );
  const unknowns = elements.map(({ unknown }) => unknown ?? false);
  return {
    value: elements.map((element) => element.value ?? null),
    ...(unknowns.some((each) => each !== false) && { unknown: unknowns }),
  };
}

function translateElement(element: Json, attribute: Attribute, field: Field | undefined): Translated {
  if (isUnknown(element)) return { unknown: true };
  const block = attribute.element?.resource;
  if (!block || !isObject(element)) return known(element);
  const { values, unknown } = translate(element, { block, fields: field?.element?.fields ?? field?.fields ?? {} });
  return { value: values, ...(Object.keys(unknown).length > 0 && { unknown }) };
}

/** A value without names of the provider in it. */
function known(value: Json): Translated {
  if (isUnknown(value)) return { unknown: true };
  return hasUnknown(value) ? { unknown: true } : { value };
}

/** Pulumi sends some booleans and numbers as strings; Terraform's plan has them as what they are. */
function scalar(value: Json, type: number): Json {
  if (type === 1 && (value === "true" || value === "false")) return value === "true";
  if ((type === 2 || type === 3) && typeof value === "string" && value.trim() !== "") return Number(value);
  return value;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isUnknown(value: Json): boolean {
  return isObject(value) && value["$unknown"] === true;
}

function hasUnknown(value: Json): boolean {
  if (isUnknown(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/**
 * Terraform's name of a property. The bridge makes Pulumi's from it: camel case, in the plural where a list can have
 * several elements, unless `fields` names another; so the name is looked for among the attributes rather than made.
 */
export function terraformName(property: string, { block, fields }: Names): string {
  const renamed = Object.entries(fields).find(([, { name }]) => name === property);
  if (renamed) return renamed[0];
  const snake = property.replaceAll(/[A-Z0-9]*[A-Z]/g, (capitals) => `_${capitals.toLowerCase()}`);
  const candidates = Object.keys(block).filter((name) => {
    const camel = camelCase(name);
    return camel === property || plurals(camel).includes(property);
  });
  return candidates.find((name) => camelCase(name) === property) ?? candidates[0] ?? snake;
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function plurals(word: string): string[] {
  return [`${word}s`, `${word}es`, word.replace(/y$/, "ies"), word.replace(/ex$/, "ices")];
}

/** For each property: what it refers to, or that it is constant. Checks of how resources belong together read this. */
function expressions(
  { props, dependencies }: ExportedResource,
  names: Names,
  addresses: ReadonlyMap<string, string>,
): JsonObject {
  const result: JsonObject = {};
  for (const [property, urns] of Object.entries(dependencies)) {
    if (!(property in props)) continue;
    const references = urns.flatMap((urn) => {
      const address = addresses.get(urn);
      return address === undefined ? [] : [`${address}.id`, address];
    });
    if (references.length > 0) result[terraformName(property, names)] = { references };
  }
  return result;
}
