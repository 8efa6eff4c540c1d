/** What is found of a stack after it was destroyed. */
export interface Found {
  readonly kind: Kind;
  /** ARN where the kind has none of its own; else the name or id. */
  readonly id: string;
  /** What its price follows from. */
  readonly facts?: Facts;
  /** Stays on purpose: a last snapshot, or what AWS deletes by itself. */
  readonly retained?: string;
}

export interface Facts {
  readonly instanceType?: string;
  readonly sizeGiB?: number;
  readonly multiAz?: boolean;
  /** How many of what is paid for, such as instances of a fleet. Default 1. */
  readonly count?: number;
}

/** Kinds of what costs money or is in the next deployment's way, with the command that deletes one. */
export const kinds = {
  "log group": (id) => `aws logs delete-log-group --log-group-name ${id}`,
  bucket: (id) =>
    `delete its versions (a lifecycle rule, or "Empty" in the console), then: aws s3api delete-bucket --bucket ${id}`,
  table: (id) => `aws dynamodb delete-table --table-name ${id}`,
  database: (id) => `aws rds delete-db-instance --skip-final-snapshot --db-instance-identifier ${id}`,
  "database snapshot": (id) => `aws rds delete-db-snapshot --db-snapshot-identifier ${id}`,
  "file system": (id) => `aws efs delete-file-system --file-system-id ${id}`,
  function: (id) => `aws lambda delete-function --function-name ${id}`,
  queue: (id) => `aws sqs delete-queue --queue-url ${id}`,
  fleet: (id) => `aws autoscaling delete-auto-scaling-group --force-delete --auto-scaling-group-name ${id}`,
  instance: (id) => `aws ec2 terminate-instances --instance-ids ${id}`,
  volume: (id) => `aws ec2 delete-volume --volume-id ${id}`,
  address: (id) => `aws ec2 release-address --allocation-id ${id}`,
  "NAT gateway": (id) => `aws ec2 delete-nat-gateway --nat-gateway-id ${id}`,
  "VPC endpoint": (id) => `aws ec2 delete-vpc-endpoints --vpc-endpoint-ids ${id}`,
  "network interface": (id) => `aws ec2 delete-network-interface --network-interface-id ${id}`,
  "load balancer": (id) => `aws elbv2 delete-load-balancer --load-balancer-arn ${id}`,
  secret: (id) => `aws secretsmanager delete-secret --force-delete-without-recovery --secret-id ${id}`,
  parameter: (id) => `aws ssm delete-parameter --name ${id}`,
  key: (id) => `aws kms schedule-key-deletion --pending-window-in-days 7 --key-id ${id}`,
  role: (id) => `detach its policies, then: aws iam delete-role --role-name ${id}`,
  "network part": (id) => `aws ec2 ${deletionOf(id)} ${id}`,
  backups: (id) => `aws s3 rm --recursive ${id}`,
  other: (id) => `delete ${id} in its service's console`,
} as const satisfies Readonly<Record<string, (id: string) => string>>;
export type Kind = keyof typeof kinds;

/** How to delete what was found. */
export function howToDelete({ kind, id }: Pick<Found, "kind" | "id">): string {
  return kinds[kind](id);
}

const networkParts: readonly (readonly [prefix: string, command: string])[] = [
  ["vpc-", "delete-vpc --vpc-id"],
  ["subnet-", "delete-subnet --subnet-id"],
  ["rtb-", "delete-route-table --route-table-id"],
  ["sg-", "delete-security-group --group-id"],
  ["igw-", "delete-internet-gateway --internet-gateway-id"],
  ["lt-", "delete-launch-template --launch-template-id"],
];

function deletionOf(id: string): string {
  return networkParts.find(([prefix]) => id.startsWith(prefix))?.[1] ?? "delete-tags --resources";
}

const arnKinds: readonly (readonly [RegExp, Kind])[] = [
  [/^arn:[^:]+:ec2:[^:]*:[^:]*:instance\//, "instance"],
  [/^arn:[^:]+:ec2:[^:]*:[^:]*:volume\//, "volume"],
  [/^arn:[^:]+:ec2:[^:]*:[^:]*:elastic-ip\//, "address"],
  [/^arn:[^:]+:ec2:[^:]*:[^:]*:natgateway\//, "NAT gateway"],
  [/^arn:[^:]+:ec2:[^:]*:[^:]*:vpc-endpoint\//, "VPC endpoint"],
  [/^arn:[^:]+:ec2:[^:]*:[^:]*:network-interface\//, "network interface"],
  [/^arn:[^:]+:ec2:/, "network part"],
  [/^arn:[^:]+:logs:[^:]*:[^:]*:log-group:/, "log group"],
  [/^arn:[^:]+:s3:::[^/]+$/, "bucket"],
  [/^arn:[^:]+:dynamodb:[^:]*:[^:]*:table\/[^/]+$/, "table"],
  [/^arn:[^:]+:rds:[^:]*:[^:]*:db:/, "database"],
  [/^arn:[^:]+:rds:[^:]*:[^:]*:snapshot:/, "database snapshot"],
  [/^arn:[^:]+:elasticfilesystem:[^:]*:[^:]*:file-system\//, "file system"],
  [/^arn:[^:]+:lambda:[^:]*:[^:]*:function:/, "function"],
  [/^arn:[^:]+:autoscaling:.*:autoScalingGroupName\//, "fleet"],
  [/^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:/, "secret"],
  [/^arn:[^:]+:ssm:[^:]*:[^:]*:parameter/, "parameter"],
  [/^arn:[^:]+:kms:[^:]*:[^:]*:key\//, "key"],
];

/** What an ARN names: the kind, and the name or id that a listing has of the same thing. */
export function ofArn(arn: string): { kind: Kind; id: string } {
  if (/^arn:[^:]+:elasticloadbalancing:[^:]*:[^:]*:loadbalancer\//.test(arn)) return { kind: "load balancer", id: arn };
  for (const [pattern, kind] of arnKinds) {
    const match = pattern.exec(arn);
    if (!match) continue;
    const id =
      kind === "network part" || kind === "bucket" || kind === "table" ? lastPart(arn) : arn.slice(match[0].length);
    if (kind === "log group") return { kind, id: id.replace(/:\*$/, "") };
    if (kind === "secret") return { kind, id: id.replace(/-[A-Za-z0-9]{6}$/, "") };
    return { kind, id };
  }
  return { kind: "other", id: arn };
}

function lastPart(arn: string): string {
  return arn.slice(Math.max(arn.lastIndexOf("/"), arn.lastIndexOf(":")) + 1);
}

/**
 * Whether a name is one that the stack gave: `<system>-<role>-<stack>`, with what AWS and this program put before and after it. Names that were cut
 * to a limit end in a hash and are not known again; those resources have tags.
 *
 * @param otherStacks a stack `dev` does not own what ends in the name of a stack `x-dev`
 */
export function isNameOf(
  name: string,
  stack: string,
  systems: readonly string[],
  otherStacks: readonly string[],
): boolean {
  const systemPattern = systems.join("|");
  const ofStack = (one: string) =>
    new RegExp(
      `(?:^|[/:_.-])(?:${systemPattern})(?:-[a-z0-9.]+)+?-${one}(?:-[0-9a-f]{8})?(?:-final|/.*|_[a-z]+)?$|^/(?:${systemPattern})/${one}/`,
    );
  if (!ofStack(stack).test(name)) return false;
  return !otherStacks.some((other) => other.endsWith(`-${stack}`) && ofStack(other).test(name));
}
