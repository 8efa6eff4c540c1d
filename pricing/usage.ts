import { z } from "zod";

/** How much a system is used, in a month, where no resource says. The defaults are assumptions, written down so that they can be disputed. */

function three(low: number, expected: number, high: number, doc: string) {
  const at = (value: number) => z.number().min(0).default(value);
  return z
    .strictObject({ low: at(low), expected: at(expected), high: at(high) })
    .refine((one) => one.low <= one.expected && one.expected <= one.high, "low, expected and high must not fall")
    .prefault({})
    .describe(doc);
}

export const usageSchema = z.strictObject({
  requests: three(10_000, 300_000, 3_000_000, "Requests to each API, load balancer, distribution and web ACL"),
  egressGb: three(1, 20, 200, "GB that each distribution sends to its viewers"),
  natGb: three(5, 50, 500, "GB through each NAT gateway"),
  endpointGb: three(1, 10, 100, "GB through each interface endpoint"),
  logGb: three(0.05, 0.5, 5, "GB that each log group takes in"),
  loadBalancerUnits: three(0.1, 0.5, 3, "LCUs of each load balancer, on average"),
  instancesFromZero: three(
    0,
    0.33,
    1,
    "Instances of a fleet that may go to zero, on average; `high` is a share of its largest size",
  ),
  metricsPerInstance: three(5, 10, 20, "Metrics that the agent of each instance of a fleet sends"),
  invocations: three(1_000, 50_000, 1_000_000, "Calls of each function"),
  invocationSeconds: three(0.2, 1, 5, "Seconds that a call takes; never more than its time limit"),
  objectGb: three(1, 20, 200, "GB in each bucket"),
  objectWrites: three(1_000, 20_000, 500_000, "Objects written to each bucket"),
  objectReads: three(1_000, 100_000, 2_000_000, "Objects read from each bucket"),
  fileGb: three(1, 10, 100, "GB in each file system, and what of it is read and written"),
  tableGb: three(0.1, 1, 20, "GB in each table"),
  tableReads: three(10_000, 300_000, 10_000_000, "Reads of each table"),
  tableWrites: three(10_000, 300_000, 5_000_000, "Writes to each table"),
  messages: three(10_000, 300_000, 5_000_000, "Requests to each queue"),
  notifications: three(10, 100, 10_000, "Messages of each topic"),
  keyUses: three(1_000, 50_000, 1_000_000, "Uses of each KMS key"),
  backupShare: three(0, 0.5, 2, "Backups beyond what is free, as a share of what they are of"),
});

export type Usage = z.output<typeof usageSchema>;
