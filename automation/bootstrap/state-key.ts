import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../../components/lib/component";
import { partitionOf } from "../../components/lib/context";
import { policyDocument } from "../../components/lib/iam";

/** Written out, as a key policy that allows kms:* also allows what AWS adds to it. */
const administration = [
  "kms:CancelKeyDeletion",
  "kms:CreateAlias",
  "kms:DeleteAlias",
  "kms:DescribeKey",
  "kms:DisableKey",
  "kms:EnableKey",
  "kms:EnableKeyRotation",
  "kms:GetKeyPolicy",
  "kms:GetKeyRotationStatus",
  "kms:ListKeyPolicies",
  "kms:ListResourceTags",
  "kms:PutKeyPolicy",
  "kms:ScheduleKeyDeletion",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:UpdateAlias",
  "kms:UpdateKeyDescription",
];

/** What Pulumi and S3 do with the key. */
export const keyUse = {
  read: ["kms:Decrypt", "kms:DescribeKey"],
  write: ["kms:Encrypt", "kms:GenerateDataKey"],
} as const;

/** Days between the deletion of the key and its end, in which it can be had back. */
const deletionDays = 30;

/**
 * The KMS key of a state bucket, and of the secrets in the states: it turns yearly, and has the alias `alias/<name>`. Who may use it
 * is for the account's IAM policies to say.
 *
 * Cost: $1 a month, $0.03 per 10,000 requests (unverified, as of 2026-11).
 */
export class StateKey extends Component {
  readonly alias: string;
  readonly arn: pulumi.Output<string>;
  readonly nodes: { readonly key: aws.kms.Key };

  constructor(name: string, args: ComponentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data", "StateKey", name, args, opts);
    const { accountId, region } = this.context;
    this.alias = `alias/${this.physicalName("kmsAlias")}`;
    const key = new aws.kms.Key(
      this.childName("key"),
      {
        description: `Pulumi states of ${this.context.stack} and the secrets in them`,
        enableKeyRotation: true,
        deletionWindowInDays: deletionDays,
        policy: policyDocument([
          {
            sid: "Administer",
            principals: { accounts: [`arn:${partitionOf(region)}:iam::${accountId}:root`] },
            actions: [...administration, ...keyUse.read.slice(0, 1), ...keyUse.write],
            resources: ["*"],
            anyResourceBecause: "in a key policy * is the key itself",
          },
        ]),
        tags: this.tags(),
      },
      this.dataOptions(),
    );
    new aws.kms.Alias(this.childName("alias"), { name: this.alias, targetKeyId: key.keyId }, { parent: this });
    this.nodes = { key };
    this.arn = key.arn;
    this.registerOutputs({ alias: this.alias });
  }
}
