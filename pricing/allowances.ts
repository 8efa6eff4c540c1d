import { alwaysFree, type Fact, firstYear } from "../policy-pack/lib/free-tier/limits";
import type { FreePlan } from "../policy-pack/lib/free-tier/plan";
import type { Line } from "./resource";

type Key = NonNullable<Line["key"]>;

/** What every account has each month for nothing, by the price that it takes away. */
const always: Partial<Readonly<Record<Key, Fact>>> = {
  lambdaRequests: alwaysFree.lambdaRequests,
  lambdaGbSeconds: alwaysFree.lambdaGbSeconds,
  alarmMonth: alwaysFree.alarms,
  dashboardMonth: alwaysFree.dashboards,
  customMetricMonth: alwaysFree.customMetrics,
  logGb: alwaysFree.logGb,
  traces: alwaysFree.xrayTraces,
  cloudFrontGb: alwaysFree.cloudFrontGb,
  cloudFrontRequests: alwaysFree.cloudFrontRequests,
  snsPublishes: alwaysFree.snsPublishes,
  sqsRequests: alwaysFree.sqsRequests,
  kmsRequests: alwaysFree.kmsRequests,
  egressGb: alwaysFree.egressGb,
  dynamodbGbMonth: alwaysFree.dynamodbStorageGb,
};

/** What an account in its first twelve months has too. */
const offers: Partial<Readonly<Record<Key, Fact>>> = {
  ec2MicroHours: firstYear.ec2Hours,
  publicIpv4Hour: firstYear.ec2AddressHours,
  gp3GbMonth: firstYear.ebsGb,
  rdsMicroHours: firstYear.rdsHours,
  rdsGp3GbMonth: firstYear.rdsStorageGb,
  loadBalancerHour: firstYear.loadBalancerHours,
  efsGbMonth: firstYear.efsGb,
  s3GbMonth: firstYear.s3Gb,
  restApiCalls: firstYear.apiCalls,
  httpApiCalls: firstYear.apiCalls,
};

/** How much of a price an account has for nothing. On credits nothing is: all of it spends them. */
export function allowanceOf(key: Key | undefined, plan: FreePlan): Fact | undefined {
  if (key === undefined) return undefined;
  return always[key] ?? (plan === "legacy12" ? offers[key] : undefined);
}
