import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf } from "../lib/context";
import type { Grantee } from "../lib/iam";

export interface SecretArgs extends ComponentArgs {
  /** What it is for; seen by whoever may list secrets. */
  readonly description: string;
  /** Its text, such as JSON of several secrets that are read together. */
  readonly value: pulumi.Input<string>;
}

/** Days in which a deleted secret can be had back; its name is taken so long. */
const recoveryDays = { kept: 30, others: 7 } as const;

/**
 * A secret in Secrets Manager, for programs that read it there by themselves. Pulumi's state holds its text encrypted.
 *
 * Where data is disposable it is gone at once when destroyed; elsewhere it can be had back for days, in which its name is taken.
 *
 * Cost: $0.40 a month, $0.05 per 10,000 reads (unverified, as of 2026-11). `GeneratedSecret` is free.
 */
export class Secret extends Component {
  /** `<system>/<stack>/<role>`, known at preview. */
  readonly name: string;
  readonly arn: pulumi.Output<string>;
  readonly nodes: { readonly secret: aws.secretsmanager.Secret; readonly version: aws.secretsmanager.SecretVersion };

  constructor(name: string, args: SecretArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data", "Secret", name, args, opts);
    const { system, stack, disposableData, protectData } = this.context;
    this.name = `${system}/${stack}/${this.role}`;
    const secret = new aws.secretsmanager.Secret(
      this.childName("secret"),
      {
        name: this.name,
        description: args.description,
        recoveryWindowInDays: disposableData ? 0 : protectData ? recoveryDays.kept : recoveryDays.others,
        tags: this.tags(),
      },
      { parent: this },
    );
    const version = new aws.secretsmanager.SecretVersion(
      this.childName("version"),
      { secretId: secret.id, secretString: pulumi.secret(args.value) },
      { parent: this },
    );
    this.nodes = { secret, version };
    this.arn = secret.arn;
    this.registerOutputs({ name: this.name });
  }

  /**
   * Lets the grantee read the secret. Action: `secretsmanager:GetSecretValue`, on the name and the six characters that AWS adds to it. Its key is AWS's own, which admits who
   * may read the secret.
   */
  grantRead(grantee: Grantee): pulumi.Resource {
    return grantee.allow(`${this.role}-secret-read`, [
      {
        sid: "ReadSecret",
        actions: ["secretsmanager:GetSecretValue"],
        resources: [arnOf(this.context, "secretsmanager", `secret:${this.name}-??????`)],
      },
    ]);
  }
}
