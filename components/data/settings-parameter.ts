import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf } from "../lib/context";
import type { Grantee } from "../lib/iam";

export interface SettingsParameterArgs extends ComponentArgs {
  /** What they are for. */
  readonly description: string;
  /** Addresses, names, numbers; no secrets. */
  readonly settings: Readonly<Record<string, pulumi.Input<string>>>;
}

/** Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const mostBytes = 4096;

/**
 * Settings that instances read at their start, as JSON in SSM Parameter Store: addresses that are not known when their user data is written, such as a database's. Not for secrets:
 * see `GeneratedSecret` and `Secret`.
 *
 * Cost: nothing; standard parameters of up to 4 KB are free (unverified, as of 2026-11).
 */
export class SettingsParameter extends Component {
  /** `/<system>/<stack>/<role>`, known at preview. */
  readonly parameterName: string;
  readonly nodes: { readonly parameter: aws.ssm.Parameter };

  constructor(name: string, args: SettingsParameterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data", "SettingsParameter", name, args, opts);
    const { system, stack } = this.context;
    this.parameterName = `/${system}/${stack}/${this.role}`;
    const parameter = new aws.ssm.Parameter(
      this.childName("parameter"),
      {
        name: this.parameterName,
        type: "String",
        description: args.description,
        // `value` is taken for a secret, and would hide the settings in previews and from policies.
        insecureValue: pulumi.output(args.settings).apply(settingsText),
        tags: this.tags(),
      },
      { parent: this },
    );
    this.nodes = { parameter };
    this.registerOutputs({ parameterName: this.parameterName });
  }

  /** Lets the grantee read them. Action: `ssm:GetParameter`. */
  grantRead(grantee: Grantee): pulumi.Resource {
    return grantee.allow(`${this.role}-read`, [
      {
        sid: "ReadSettings",
        actions: ["ssm:GetParameter"],
        resources: [arnOf(this.context, "ssm", `parameter${this.parameterName}`)],
      },
    ]);
  }
}

/**
 * Settings as JSON.
 * @throws RangeError when they are more than a parameter holds
 */
export function settingsText(settings: Readonly<Record<string, string>>): string {
  const text = JSON.stringify(settings);
  const bytes = Buffer.byteLength(text);
  if (bytes <= mostBytes) return text;
  throw new RangeError(
    `The settings are ${bytes} bytes as JSON, and a standard parameter takes ${mostBytes}; give fewer, or shorter ones.`,
  );
}
