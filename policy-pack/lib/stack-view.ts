import type { ResourceView } from "./rule";
import { Truth } from "./truth";
import type { Value } from "./value";

export interface StackResource extends ResourceView {
  /** URNs that the value of each property came from. */
  readonly propertyDependencies: ReadonlyMap<string, ReadonlySet<string>>;
}

/** All resources of a stack, looked up by type once for all rules. */
export class StackIndex {
  private readonly selections = new Map<string, readonly StackResource[]>();

  /** @param resources in the order of the stack: their inputs plus unknown outputs at preview, outputs after an update */
  constructor(readonly resources: readonly StackResource[]) {}

  ofType(...types: readonly string[]): readonly StackResource[] {
    const key = types.join();
    const selection = this.selections.get(key) ?? this.resources.filter(({ type }) => types.includes(type));
    this.selections.set(key, selection);
    return selection;
  }
}

/** The stack as one rule sees it. */
export class StackView {
  constructor(
    private readonly index: StackIndex,
    private readonly scope?: (resource: ResourceView) => Truth,
  ) {}

  /** In the order of the stack. */
  get resources(): readonly StackResource[] {
    return this.index.resources;
  }

  /** In the order of the stack. */
  ofType(...types: readonly string[]): readonly StackResource[] {
    return this.index.ofType(...types);
  }

  /** Whether the rule judges the resource in this profile. Findings on others are dropped; a rule that adds up has to ask. */
  judges(resource: StackResource): Truth {
    return this.scope?.(resource) ?? Truth.yes;
  }
}

/**
 * A property as far as the program wrote it.
 *
 * Stack rules get outputs. At preview those that the provider computes are unknown although nobody set them, and only
 * what the program made of another resource has a source. An unknown without a source is therefore absent.
 *
 * @param below the way from there to a property inside it
 */
export function written(resource: StackResource, property: string, ...below: readonly (string | number)[]): Value {
  const value = resource.props.at(property, ...below);
  const hasSource = (resource.propertyDependencies.get(property)?.size ?? 0) > 0;
  return value.isUnknown() && !hasSource ? value.asAbsent() : value;
}

/**
 * Whether `property` of one resource names the other.
 *
 * Where both names are known (after an update, or when written out) they decide. Ids are unknown at preview, so there
 * the engine's record of where the value came from does: what came from elsewhere names another, unless the other's name
 * came from there too.
 *
 * @param identities properties of `target` that all hold what `property` would name, such as `id` and `bucket`
 */
export function refersTo(
  resource: StackResource,
  property: string,
  target: StackResource,
  identities: readonly string[],
): Truth {
  return refersToAt(resource, [property], target, identities);
}

/** As {@link refersTo}, for a name that stands inside a property. */
export function refersToAt(
  resource: StackResource,
  [property, ...below]: readonly [string, ...string[]],
  target: StackResource,
  identities: readonly string[],
): Truth {
  const value = resource.props.at(property, ...below);
  const name = value.scalar();
  const targetNames = identities.map((identity) => target.props.at(identity).scalar()).filter((id) => id !== undefined);
  if (name !== undefined && targetNames.length > 0) return Truth.of(targetNames.includes(name));
  const unknown = Truth.unknown(
    `${name === undefined ? resource.name : target.name}.${name === undefined ? property : identities[0]}`,
  );
  const sources = sourcesOf(resource, property);
  if (sources.size === 0) return unknown;
  if (sources.has(target.urn)) return Truth.yes;
  const shared = identities.some((identity) => [...sourcesOf(target, identity)].some((urn) => sources.has(urn)));
  return shared ? unknown : Truth.no;
}

/**
 * As {@link refersTo}, for what a violation hangs on: an unknown name that came from nothing of the target's type (a
 * random name, another stack) may be the target's, and passing it over would hide the violation.
 */
export function mayReferTo(
  resource: StackResource,
  property: string,
  target: StackResource,
  identities: readonly string[],
): Truth {
  const refers = refersTo(resource, property, target, identities);
  return refers.answer === "no" && isFromElsewhere(resource, property, target.type)
    ? Truth.unknown(`${resource.name}.${property}`)
    : refers;
}

/** Whether a property is unknown, or part of it, and came from no resource of a type. */
export function isFromElsewhere(resource: StackResource, property: string, type: string): boolean {
  const sources = [...sourcesOf(resource, property)];
  const holdsUnknown = resource.props.at(property).holdsUnknown();
  return holdsUnknown && sources.length > 0 && !sources.some((urn) => typeInUrn(urn) === type);
}

function sourcesOf(resource: StackResource, property: string): ReadonlySet<string> {
  return resource.propertyDependencies.get(property) ?? nothing;
}

const nothing: ReadonlySet<string> = new Set();

/** "urn:pulumi:stack::project::parent:type$own:type::name" */
function typeInUrn(urn: string): string | undefined {
  return urn.split("::")[2]?.split("$").at(-1);
}
