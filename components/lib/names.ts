import { createHash } from "node:crypto";

/** Longest name AWS takes, in characters, by what is named. */
export const nameLimits = {
  /** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
  iamRole: 64,
  iamInstanceProfile: 128,
  /** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
  lambdaFunction: 64,
  /** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
  logGroup: 512,
  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
  alarm: 255,
  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html */
  dashboard: 255,
  /** https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html */
  budget: 100,
  /** https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html */
  parameter: 1011,
  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
  bucket: 63,
  /** https://docs.aws.amazon.com/vpc/latest/userguide/security-groups.html */
  securityGroup: 255,
  /** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html */
  nameTag: 256,
  /** https://docs.aws.amazon.com/efs/latest/APIReference/API_CreateFileSystem.html */
  efsCreationToken: 64,
  /** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html */
  eventRule: 64,
  /** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html */
  queue: 80,
  /** https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html */
  topic: 256,
  /** https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html (with the `alias/` in front) */
  kmsAlias: 250,
  /** https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
  restApi: 128,
  httpApi: 128,
  /** https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/vpclinks.html */
  vpcLink: 128,
  apiAuthorizer: 128,
  /** https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html */
  webAcl: 128,
  /** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginAccessControlConfig.html */
  originAccessControl: 64,
  /** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ResponseHeadersPolicyConfig.html */
  responseHeadersPolicy: 128,
  /** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDeliverySource.html */
  logDelivery: 60,
  usagePlan: 128,
  apiKey: 128,
  /** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html */
  loadBalancer: 32,
  targetGroup: 32,
  /** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html */
  autoScalingGroup: 255,
  /** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html */
  launchTemplate: 128,
  /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
  dynamodbTable: 255,
  /** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html */
  dbInstance: 63,
  /** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html */
  dbSubnetGroup: 255,
  /** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBParameterGroup.html */
  dbParameterGroup: 255,
  /** https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html */
  replicationGroup: 40,
  /** https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateCacheSubnetGroup.html */
  cacheSubnetGroup: 255,
} as const;
export type NameKind = keyof typeof nameLimits;

const namePart = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const hashLength = 8;

/** The first eight hexadecimal digits of the text's SHA-256. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, hashLength);
}

/** Whether the text can be a part of a name: lower case letters, digits and single hyphens, a letter first. */
export function isNamePart(text: string): boolean {
  return namePart.test(text);
}

function fit(full: string, limit: number): string {
  if (full.length <= limit) return full;
  const kept = full.slice(0, limit - hashLength - 1).replace(/-+$/, "");
  return `${kept}-${shortHash(full)}`;
}

function requireParts(parts: Readonly<Record<string, string>>, limit: number, least: number): void {
  for (const [what, text] of Object.entries(parts)) {
    if (isNamePart(text)) continue;
    throw new RangeError(
      `"${text}" can't be the ${what} of a physical name: use lower case letters, digits and single hyphens, a letter first.`,
    );
  }
  if (!Number.isInteger(limit) || limit < least) {
    throw new RangeError(`A name limit must be a whole number of at least ${least} characters, not ${limit}.`);
  }
}

/**
 * `<system>-<role>-<stack>`, at most `limit` characters. A name that would be longer is cut and ends in a hash of the whole, so
 * that two names which differ only in what was cut off still differ.
 * @throws RangeError if a part has other characters than lower case letters, digits and single hyphens, or the limit is below 16
 */
export function physicalName(system: string, role: string, stack: string, limit: number): string {
  requireParts({ system, role, stack }, limit, 16);
  return fit(`${system}-${role}-${stack}`, limit);
}

/**
 * A physical name that no other account or region has: `<system>-<role>-<stack>-<hash of account and region>`. For S3 buckets, whose
 * names are shared by all accounts. The account's number does not appear in it.
 * @throws RangeError as `physicalName`; the limit must be at least 25
 */
export function globalName(
  system: string,
  role: string,
  stack: string,
  place: { readonly accountId: string; readonly region: string },
  limit: number,
): string {
  requireParts({ system, role, stack }, limit, 25);
  const suffix = shortHash(`${place.accountId}/${place.region}`);
  return `${physicalName(system, role, stack, limit - suffix.length - 1)}-${suffix}`;
}

/** A text turned into a part of a logical name: `/v1/chat` -> `v1-chat`. Empty if nothing of it can stay. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

/** A logical name turned into a part of a statement's sid, which has letters and digits only: `phi3-page` -> `Phi3Page`. */
export function sidPart(logicalName: string): string {
  return logicalName.replace(/(?:^|-)([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
}
