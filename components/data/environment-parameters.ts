import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf } from "../lib/context";
import type { Grantee } from "../lib/iam";

export interface EnvironmentParametersArgs extends ComponentArgs {
  /** Plain values by variable; no secrets. */
  readonly variables: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * Variables of a program's environment, each a parameter of SSM Parameter Store under one path: `/<system>/<stack>/<role>/<VARIABLE>`. Secrets join them as a `GeneratedSecret` with
 * a `parameterPath` under `role`, so that whoever starts the program reads all of them with one call.
 *
 * Cost: nothing; standard parameters are free (unverified, as of 2026-11).
 */
export class EnvironmentParameters extends Component {
  /** The path of all, without a slash at the end; known at preview. */
  readonly prefix: string;
  readonly nodes: { readonly parameters: readonly aws.ssm.Parameter[] };

  constructor(name: string, args: EnvironmentParametersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data", "EnvironmentParameters", name, args, opts);
    const { system, stack } = this.context;
    this.prefix = `/${system}/${stack}/${this.role}`;
    this.check(
      Object.keys(args.variables).map((variable) => ({
        path: `variables.${variable}`,
        ok: /^[A-Z][A-Z0-9_]*$/.test(variable),
        message: "is no name of a variable; give upper case letters, digits and underscores, a letter first.",
      })),
    );
    const parameters = Object.entries(args.variables).map(([variable, value]) => this.createParameter(variable, value));
    this.nodes = { parameters };
    this.registerOutputs({ prefix: this.prefix });
  }

  private createParameter(variable: string, value: pulumi.Input<string>): aws.ssm.Parameter {
    return new aws.ssm.Parameter(
      this.childName(variable.toLowerCase().replaceAll("_", "-")),
      {
        name: `${this.prefix}/${variable}`,
        type: "String",
        description: `Variable ${variable} of ${this.context.system}`,
        // `value` is taken for a secret, and would hide it in previews and from policies.
        insecureValue: value,
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  /** Lets the grantee read all parameters under the path, secrets too. Actions: `ssm:GetParametersByPath`, `ssm:GetParameter`. Their key is AWS's own, which admits who may read them. */
  grantRead(grantee: Grantee): pulumi.Resource {
    const path = arnOf(this.context, "ssm", `parameter${this.prefix}`);
    return grantee.allow(`${this.role}-read`, [
      {
        sid: "ReadEnvironment",
        actions: ["ssm:GetParametersByPath", "ssm:GetParameter"],
        resources: [path, `${path}/*`],
      },
    ]);
  }
}
