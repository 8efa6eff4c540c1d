import { type Json, type Resource, unknown } from "../../support/policy-harness";

export type Path = readonly (string | number)[];

/** All places in a value that an unknown could stand in, itself first. A secret is one place. */
export function places(value: Json, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null || secretMark in value) return [path];
  const below = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...below.flatMap(([key, item]) => places(item as Json, [...path, key]))];
}

/** Under this key the engine marks values that are more than they seem. */
const secretMark = "4dabf18193072939515e22adb298388d";

/** The value with an unknown in a place. */
export function hide(value: Json, [key, ...rest]: Path): Json {
  if (key === undefined) return unknown;
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? hide(item, rest) : item));
  return { ...(value as object), [key]: hide((value as Record<string, Json>)[key] ?? null, rest) };
}

/** What the hidden values of a stack come from: an unknown that comes from nowhere is an output that nobody set. */
const source: Resource = { type: "random:index/randomId:RandomId", name: "source-of-hidden-values" };

/** Each way to hide one value of a resource. */
export function hiddenIn(resource: Resource): readonly (readonly [at: string, hidden: Resource])[] {
  return places(resource.props ?? {})
    .filter((path) => path.length > 0)
    .map((path) => [path.join("."), { ...resource, props: hide(resource.props ?? {}, path) as Record<string, Json> }]);
}

/** Each way to hide one value of one resource of a stack. */
export function hiddenInStack(
  stack: readonly Resource[],
): readonly (readonly [at: string, hidden: readonly Resource[]])[] {
  return stack.flatMap((resource, index) =>
    hiddenIn(resource).map(([at, hidden]) => {
      const [property = ""] = at.split(".");
      const from = { [property]: [source.name ?? ""], ...resource.from };
      const name = resource.name ?? resource.type;
      return [`${name}.${at}`, [...stack.with(index, { ...hidden, from }), source]] as const;
    }),
  );
}

/** Places whose value these rules need not know: that it is given, which an unknown shows, is what they ask. */
const askedForPresence: Places = {
  "enc-dynamodb-at-rest": ["kmsKeyArn", "serverSideEncryption.kmsKeyArn"],
  "enc-elasticache-in-transit": ["replicationGroupId"],
  "enc-logs-cmk": ["kmsKeyId"],
  "enc-lt-block-devices": ["blockDeviceMappings.0.ebs.snapshotId"],
  "enc-secret-cmk": ["kmsKeyId"],
  "enc-sns-at-rest": ["kmsMasterKeyId"],
  "enc-sqs-at-rest": ["kmsMasterKeyId"],
  "ft-budget-present": ["aws:budgets/budget:Budget.notifications.0.subscriberEmailAddresses.0"],
  "log-apigw-access": ["accessLogSettings.destinationArn"],
  "log-cf-access": ["cdn.loggingConfig.bucket"],
  "log-lambda-log-group": ["handler.loggingConfig.logFormat", "handler.loggingConfig.logGroup"],
  "lp-cf-oac": ["origins.0.originAccessControlId", "origins.0.s3OriginConfig.originAccessIdentity"],
  "lp-edge-waf": ["cdn.webAclId"],
  "lp-lambda-perm-public": ["principalOrgId", "sourceArn"],
  "lp-lambda-perm-source": ["sourceArn"],
  "lp-waf-rules": ["acl.ruleJson"],
  "rel-rds-final-snapshot": ["finalSnapshotIdentifier"],
  "rel-sqs-dlq": ["jobs.redriveAllowPolicy", "jobs.redrivePolicy"],
  "rel-tg-healthcheck": ["healthCheck.path"],
  "tag-allowed-values": ["tagsAll"],
  "tag-asg-propagate": ["tags.0.value"],
  "tag-instance-volumes": ["volumeTags.System"],
  "tag-required-keys": ["tags.System", "tagsAll", "tagsAll.System"],
};

type Places = Readonly<Record<string, readonly string[]>>;

/** Whether a rule is known to say nothing of a violation once this place is unknown. */
export function mayBeSilent(id: string, at: string): boolean {
  return askedForPresence[id]?.includes(at) ?? false;
}
