import { expect, test } from "vitest";
import { dashboardsOf, doorsOf, logGroupsOf } from "../../../automation/smoke/doors";
import { systems } from "../../../stacks/systems";

const outputs = {
  apiUrl: "https://d1.cloudfront.net/",
  pageUrl: "https://d2.cloudfront.net",
  ollamaUrl: "https://d3.cloudfront.net",
  engineLogGroup: "/aws/ec2/phi3-engine-dev",
  logGroup: "/aws/ec2/afirgen",
  databaseLogGroups: ["/aws/rds/instance/a/error", "/aws/rds/instance/a/slowquery"],
  dashboardUrl:
    "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/phi3-dev",
  costDashboardUrl:
    "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/cost-dev",
  model: "phi",
};

test("every system has a way in that is asked", () => {
  for (const { configKey } of Object.values(systems)) expect(doorsOf(configKey, outputs), configKey).not.toEqual([]);
  expect(doorsOf("agents", outputs).map(({ url, path }) => url + path)).toEqual([
    "https://d1.cloudfront.net/api/health/ready",
    "https://d1.cloudfront.net/api/health/live",
  ]);
  expect(doorsOf("phi3", {})).toEqual([]);
});

test("the machine of afirgen is asked for its health where CloudFront leads to it: at its page's own name, outside the API", () => {
  const urls = { pageUrl: "https://d2.cloudfront.net", apiUrl: "https://d2.cloudfront.net/api" };
  expect(doorsOf("afirgen", urls).map(({ url, path, machines }) => [url + path, machines])).toEqual([
    ["https://d2.cloudfront.net/", false],
    ["https://d2.cloudfront.net/health", true],
  ]);
});

test("log groups and dashboards are found among outputs by their names", () => {
  expect(logGroupsOf(outputs)).toEqual([
    "/aws/ec2/phi3-engine-dev",
    "/aws/ec2/afirgen",
    "/aws/rds/instance/a/error",
    "/aws/rds/instance/a/slowquery",
  ]);
  expect(dashboardsOf(outputs)).toEqual(["phi3-dev", "cost-dev"]);
});
