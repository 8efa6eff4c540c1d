import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf, partitionOf } from "../lib/context";
import { denyWithoutTls, type Grantee, type PlainStatement, policyDocument } from "../lib/iam";

export interface AlarmTopicArgs extends ComponentArgs {
  /**
   * Encrypt messages with a key of the topic's own ($1 a month). The free key `alias/aws/sns` can't serve: its policy does not admit CloudWatch, whose
   * alarms would be lost without a trace.
   */
  readonly encrypted: boolean;
  /** Gets a mail per alarm once it has confirmed the subscription. Default: no one. */
  readonly email?: string;
  /** Also take AWS Budgets' messages. Default false. */
  readonly budgets?: boolean;
}

/** What the account's administrators do with the key, written out. Uses are left to those the key is for. */
const keyAdministration = [
  "kms:DescribeKey",
  "kms:GetKeyPolicy",
  "kms:PutKeyPolicy",
  "kms:ListKeyPolicies",
  "kms:GetKeyRotationStatus",
  "kms:EnableKeyRotation",
  "kms:DisableKeyRotation",
  "kms:EnableKey",
  "kms:DisableKey",
  "kms:UpdateKeyDescription",
  "kms:CreateAlias",
  "kms:UpdateAlias",
  "kms:DeleteAlias",
  "kms:ListResourceTags",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:ScheduleKeyDeletion",
  "kms:CancelKeyDeletion",
];

/**
 * The SNS topic that alarms ring. Takes messages from this account's alarms, and budgets if wanted, over TLS only. It is in the context's region, and so must the alarms be.
 *
 * Cost: mails $2 per 100,000 after the first 1,000 of each month; $1 a month for the key if encrypted.
 */
export class AlarmTopic extends Component {
  readonly name: string;
  readonly arn: pulumi.Output<string>;
  readonly nodes: { readonly topic: aws.sns.Topic; readonly key: aws.kms.Key | undefined };

  constructor(name: string, args: AlarmTopicArgs, opts?: pulumi.ComponentResourceOptions) {
    super("observability", "AlarmTopic", name, args, opts);
    this.check([
      {
        path: "email",
        ok: args.email === undefined || /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(args.email),
        message: "is not an e-mail address.",
      },
    ]);
    this.name = this.physicalName("topic");
    const publishers = ["cloudwatch.amazonaws.com", ...(args.budgets ? ["budgets.amazonaws.com"] : [])];
    const key = args.encrypted ? this.createKey(publishers) : undefined;
    const topic = this.createTopic(key);
    this.nodes = { topic, key };
    this.arn = topic.arn;
    this.admitPublishers(topic, args.budgets ?? false);
    if (args.email !== undefined) this.subscribe(topic, args.email);
    this.registerOutputs({ arn: this.arn });
  }

  /**
   * Lets the grantee publish. Action: `sns:Publish` on the topic. An encrypted topic's key admits AWS's services alone.
   */
  grantPublish(grantee: Grantee): pulumi.Resource {
    this.check([
      {
        path: "encrypted",
        ok: this.nodes.key === undefined,
        message: "is true, and its key admits no role; leave the topic unencrypted for publishers of one's own.",
      },
    ]);
    return grantee.allow(`${this.role}-publish`, [
      { sid: "Publish", actions: ["sns:Publish"], resources: [arnOf(this.context, "sns", this.name)] },
    ]);
  }

  /** Source: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html */
  private createKey(publishers: readonly string[]): aws.kms.Key {
    const { accountId, region } = this.context;
    const anyResourceBecause = "in a key policy * is the key itself";
    const statements: PlainStatement[] = [
      {
        sid: "Administer",
        principals: { accounts: [`arn:${partitionOf(region)}:iam::${accountId}:root`] },
        actions: keyAdministration,
        resources: ["*"],
        anyResourceBecause,
      },
      {
        sid: "PublishAlarms",
        principals: { services: publishers },
        actions: ["kms:Decrypt", "kms:GenerateDataKey"],
        resources: ["*"],
        anyResourceBecause,
        conditions: { StringEquals: { "aws:SourceAccount": accountId } },
      },
    ];
    const key = new aws.kms.Key(
      this.childName("key"),
      {
        region: this.context.region,
        description: `Messages of ${this.name}`,
        enableKeyRotation: true,
        deletionWindowInDays: 14,
        policy: policyDocument(statements),
        tags: this.namedTags(),
      },
      { parent: this },
    );
    new aws.kms.Alias(
      this.childName("key-alias"),
      {
        region: this.context.region,
        name: `alias/${this.physicalName("kmsAlias")}`,
        targetKeyId: key.keyId,
      },
      { parent: this },
    );
    return key;
  }

  private createTopic(key: aws.kms.Key | undefined): aws.sns.Topic {
    return new aws.sns.Topic(
      this.childName("topic"),
      { region: this.context.region, name: this.name, kmsMasterKeyId: key?.keyId, tags: this.tags() },
      { parent: this },
    );
  }

  private admitPublishers(topic: aws.sns.Topic, budgets: boolean): void {
    const { accountId } = this.context;
    const topicArn = arnOf(this.context, "sns", this.name);
    new aws.sns.TopicPolicy(
      this.childName("policy"),
      {
        region: this.context.region,
        arn: topic.arn,
        policy: policyDocument([
          {
            sid: "PublishAlarms",
            principals: { services: ["cloudwatch.amazonaws.com"] },
            actions: ["sns:Publish"],
            resources: [topicArn],
            conditions: {
              StringEquals: { "aws:SourceAccount": accountId },
              ArnLike: { "aws:SourceArn": arnOf(this.context, "cloudwatch", "alarm:*") },
            },
          },
          ...(budgets
            ? [
                {
                  sid: "PublishBudgets",
                  principals: { services: ["budgets.amazonaws.com"] },
                  actions: ["sns:Publish"],
                  resources: [topicArn],
                  conditions: {
                    StringEquals: { "aws:SourceAccount": accountId },
                    ArnLike: { "aws:SourceArn": `arn:${partitionOf(this.context.region)}:budgets::${accountId}:*` },
                  },
                },
              ]
            : []),
          denyWithoutTls(["sns:Publish"], [topicArn]),
        ]),
      },
      { parent: this },
    );
  }

  private subscribe(topic: aws.sns.Topic, email: string): void {
    new aws.sns.TopicSubscription(
      this.childName("email"),
      { region: this.context.region, topic: topic.arn, protocol: "email", endpoint: email },
      { parent: this },
    );
  }
}
