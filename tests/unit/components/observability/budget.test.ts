import { expect, test } from "vitest";
import { AlarmTopic } from "../../../../components/observability/alarm-topic";
import { Budget } from "../../../../components/observability/budget";
import { devContext, devTags, record } from "../../../support/mocks";

const build = (usdPerMonth: number) =>
  record(() => {
    const topic = new AlarmTopic("lambda-efs-alarms", { context: devContext, encrypted: false, budgets: true });
    return new Budget("lambda-efs-budget", { context: devContext, usdPerMonth, topic });
  });

test("a budget counts one system in one stack and warns before it is spent", async () => {
  const { recording } = await build(250);
  const topic = ["arn:aws:mock:us-east-1:123456789012:lambda-efs-alarms-topic"];
  const notification = {
    comparisonOperator: "GREATER_THAN",
    thresholdType: "PERCENTAGE",
    subscriberSnsTopicArns: topic,
  };
  expect(recording.named("lambda-efs-budget-budget").inputs).toEqual({
    accountId: "123456789012",
    name: "lambda-efs-budget-dev",
    budgetType: "COST",
    timeUnit: "MONTHLY",
    limitAmount: "250",
    limitUnit: "USD",
    costFilters: [{ name: "TagKeyValue", values: ["user:Deployment$lambda-efs-dev"] }],
    notifications: [
      { ...notification, notificationType: "ACTUAL", threshold: 80 },
      { ...notification, notificationType: "FORECASTED", threshold: 100 },
    ],
    tags: devTags("observability"),
  });
  expect(recording.named("lambda-efs-budget-budget").dependencies).toContain("lambda-efs-alarms-policy");
});

test.each([0, -1, 1.5, Number.NaN])("a budget of %s dollars is refused", async (usdPerMonth) => {
  await expect(build(usdPerMonth)).rejects.toThrow(`usdPerMonth: is ${usdPerMonth}; give whole dollars above 0.`);
});
