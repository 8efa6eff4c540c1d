/** The environments a stack can be. What differs between them is in `stacks/environments.ts`. */
export const environments = ["dev", "staging", "prod", "free"] as const;
export type Environment = (typeof environments)[number];

/** How a system is paid for; the value of the tag CostTier. */
export const costTiers = ["free-tier", "pay-per-use", "always-on", "accelerated"] as const;
export type CostTier = (typeof costTiers)[number];

/**
 * What every component must know about where it is built. All values are plain, so that names, ARNs and policy documents are
 * known at preview and a policy pack can judge them.
 */
export interface SystemContext {
  /** Pulumi project; the tag Project. */
  readonly project: string;
  /** Pulumi stack; the last part of every physical name. */
  readonly stack: string;
  readonly environment: Environment;
  /** The system being built, such as `lambda-efs`; the first part of every logical and physical name. */
  readonly system: string;
  readonly costTier: CostTier;
  /** AWS region, such as `us-east-1`. */
  readonly region: string;
  /** Twelve digits. */
  readonly accountId: string;
  /** Protect what stores data: Pulumi's `protect` and the services' own deletion protection. */
  readonly protectData: boolean;
  /** Let destroy empty what stores data. Never together with `protectData`. */
  readonly disposableData: boolean;
  /** When the stack may be taken down by whoever tidies up, ISO 8601 in UTC; the tag ExpiresOn. Default: it stays. */
  readonly expiresOn?: string;
  /** ARN of the policy that bounds what every role may do at most, whatever it is given. Default: none. */
  readonly permissionsBoundary?: string;
}

/** The ARN partition of a region. Source: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
export function partitionOf(region: string): "aws" | "aws-cn" | "aws-us-gov" {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}

/** An ARN in the context's account and region. */
export function arnOf(context: SystemContext, service: string, resource: string): string {
  return `arn:${partitionOf(context.region)}:${service}:${context.region}:${context.accountId}:${resource}`;
}
