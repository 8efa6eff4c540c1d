import { instanceTypes } from "../fleet";
import type { StackResource, StackView } from "../stack-view";
import { Truth } from "../truth";

/** Families with GPUs, Trainium, Inferentia or Gaudi. Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html */
const families = /^(?:p[2-9]|g[3-9]|gr\d|trn\d|inf\d|dl\d)[a-z0-9-]*\./;

export function isAccelerated(type: string): boolean {
  return families.test(type);
}

/** Whether a launcher may start instances with accelerators. */
export function startsAccelerated(stack: StackView, launcher: StackResource): Truth {
  return Truth.any(instanceTypes(stack, launcher).map((type) => type.matches((name) => isAccelerated(String(name)))));
}

export interface HourlyPrice {
  /** US dollars an hour, on demand, Linux, us-east-1. */
  readonly usd: number;
  /** Whether several public copies of the price list agree on it; the others stand in one. */
  readonly verified: boolean;
}

/** Day on which the prices were read. */
export const pricesDate = "2026-11-21";

const verified: Readonly<Record<string, number>> = {
  "g4dn.xlarge": 0.526,
  "g4dn.2xlarge": 0.752,
  "g5.xlarge": 1.006,
  "g5.2xlarge": 1.212,
  "g5.4xlarge": 1.624,
  "g5.12xlarge": 5.672,
  "g5.48xlarge": 16.288,
  "g6.xlarge": 0.8048,
  "g6.2xlarge": 0.9776,
  "g6.12xlarge": 4.6016,
  "g6e.xlarge": 1.861,
  "g6e.2xlarge": 2.24208,
  "g6e.4xlarge": 3.00424,
  "g6e.8xlarge": 4.52856,
  "g6e.12xlarge": 10.49264,
  "p4d.24xlarge": 21.957642,
  "p5.48xlarge": 55.04,
  "p5en.48xlarge": 63.296,
};

const unverified: Readonly<Record<string, number>> = {
  "g4dn.4xlarge": 1.204,
  "g4dn.8xlarge": 2.176,
  "g4dn.12xlarge": 3.912,
  "g5.8xlarge": 2.448,
  "g5.16xlarge": 4.096,
  "g5.24xlarge": 8.144,
  "g6.4xlarge": 1.3232,
  "g6.8xlarge": 2.0144,
  "g6.48xlarge": 13.3504,
  "g6e.48xlarge": 30.13118,
  "p4de.24xlarge": 27.44705,
  "p5.4xlarge": 6.88,
  "inf2.xlarge": 0.7582,
  "inf2.8xlarge": 1.96786,
  "inf2.24xlarge": 6.49063,
  "inf2.48xlarge": 12.98127,
  "trn1.2xlarge": 1.34375,
  "trn1.32xlarge": 21.5,
};

/** Prices by instance type. */
export const acceleratorPrices: Readonly<Record<string, HourlyPrice>> = Object.fromEntries(
  [[verified, true] as const, [unverified, false] as const].flatMap(([table, isVerified]) =>
    Object.entries(table).map(([type, usd]) => [type, { usd, verified: isVerified }] as const),
  ),
);
