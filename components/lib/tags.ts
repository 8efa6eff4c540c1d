import type { SystemContext } from "./context";

/**
 * The tags that every taggable resource of every system has. Several stacks can share an environment, and what is left of
 * one is found by its own name: hence Stack. Budgets can ask for one tag only, so Deployment says in one which system of which stack it is.
 */
export const requiredTagKeys = [
  "Project",
  "Environment",
  "Stack",
  "System",
  "ManagedBy",
  "Service",
  "CostTier",
  "Deployment",
] as const;
export type RequiredTagKey = (typeof requiredTagKeys)[number];

/** Tag of stacks that are not meant to stay: when they may be taken down, ISO 8601 in UTC. */
export const expiryTagKey = "ExpiresOn";

/** What every resource of a component is tagged with. */
export type ComponentTags = Readonly<Record<RequiredTagKey, string>> & { readonly [expiryTagKey]?: string };

/** Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const limits = { keyLength: 128, valueLength: 256, count: 50 };
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** A system in a stack, such as `phi3-dev`. */
export function deploymentOf({ system, stack }: SystemContext): string {
  return `${system}-${stack}`;
}

/** The required tags of a component, and when it expires. `service` is the part of the system it belongs to, such as `network`. */
export function componentTags(context: SystemContext, service: string): ComponentTags {
  return {
    Project: context.project,
    Environment: context.environment,
    Stack: context.stack,
    System: context.system,
    ManagedBy: "pulumi",
    Service: service,
    CostTier: context.costTier,
    Deployment: deploymentOf(context),
    ...(context.expiresOn !== undefined && { [expiryTagKey]: context.expiresOn }),
  };
}

/**
 * The required tags with a resource's own.
 * @throws RangeError naming each tag that AWS would refuse or that would replace a required one
 */
export function withTags(required: ComponentTags, own: Readonly<Record<string, string>> = {}): Record<string, string> {
  const mistakes: string[] = [];
  const lowerCaseKeys = new Set(Object.keys(required).map((key) => key.toLowerCase()));
  for (const [key, value] of Object.entries(own)) {
    const lower = key.toLowerCase();
    if (lowerCaseKeys.has(lower)) mistakes.push(`"${key}" is set twice: keys must differ in more than case.`);
    lowerCaseKeys.add(lower);
    if (key.length === 0 || key.length > limits.keyLength || !allowed.test(key)) {
      mistakes.push(`"${key}" can't be a key: 1 to ${limits.keyLength} letters, digits, spaces or _.:/=+-@.`);
    }
    if (lower.startsWith("aws:")) mistakes.push(`"${key}" can't be a key: AWS keeps the prefix aws: to itself.`);
    if (value.length > limits.valueLength || !allowed.test(value)) {
      mistakes.push(
        `The value of "${key}" must have at most ${limits.valueLength} letters, digits, spaces or _.:/=+-@.`,
      );
    }
  }
  const tags = { ...required, ...own };
  const count = Object.keys(tags).length;
  if (count > limits.count) mistakes.push(`A resource can have ${limits.count} tags, not ${count}.`);
  if (mistakes.length > 0) throw new RangeError(`Tags AWS would refuse:\n  ${mistakes.join("\n  ")}`);
  return tags;
}
