import * as pulumi from "@pulumi/pulumi";
import type { SystemContext } from "./context";
import { globalName, isNamePart, type NameKind, nameLimits, physicalName } from "./names";
import { componentTags, withTags } from "./tags";
import { type Check, validate } from "./validation";

/** The folders under `components/`: the second part of a type token. */
export type Folder = "network" | "data" | "messaging" | "serverless" | "edge" | "inference" | "observability" | "lib";

export interface ComponentArgs {
  readonly context: SystemContext;
  /** Value of the tag Service. Default: the component's folder. A component inside another one takes the outer one's. */
  readonly service?: string;
  /** The role in physical names, where it is not that of the logical name. Default: the logical name without the system. */
  readonly physicalRole?: string;
}

/**
 * Base of every component.
 *
 * A component's logical name starts with its system: `lambda-efs-producer`. The rest, `producer`, is its role, and physical names are
 * `<system>-<role>-<stack>`. Children are named with `childName` and get `{ parent: this }`; a subclass ends its constructor
 * with `registerOutputs`.
 */
export abstract class Component extends pulumi.ComponentResource {
  readonly logicalName: string;
  /** What the component is in its system: the logical name without the system. */
  readonly role: string;
  private readonly physicalRole: string;
  protected readonly context: SystemContext;
  private readonly service: string;
  private readonly requiredTags: ReturnType<typeof componentTags>;

  protected constructor(
    folder: Folder,
    className: string,
    name: string,
    args: ComponentArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(`llm:${folder}:${className}`, name, {}, opts);
    this.logicalName = name;
    this.context = args.context;
    this.role = name.slice(args.context.system.length + 1);
    this.physicalRole = args.physicalRole ?? this.role;
    this.service = args.service ?? folder;
    this.requiredTags = componentTags(args.context, this.service);
    this.check([
      {
        path: "name",
        ok: name.startsWith(`${args.context.system}-`) && isNamePart(name),
        message: `is "${name}"; give "${args.context.system}-" and a role of lower case letters, digits and single hyphens.`,
      },
    ]);
  }

  /** Runs a table of checks on the arguments; all mistakes are told together. */
  protected check(checks: readonly Check[]): void {
    validate(`${this.constructor.name} "${this.logicalName}"`, checks);
  }

  /** A value made of one argument; the RangeError of what it can't be made of is a mistake in that argument. */
  protected checked<T>(path: string, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (error instanceof RangeError) this.check([{ path, ok: false, message: `${error.message}.` }]);
      throw error;
    }
  }

  /** What a component inside this one takes over from it. */
  protected inherited(): Required<Pick<ComponentArgs, "context" | "service">> {
    return { context: this.context, service: this.service };
  }

  protected childName(suffix: string): string {
    return `${this.logicalName}-${suffix}`;
  }

  /** Options of a child that stores data: protected where the environment protects data. */
  protected dataOptions(): pulumi.CustomResourceOptions {
    return { parent: this, protect: this.context.protectData };
  }

  /** `<system>-<role>-<stack>`, or `<system>-<role>-<suffix>-<stack>`, cut to the AWS limit of what is named. */
  protected physicalName(kind: NameKind, suffix?: string): string {
    const { system, stack } = this.context;
    return physicalName(system, this.roleWith(suffix), stack, nameLimits[kind]);
  }

  /** As `physicalName`, for names that all AWS accounts share. */
  protected globalName(kind: NameKind, suffix?: string): string {
    const { system, stack } = this.context;
    return globalName(system, this.roleWith(suffix), stack, this.context, nameLimits[kind]);
  }

  /** The required tags with a resource's own. */
  protected tags(own?: Readonly<Record<string, string>>): Record<string, string> {
    return withTags(this.requiredTags, own);
  }

  /** The required tags with a Name, for resources that have no name of their own. */
  protected namedTags(suffix?: string): Record<string, string> {
    return this.tags({ Name: this.physicalName("nameTag", suffix) });
  }

  private roleWith(suffix?: string): string {
    return suffix === undefined ? this.physicalRole : `${this.physicalRole}-${suffix}`;
  }
}
