import { z } from "zod";
import { alwaysFree, factSetting, firstYear } from "../../lib/free-tier/limits";
import { count } from "../../lib/free-tier/sums";
import { defineRule } from "../../lib/rule";
import { type StackResource, type StackView, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

const budgetType = "aws:budgets/budget:Budget";
const actionType = "aws:budgets/budgetAction:BudgetAction";

/** What only the bill shows, by the services that use it. */
const usage: readonly (readonly [prefix: string, text: string])[] = [
  ["aws:lambda/function:", `${count(alwaysFree.lambdaRequests.value)} Lambda requests`],
  ["aws:dynamodb/table:", `${count(alwaysFree.dynamodbStorageGb.value)} GB in DynamoDB`],
  ["aws:cloudwatch/logGroup:", `${count(alwaysFree.logGb.value)} GB of logs`],
  ["aws:sqs/queue:", `${count(alwaysFree.sqsRequests.value)} SQS requests`],
  [
    "aws:sns/topic:",
    `${count(alwaysFree.snsPublishes.value)} SNS publishes and ${count(alwaysFree.snsMails.value)} mails`,
  ],
  ["aws:s3/bucket:", `${count(firstYear.s3Gb.value)} GB in S3 (first year)`],
  ["aws:kms/key:", `${count(alwaysFree.kmsRequests.value)} KMS requests`],
  ["aws:apigateway/stage:", `${count(alwaysFree.xrayTraces.value)} X-Ray traces`],
  ["aws:ec2/vpc:", `${count(alwaysFree.egressGb.value)} GB out to the internet`],
];

/**
 * ft-budget-present: A budget tells of costs
 *
 * The stack has a budget with a notification that someone gets, or the config names one of the account's. No more budgets
 * act by themselves than are free. Undefined: violation, a budget without a notification tells nobody.
 *
 * @severity high
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
 */
export const rule = defineRule({
  id: "ft-budget-present",
  family: "free-tier",
  title: "A budget tells of costs",
  severity: "high",
  why: "Requests, traffic and stored data show in no program; what passes the free tier is found on the bill a month later, or by a budget the same day.",
  fix: "add an aws.budgets.Budget with a `limitAmount` of 1 USD and a notification at 80 percent to your address, or name the account's budget in the setting `accountBudget`.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html",
  types: [],
  settings: z.strictObject({
    accountBudget: z.string().default("").describe("Name of a budget outside the stack that tells of its costs"),
    actionBudgets: factSetting(alwaysFree.actionBudgets, "Budgets that may act by themselves"),
  }),
  checkStack(stack, report, { accountBudget, actionBudgets }) {
    const billed = stack.resources.filter(({ type }) => type.startsWith("aws:"));
    const place = placeOf(stack, billed);
    if (!place) return;
    const tells = Truth.any(stack.ofType(budgetType).map(notifies));
    const missing = Truth.of(accountBudget === "").and(tells.not());
    report.on(place).when(missing, "", "no budget in the stack tells anyone of its costs");
    const actions = stack.ofType(actionType);
    const budgets = new Set(actions.map((action) => String(action.props.at("budgetName").scalar() ?? action.urn)));
    const [last] = actions.slice(-1);
    if (last) {
      const problem = `${budgets.size} budgets act by themselves, ${count(actionBudgets)} are free`;
      report.on(last).when(Truth.of(budgets.size > actionBudgets), "", problem);
    }
    const texts = usage
      .filter(([prefix]) => billed.some(({ type }) => type.startsWith(prefix)))
      .map(([, text]) => text);
    if (texts.length > 0) report.summary(`Free tier: what only the bill shows, each month: ${texts.join(", ")}.`);
  },
});

/** Where a missing budget is reported: the stack itself, or the first resource that the rule judges. */
function placeOf(stack: StackView, billed: readonly StackResource[]): StackResource | undefined {
  const judged = billed.filter((resource) => stack.judges(resource).answer !== "no");
  const roots = stack.ofType("pulumi:pulumi:Stack").filter((root) => stack.judges(root).answer === "yes");
  const certain = judged.filter((resource) => stack.judges(resource).answer === "yes");
  return judged.length === 0 ? undefined : (roots[0] ?? certain[0] ?? judged[0]);
}

function notifies(budget: StackResource): Truth {
  const notifications = written(budget, "notifications").elements();
  return Truth.any(
    notifications.map((notification) =>
      Truth.any(
        ["subscriberEmailAddresses", "subscriberSnsTopicArns"].flatMap((list) =>
          notification
            .at(list)
            .elements()
            .map((subscriber) => subscriber.hasContent()),
        ),
      ),
    ),
  );
}
