import { alwaysFree, type Fact, firstYear, prices } from "../../policy-pack/lib/free-tier/limits";

/** How a quantity grows. `hours`: by one for each thing that runs. `sum`: with use. `level`: not by itself; it is what is there now. */
export type Growth = "hours" | "sum" | "level";

/** Something that is free up to a limit. */
export interface Quantity {
  readonly what: string;
  readonly growth: Growth;
  readonly limit: Fact;
  /** `always`: every account has it each month. `first-year`: in an account's first twelve months; on credits it spends them. */
  readonly offer: "always" | "first-year";
  /** What one more costs. */
  readonly price: Fact;
}

/** All that is reported, in the order of the report. The limits are the policy pack's, with source and date. */
export const quantities = {
  ec2Hours: row("EC2 instance hours", "hours", firstYear.ec2Hours, prices.ec2MicroHour),
  addressHours: row("public IPv4 address hours", "hours", firstYear.ec2AddressHours, prices.publicIpv4Hour),
  ebsGb: row("EBS volumes, GB", "level", firstYear.ebsGb, prices.gp3GbMonth),
  rdsHours: row("RDS instance hours", "hours", firstYear.rdsHours, prices.rdsMicroHour),
  rdsGb: row("RDS storage, GB", "level", firstYear.rdsStorageGb, prices.rdsGbMonth),
  s3Gb: row("S3 storage, GB", "level", firstYear.s3Gb, prices.s3GbMonth),
  s3Gets: row("S3 GET requests", "sum", firstYear.s3Gets, prices.s3Get),
  s3Puts: row("S3 PUT and LIST requests", "sum", firstYear.s3Puts, prices.s3Put),
  egressGb: row("transfer to the internet, GB", "sum", alwaysFree.egressGb, prices.egressGb, "always"),
  customMetrics: row("custom metrics", "level", alwaysFree.customMetrics, prices.customMetricMonth, "always"),
  alarms: row("alarms, by the metrics that they read", "level", alwaysFree.alarms, prices.alarmMonth, "always"),
  dashboards: row("dashboards", "level", alwaysFree.dashboards, prices.dashboardMonth, "always"),
  logGb: row("logs taken in, GB", "sum", alwaysFree.logGb, prices.logGb, "always"),
  lambdaRequests: row("Lambda requests", "sum", alwaysFree.lambdaRequests, prices.lambdaRequest, "always"),
  cloudFrontGb: row("CloudFront transfer, GB", "sum", alwaysFree.cloudFrontGb, prices.cloudFrontGb, "always"),
  cloudFrontRequests: row(
    "CloudFront requests",
    "sum",
    alwaysFree.cloudFrontRequests,
    prices.cloudFrontRequest,
    "always",
  ),
} as const satisfies Record<string, Quantity>;

export type QuantityId = keyof typeof quantities;
export const quantityIds = Object.keys(quantities) as readonly QuantityId[];

function row(
  what: string,
  growth: Growth,
  limit: Fact,
  price: Fact,
  offer: Quantity["offer"] = "first-year",
): Quantity {
  return { what, growth, limit, price, offer };
}

/** What was found of a quantity in this month, or why nothing was: never 0 for what is not known. */
export type Reading = Known | { readonly unknown: string };

export interface Known {
  readonly used: number;
  /** Where it was read. */
  readonly source: string;
  /** `least`: there may be more that could not be seen. `most`: there may be less that counts. Default: it is exact. */
  readonly bound?: "least" | "most";
  /** Of hours: how many things run now, and so add an hour each hour. */
  readonly running?: number;
}

export type Readings = Readonly<Record<QuantityId, Reading>>;

export function isKnown(reading: Reading): reading is Known {
  return "used" in reading;
}
