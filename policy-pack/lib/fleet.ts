import { Quantity } from "./quantity";
import { refersToAt, type StackResource, type StackView, written } from "./stack-view";
import type { Value } from "./value";

const templateType = "aws:ec2/launchTemplate:LaunchTemplate";
const configurationType = "aws:ec2/launchConfiguration:LaunchConfiguration";
export const groupType = "aws:autoscaling/group:Group";
const singleTypes = ["aws:ec2/instance:Instance", "aws:ec2/spotInstanceRequest:SpotInstanceRequest"];

/** The types that start instances. */
export const launcherTypes = [...singleTypes, groupType];

/** Where a launcher names its template, with the templates' properties that hold that name. */
const references: readonly (readonly [path: readonly [string, ...string[]], identity: string])[] = [
  [["launchTemplate", "id"], "id"],
  [["launchTemplate", "name"], "name"],
  [["mixedInstancesPolicy", "launchTemplate", "launchTemplateSpecification", "launchTemplateId"], "id"],
  [["mixedInstancesPolicy", "launchTemplate", "launchTemplateSpecification", "launchTemplateName"], "name"],
  [["launchConfiguration"], "name"],
];

/** How a launcher's instances start, as far as another resource says it. */
export interface Template {
  /** The template, if it is in the stack. */
  readonly resource: StackResource | undefined;
  /** Where a template that is not in the stack is named. */
  readonly elsewhere: string | undefined;
}

/** How many instances a launcher has at most: one, or an Auto Scaling group's `maxSize`. */
export function maxInstances(launcher: StackResource): Quantity {
  return launcher.type === groupType ? Quantity.of(launcher.props.at("maxSize"), 0) : new Quantity(1);
}

/** The template that a launcher starts its instances from. */
export function templateOf(stack: StackView, launcher: StackResource): Template {
  // A dozen rules ask, and a resource is of one stack.
  const known = templates.get(launcher) ?? findTemplate(stack, launcher);
  templates.set(launcher, known);
  return known;
}

const templates = new WeakMap<StackResource, Template>();

function findTemplate(stack: StackView, launcher: StackResource): Template {
  const candidates = stack.ofType(templateType, configurationType);
  let elsewhere: string | undefined;
  for (const [path, identity] of references) {
    const name = written(launcher, ...path);
    if (name.isSet().answer === "no") continue;
    const resource = candidates.find((template) => refersToAt(launcher, path, template, [identity]).answer === "yes");
    if (resource) return { resource, elsewhere: undefined };
    elsewhere = name.path;
  }
  return { resource: undefined, elsewhere };
}

/** A property of a launcher's instances: its own or else the template's. Absent when neither has it. */
export function launchProperty(stack: StackView, launcher: StackResource, property: string): Value {
  const own = written(launcher, property);
  const template = templateOf(stack, launcher).resource;
  return own.isSet().answer === "no" && template ? written(template, property) : own;
}

/** Every instance type that a launcher may start: an Auto Scaling group's overrides count in place of the template's type. */
export function instanceTypes(stack: StackView, launcher: StackResource): readonly Value[] {
  const overrides = written(launcher, "mixedInstancesPolicy", "launchTemplate", "overrides")
    .elements()
    .map((override) => override.at("instanceType"))
    .filter((type) => type.isSet().answer !== "no");
  if (overrides.length > 0) return overrides;
  const type = launchProperty(stack, launcher, "instanceType");
  return type.isSet().answer === "no" ? [] : [type];
}
