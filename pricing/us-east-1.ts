import { hardware } from "../components/inference/hardware";
import { type Fact, prices as known } from "../policy-pack/lib/free-tier/limits";
import { databaseUsdPerHour } from "../stacks/afirgen-cost";
import { cacheTypes, databaseClasses } from "../stacks/agents-cost";
import type { Price } from "./price";

/** Day on which prices were written down that nobody could look up in the source. */
const date = "2026-11-21";

function unread(usd: number, unit: string, page: string): Price {
  return { usd, unit, source: `https://aws.amazon.com/${page}/pricing/`, date, verified: false };
}

function of({ value, source, date: read, verified }: Fact, unit: string): Price {
  return { usd: value, unit, source, date: read, verified };
}

/** On-demand list prices of us-east-1, before taxes and discounts. */
export const usEast1 = {
  natGatewayHour: of(known.natGatewayHour, "hour"),
  natGb: unread(0.045, "GB through the gateway", "vpc"),
  publicIpv4Hour: of(known.publicIpv4Hour, "address hour"),
  interfaceEndpointHour: of(known.interfaceEndpointHour, "hour and zone"),
  interfaceEndpointGb: unread(0.01, "GB through the endpoint", "privatelink"),
  egressGb: unread(0.09, "GB to the internet", "ec2/on-demand"),
  loadBalancerHour: of(known.loadBalancerHour, "hour"),
  loadBalancerUnitHour: unread(0.008, "LCU hour", "elasticloadbalancing"),

  gp3GbMonth: of(known.gp3GbMonth, "GB month"),
  gp3IopsMonth: unread(0.005, "IOPS month above 3,000", "ebs"),
  gp3MbPerSecondMonth: unread(0.04, "MB/s month above 125", "ebs"),

  rdsGp3GbMonth: of(known.rdsGbMonth, "GB month"),
  rdsBackupGbMonth: unread(0.095, "GB month above the storage", "rds"),
  dynamodbWrites: unread(0.625 / 1e6, "write", "dynamodb/on-demand"),
  dynamodbReads: unread(0.125 / 1e6, "read", "dynamodb/on-demand"),
  dynamodbGbMonth: unread(0.25, "GB month", "dynamodb/on-demand"),
  dynamodbBackupGbMonth: unread(0.2, "GB month of recovery", "dynamodb/on-demand"),

  s3GbMonth: unread(0.023, "GB month", "s3"),
  s3Writes: unread(0.005 / 1000, "PUT", "s3"),
  s3Reads: unread(0.0004 / 1000, "GET", "s3"),
  efsGbMonth: of(known.efsGbMonth, "GB month"),
  efsReadGb: unread(0.03, "GB read", "efs"),
  efsWriteGb: unread(0.06, "GB written", "efs"),
  backupGbMonth: unread(0.05, "GB month of backups", "backup"),

  lambdaRequests: unread(0.2 / 1e6, "request", "lambda"),
  lambdaGbSeconds: of(known.lambdaGbSecond, "GB-s"),
  lambdaArmGbSeconds: unread(0.0000133334, "GB-s", "lambda"),
  restApiCalls: unread(3.5 / 1e6, "call", "api-gateway"),
  httpApiCalls: unread(1 / 1e6, "call", "api-gateway"),
  sqsRequests: unread(0.4 / 1e6, "request", "sqs"),
  snsPublishes: unread(0.5 / 1e6, "publish", "sns"),

  cloudFrontGb: unread(0.085, "GB to viewers in North America and Europe", "cloudfront"),
  cloudFrontRequests: unread(0.01 / 10_000, "HTTPS request", "cloudfront"),
  webAclMonth: of(known.webAclMonth, "month"),
  webAclRuleMonth: of(known.webAclRuleMonth, "rule month"),
  webAclRequests: unread(0.6 / 1e6, "request", "waf"),

  alarmMonth: of(known.alarmMonth, "metric month"),
  compositeAlarmMonth: of(known.compositeAlarmMonth, "month"),
  dashboardMonth: of(known.dashboardMonth, "month"),
  customMetricMonth: of(known.customMetricMonth, "metric month"),
  logGb: unread(0.5, "GB taken in", "cloudwatch"),
  logGbMonth: unread(0.03, "GB month kept", "cloudwatch"),
  traces: unread(5 / 1e6, "trace", "xray"),

  kmsKeyMonth: of(known.kmsKeyMonth, "month"),
  kmsRequests: unread(0.03 / 10_000, "request", "kms"),
  secretMonth: of(known.secretMonth, "month"),
  advancedParameterMonth: unread(0.05, "month", "systems-manager"),
  hostedZoneMonth: unread(0.5, "month", "route53"),
} as const satisfies Record<string, Price>;

export type PriceKey = keyof typeof usEast1;

/** An hour of an EC2 instance; undefined for a type that no table has. */
export function instanceHour(type: string): Price | undefined {
  const found = Object.entries(hardware).find(([name]) => name === type)?.[1].usdPerHour;
  if (found)
    return { usd: found.value, unit: "hour", source: found.source, date: found.date, verified: found.verified };
  return type === "t3.micro" ? of(known.ec2MicroHour, "hour") : burstable[type];
}

const burstable: Readonly<Record<string, Price>> = {
  "t2.micro": unread(0.0116, "hour", "ec2/on-demand"),
  "t3.small": unread(0.0208, "hour", "ec2/on-demand"),
};

/** An hour of a database in one zone. */
export function databaseHour(instanceClass: string): Price | undefined {
  if (instanceClass === "db.t3.micro") return of(known.rdsMicroHour, "hour");
  const usd = Object.entries({ ...databaseUsdPerHour, ...databaseClasses }).find(
    ([name]) => name === instanceClass,
  )?.[1];
  return usd === undefined ? undefined : unread(usd, "hour", "rds");
}

/** An hour of a node of Redis. */
export function cacheHour(nodeType: string): Price | undefined {
  if (nodeType === "cache.t3.micro") return of(known.cacheMicroHour, "hour");
  const usd = Object.entries(cacheTypes).find(([name]) => name === nodeType)?.[1];
  return usd === undefined ? undefined : unread(usd, "hour", "elasticache");
}
