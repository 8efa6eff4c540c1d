import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { deploymentOf } from "../lib/tags";
import type { AlarmTopic } from "./alarm-topic";

export interface BudgetArgs extends ComponentArgs {
  /** Whole US dollars a month. */
  readonly usdPerMonth: number;
  /** Told at 80 % spent and when the forecast passes 100 %. Must take budgets' messages (`budgets: true`). */
  readonly topic: AlarmTopic;
  /**
   * What is counted. `deployment`: this system in this stack. `account`: everything, for what is to cost nothing: free offers are the account's, and what is
   * forgotten elsewhere uses them up too. Default `deployment`.
   */
  readonly scope?: "deployment" | "account";
  /** Also tell once more than so many US dollars are spent. Default: not. */
  readonly tellAboveUsd?: number;
}

/** Percent of the budget. Two warnings: one while there is time to act, one before the limit is passed. */
const notifications = [
  { notificationType: "ACTUAL", threshold: 80 },
  { notificationType: "FORECASTED", threshold: 100 },
] as const;

/**
 * A monthly budget of one system in one stack, found by the tag Deployment, or of the account.
 *
 * The tag must be an active cost allocation tag of the account, which is set once by hand and takes a day
 * (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html); until then AWS counts nothing for it.
 *
 * Cost: nothing; budgets without actions are free.
 */
export class Budget extends Component {
  readonly name: string;

  constructor(name: string, args: BudgetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("observability", "Budget", name, args, opts);
    this.check([
      {
        path: "usdPerMonth",
        ok: Number.isInteger(args.usdPerMonth) && args.usdPerMonth > 0,
        message: `is ${args.usdPerMonth}; give whole dollars above 0.`,
      },
      {
        path: "tellAboveUsd",
        ok: args.tellAboveUsd === undefined || args.tellAboveUsd > 0,
        message: `is ${args.tellAboveUsd}; give dollars above 0, such as 0.01.`,
      },
    ]);
    const { accountId } = this.context;
    this.name = this.physicalName("budget");
    new aws.budgets.Budget(
      this.childName("budget"),
      {
        accountId,
        name: this.name,
        budgetType: "COST",
        timeUnit: "MONTHLY",
        limitAmount: String(args.usdPerMonth),
        limitUnit: "USD",
        // Filter expressions could ask for two tags, but the provider makes budgets with them that AWS can't show
        // (https://github.com/hashicorp/terraform-provider-aws/issues/46866).
        costFilters:
          args.scope === "account"
            ? undefined
            : [{ name: "TagKeyValue", values: [`user:Deployment$${deploymentOf(this.context)}`] }],
        notifications: [
          ...notifications.map((notification) => ({ ...notification, thresholdType: "PERCENTAGE" })),
          ...(args.tellAboveUsd === undefined
            ? []
            : [{ notificationType: "ACTUAL", threshold: args.tellAboveUsd, thresholdType: "ABSOLUTE_VALUE" }]),
        ].map((notification) => ({
          ...notification,
          comparisonOperator: "GREATER_THAN",
          subscriberSnsTopicArns: [args.topic.arn],
        })),
        tags: this.tags(),
      },
      { parent: this, dependsOn: [args.topic] },
    );
    this.registerOutputs({});
  }
}
