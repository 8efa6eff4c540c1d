import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf } from "../lib/context";
import type { Grantee } from "../lib/iam";
import { wholeNumber } from "../lib/validation";

export interface GeneratedSecretArgs extends ComponentArgs {
  /** What it is for; seen by whoever may list parameters. */
  readonly description: string;
  /** A secret from elsewhere, which the parameter follows. Default: AWS makes one up. */
  readonly given?: pulumi.Output<string>;
  /** What the parameter's name has after `/<system>/<stack>/`. Default: the role. */
  readonly parameterPath?: string;
  /** Characters that AWS makes up, letters and digits, 32 to 128. Default 48. */
  readonly length?: number;
}

/** Letters and digits of a secret: more than 256 bits. */
const secretLength = 48;

/**
 * A secret that AWS makes up, kept as a SecureString in SSM Parameter Store. Nobody types it, and no file of the program holds it; Pulumi's state holds it
 * encrypted.
 *
 * It stays the same from update to update. A new one: `aws ssm put-parameter --overwrite`, `pulumi refresh --target <URN of the parameter>`, then an update, and replace
 * what read the old one by itself. (Replacing the resource fails: the new parameter would need the name of the old one, which AWS frees half a minute after it is deleted.)
 *
 * Cost: nothing; standard parameters are free (unverified, as of 2026-11).
 */
export class GeneratedSecret extends Component {
  /** `/<system>/<stack>/<role>`, known at preview. */
  readonly parameterName: string;
  /** A secret. */
  readonly value: pulumi.Output<string>;
  readonly nodes: { readonly parameter: aws.ssm.Parameter };

  constructor(name: string, args: GeneratedSecretArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data", "GeneratedSecret", name, args, opts);
    const { system, stack } = this.context;
    this.checkArgs(args);
    this.parameterName = `/${system}/${stack}/${args.parameterPath ?? this.role}`;
    const parameter = new aws.ssm.Parameter(
      this.childName("parameter"),
      {
        name: this.parameterName,
        type: "SecureString",
        description: args.description,
        value: pulumi.secret(args.given ?? this.madeUp(args.length ?? secretLength)),
        tags: this.tags(),
      },
      // AWS makes up another one at each preview; the first stays.
      { parent: this, ignoreChanges: args.given === undefined ? ["value"] : [] },
    );
    this.nodes = { parameter };
    this.value = pulumi.secret(parameter.value);
    this.registerOutputs({ parameterName: this.parameterName });
  }

  private checkArgs({ parameterPath = this.role, length = secretLength }: GeneratedSecretArgs): void {
    this.check([
      {
        path: "parameterPath",
        ok: /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/.test(parameterPath),
        message: `is "${parameterPath}"; give names of letters, digits and _ . - with a slash between them.`,
      },
      wholeNumber("length", length, 32, 128, "characters"),
    ]);
  }

  private madeUp(passwordLength: number): pulumi.Output<string> {
    return aws.secretsmanager.getRandomPasswordOutput({ passwordLength, excludePunctuation: true }, { parent: this })
      .randomPassword;
  }

  /** Lets the grantee read the secret. Action: `ssm:GetParameter`. Its key is AWS's own, which admits who may read the parameter. */
  grantRead(grantee: Grantee): pulumi.Resource {
    return grantee.allow(`${this.role}-read`, [
      {
        sid: "ReadSecret",
        actions: ["ssm:GetParameter"],
        resources: [arnOf(this.context, "ssm", `parameter${this.parameterName}`)],
      },
    ]);
  }
}
