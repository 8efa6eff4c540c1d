import { z } from "zod";

/** A number of AWS's offers or price lists that rules use as a default. All prices are US dollars in us-east-1. */
export interface Fact {
  readonly value: number;
  readonly unit: string;
  /** Where the number stands. For one that is not verified: where to look it up. */
  readonly source: string;
  /** Day on which the source was read, or on which the number was written down unread. */
  readonly date: string;
  /** Whether the number was seen in the source. */
  readonly verified: boolean;
}

const date = "2026-11-21";

function seen(value: number, unit: string, source: string): Fact {
  return { value, unit, source, date, verified: true };
}

function unread(value: number, unit: string, page: string): Fact {
  return { value, unit, source: `https://aws.amazon.com/${page}/pricing/`, date, verified: false };
}

const toolkit = "github.com/aws/agent-toolkit-for-aws, free-tier.md";
const manyPlaces = "several public price summaries that agree";
const priceLists = "several public copies of the AWS price list that agree";
const cloudWatchPlans = "github.com/api-evangelist/cloudwatch, plans";
const rdsOffer = "usage.ai, RDS free tier";

/** What every account has each month, for good. */
export const alwaysFree = {
  lambdaGbSeconds: seen(400_000, "GB-s a month", manyPlaces),
  lambdaRequests: seen(1_000_000, "requests a month", manyPlaces),
  dynamodbReadUnits: seen(25, "provisioned read units", manyPlaces),
  dynamodbWriteUnits: seen(25, "provisioned write units", manyPlaces),
  dynamodbStorageGb: seen(25, "GB", manyPlaces),
  alarms: seen(10, "standard alarms", cloudWatchPlans),
  dashboards: seen(3, "dashboards", cloudWatchPlans),
  customMetrics: seen(10, "custom metrics", cloudWatchPlans),
  logGb: seen(5, "GB of logs a month", cloudWatchPlans),
  xrayTraces: seen(100_000, "traces a month", cloudWatchPlans),
  cloudFrontGb: seen(1024, "GB out a month", manyPlaces),
  cloudFrontRequests: seen(10_000_000, "requests a month", manyPlaces),
  snsPublishes: seen(1_000_000, "publishes a month", manyPlaces),
  snsMails: unread(1_000, "mails a month", "sns"),
  sqsRequests: seen(1_000_000, "requests a month", manyPlaces),
  kmsRequests: seen(20_000, "requests a month", manyPlaces),
  egressGb: seen(100, "GB to the internet a month", "c3x.dev"),
  actionBudgets: unread(2, "budgets with actions", "aws-cost-management/aws-budgets"),
} as const satisfies Record<string, Fact>;

/**
 * The offers for an account's first twelve months, for accounts opened before 15 July 2025. The last of them ended in July
 * 2026; they stay as the size that costs little: on the plan `credits` all of it spends credits.
 */
export const firstYear = {
  ec2Hours: seen(750, "instance hours a month", toolkit),
  ec2AddressHours: seen(750, "public IPv4 hours a month", toolkit),
  ebsGb: seen(30, "GB", toolkit),
  rdsHours: seen(750, "instance hours a month", rdsOffer),
  rdsStorageGb: seen(20, "GB", rdsOffer),
  loadBalancerHours: seen(750, "hours a month", toolkit),
  efsGb: seen(5, "GB", toolkit),
  s3Gb: seen(5, "GB", toolkit),
  s3Gets: seen(20_000, "GET requests a month", toolkit),
  s3Puts: seen(2_000, "PUT, COPY, POST and LIST requests a month", toolkit),
  apiCalls: seen(1_000_000, "calls a month", toolkit),
  cacheHours: unread(750, "node hours a month", "elasticache"),
} as const satisfies Record<string, Fact>;

/** Prices of what rules find. */
export const prices = {
  ec2MicroHour: seen(0.0104, "$ an hour, t3.micro", priceLists),
  publicIpv4Hour: seen(0.005, "$ an hour", toolkit),
  natGatewayHour: seen(0.045, "$ an hour", `projecthelena.com; ${toolkit}`),
  interfaceEndpointHour: seen(0.01, "$ an hour and zone", "factualminds.com"),
  loadBalancerHour: unread(0.0225, "$ an hour", "elasticloadbalancing"),
  gp3GbMonth: seen(0.08, "$ a GB and month", manyPlaces),
  rdsMicroHour: seen(0.017, "$ an hour, db.t3.micro", priceLists),
  rdsGbMonth: unread(0.115, "$ a GB and month", "rds"),
  cacheMicroHour: seen(0.017, "$ an hour, cache.t3.micro", priceLists),
  dynamodbReadUnitHour: unread(0.00013, "$ a unit and hour", "dynamodb"),
  dynamodbWriteUnitHour: unread(0.00065, "$ a unit and hour", "dynamodb"),
  lambdaGbSecond: unread(0.0000166667, "$ a GB-s", "lambda"),
  alarmMonth: seen(0.1, "$ a month", cloudWatchPlans),
  compositeAlarmMonth: unread(0.5, "$ a month", "cloudwatch"),
  dashboardMonth: seen(3, "$ a month", "github.com/nishinoshake/aws-rough, issue 37"),
  customMetricMonth: seen(0.3, "$ a month", cloudWatchPlans),
  kmsKeyMonth: seen(1, "$ a month", manyPlaces),
  secretMonth: seen(0.4, "$ a month and copy", "github.com/api-evangelist/secrets-manager, plans"),
  webAclMonth: unread(5, "$ a month", "waf"),
  webAclRuleMonth: unread(1, "$ a rule and month", "waf"),
  dedicatedIpTlsMonth: unread(600, "$ a month", "cloudfront"),
  privateCaMonth: unread(400, "$ a month", "private-ca"),
  s3GbMonth: seen(0.023, "$ a GB and month", priceLists),
  s3Get: seen(0.0000004, "$ a request", priceLists),
  s3Put: seen(0.000005, "$ a request", priceLists),
  egressGb: seen(0.09, "$ a GB to the internet", priceLists),
  logGb: seen(0.5, "$ a GB taken in", manyPlaces),
  lambdaRequest: unread(0.0000002, "$ a request", "lambda"),
  cloudFrontGb: unread(0.085, "$ a GB, Europe and North America", "cloudfront"),
  cloudFrontRequest: unread(0.000001, "$ a request", "cloudfront"),
  costExplorerCall: unread(0.01, "$ a call", "aws-cost-management/aws-cost-explorer"),
  efsGbMonth: unread(0.3, "$ a GB and month", "efs"),
} as const satisfies Record<string, Fact>;

/** Hours that a month's bill has on average. */
export const hoursPerMonth = 730;

/** A rule's setting with a fact as default, whose description tells unit, source and date. */
export function factSetting(fact: Fact, what: string) {
  const { unit, source, date: day, verified } = fact;
  const status = verified ? `seen in ${source}` : `not verified, see ${source}`;
  return z.number().min(0).default(fact.value).describe(`${what}, in ${unit} (${day}, ${status})`);
}

/** Instance types that a Free plan takes. Others fail there: "not eligible for Free Tier". Seen 2026-11-21 in cloudgoat issue 375 and eks-workshop-v2 issue 1644. */
export const creditTypes = ["t3.micro", "t3.small", "t4g.micro", "t4g.small", "c7i-flex.large", "m7i-flex.large"];

/** Instance types of the offer for twelve months. */
export const firstYearTypes = ["t2.micro", "t3.micro"];
