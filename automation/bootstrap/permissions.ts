import { type Environment, partitionOf } from "../../components/lib/context";
import { type PlainStatement, policyDocument } from "../../components/lib/iam";
import {
  iamActions,
  imageActions,
  kindActions,
  namedActions,
  readActions,
  taggedActions,
  unlimitedActions,
  workloadActions,
} from "./actions";

/** Where roles work, in plain values. */
export interface Place {
  readonly accountId: string;
  readonly region: string;
  /** The tag Environment of all that they may touch, and the begin of stacks' names. */
  readonly environment: Environment;
  /** Names of the systems: each begins the physical names of what it has. */
  readonly systems: readonly string[];
}

/** Longest text of a managed policy, without blanks. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const policyLimit = 6144;

const MANAGED = ["service-role/AWSLambdaVPCAccessExecutionRole", "service-role/AmazonAPIGatewayPushToCloudWatchLogs"];
const SERVICES_WITH_ROLES = ["apigateway", "backup", "ec2", "events", "lambda", "scheduler", "vpc-flow-logs"].map(
  (name) => `${name}.amazonaws.com`,
);
const LINKED = ["autoscaling", "backup", "elasticache", "elasticloadbalancing", "ops.apigateway", "rds", "wafv2"].map(
  (name) => `${name}.amazonaws.com`,
);

/** Lists and descriptions of everything in the account, and nothing of what the systems store. */
export function readStatements(place: Place): PlainStatement[] {
  const { iam, parameters, publicParameters, apis, names } = arns(place);
  return [
    {
      sid: "Read",
      actions: readActions,
      resources: ["*"],
      anyResourceBecause: "descriptions can't be limited to resources",
    },
    { sid: "ReadRoles", actions: iamActions.read, resources: iam },
    { sid: "ReadApis", actions: ["apigateway:GET"], resources: apis },
    {
      sid: "ReadBuckets",
      actions: namedActions.s3Bucket.filter((action) => /:(Get|List)/.test(action)),
      resources: names("s3", "", ":::"),
    },
    {
      sid: "ReadParameters",
      actions: ["ssm:GetParameter", "ssm:GetParameters"],
      resources: [...parameters, ...publicParameters],
    },
    { sid: "ReadLogs", actions: ["logs:FilterLogEvents", "logs:GetLogEvents"], resources: logGroups(place) },
  ];
}

/**
 * What a deployment changes: by tag where AWS can look at tags, by name elsewhere. A resource of several types, such as a
 * subnet of a network, is allowed by the tag that it gets and by the tag that the network has; hence two statements.
 */
export function deployStatements(place: Place): PlainStatement[] {
  const { environment } = place;
  const { iam, roles, parameters, apis, names, at } = arns(place);
  const because = "the condition on the tag Environment limits them";
  const bounded = { StringEquals: { "iam:PermissionsBoundary": workloadBoundaryArn(place) } };
  const known = { "iam:PolicyARN": MANAGED.map((path) => `arn:${partitionOf(place.region)}:iam::aws:policy/${path}`) };
  const named: Record<Exclude<keyof typeof namedActions, "s3Object">, readonly string[]> = {
    s3Bucket: names("s3", "", ":::"),
    dynamodb: names("dynamodb", "table/"),
    lambda: names("lambda", "function:"),
    sqs: names("sqs", ""),
    sns: names("sns", ""),
    logs: logGroups(place),
    cloudwatch: [...names("cloudwatch", "alarm:"), ...names("cloudwatch", "dashboard/", `::${place.accountId}:`)],
    events: names("events", "rule/"),
    scheduler: [...names("scheduler", "schedule/*/"), ...names("scheduler", "schedule-group/")],
    budgets: names("budgets", "budget/", `::${place.accountId}:`),
    ssm: parameters,
    secretsmanager: place.systems.map((system) => at("secretsmanager", `secret:${system}/${environment}*`)),
    wafv2: [...names("wafv2", "*/webacl/"), at("elasticloadbalancing", "loadbalancer/app/*"), ...apis],
    backup: [...names("backup", "backup-vault:"), at("backup", "backup-plan:*")],
  };
  return [
    ...["Request", "Resource"].map(
      (side): PlainStatement => ({
        sid: `ChangeBy${side}Tag`,
        actions: taggedActions,
        resources: ["*"],
        anyResourceBecause: because,
        conditions: { StringEquals: { [`aws:${side}Tag/Environment`]: environment } },
      }),
    ),
    ...Object.entries(named).map(
      ([service, resources]): PlainStatement => ({
        sid: `Change${service.charAt(0).toUpperCase()}${service.slice(1)}`,
        actions: namedActions[service as keyof typeof named],
        resources,
      }),
    ),
    {
      sid: "ChangeObjects",
      actions: namedActions.s3Object,
      resources: names("s3", "", ":::").map((arn) => `${arn}/*`),
    },
    {
      sid: "ChangeApis",
      actions: ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"],
      resources: apis,
    },
    {
      sid: "StartFromImages",
      actions: ["ec2:RunInstances"],
      resources: [
        `arn:${partitionOf(place.region)}:ec2:${place.region}::image/*`,
        `arn:${partitionOf(place.region)}:ec2:${place.region}::snapshot/*`,
        at("ec2", "network-interface/*"),
        at("ec2", "key-pair/*"),
      ],
    },
    {
      sid: "ChangeAliases",
      actions: ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"],
      resources: [...names("kms", "alias/"), at("kms", "key/*")],
    },
    { sid: "ChangeRoles", actions: iamActions.change, resources: iam },
    // Else who may deploy could give a role of a function more than the deployment has.
    { sid: "GiveRolesPermissions", actions: iamActions.bounded, resources: roles, conditions: bounded },
    {
      sid: "AttachKnownPolicies",
      actions: iamActions.attach,
      resources: roles,
      conditions: { ...bounded, ArnEquals: known },
    },
    { sid: "DetachKnownPolicies", actions: iamActions.detach, resources: roles, conditions: { ArnEquals: known } },
    {
      sid: "PassRoles",
      actions: ["iam:PassRole"],
      resources: roles,
      conditions: { StringEquals: { "iam:PassedToService": SERVICES_WITH_ROLES } },
    },
    {
      sid: "MakeServiceLinkedRoles",
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [`arn:${partitionOf(place.region)}:iam::${place.accountId}:role/aws-service-role/*`],
      conditions: { StringEquals: { "iam:AWSServiceName": LINKED } },
    },
    {
      sid: "ChangeDeliveries",
      actions: kindActions.deliveries,
      resources: ["delivery", "delivery-source", "delivery-destination"].map((kind) => at("logs", `${kind}:*`)),
    },
    {
      sid: "ChangeCloudFrontParts",
      actions: kindActions.cloudfront,
      resources: ["origin-access-control", "response-headers-policy"].map((kind) =>
        at("cloudfront", `${kind}/*`, `::${place.accountId}:`),
      ),
    },
    {
      sid: "ChangeUnlimited",
      actions: unlimitedActions,
      resources: ["*"],
      anyResourceBecause: "AWS can't limit them to resources",
    },
  ];
}

/** Making images with Packer, of machines that nobody reaches but Session Manager. */
export function imageStatements(place: Place, builderRole: string): PlainStatement[] {
  const { at } = arns(place);
  const own = `arn:${partitionOf(place.region)}:ec2:${place.region}`;
  return [
    {
      sid: "Read",
      actions: imageActions.read,
      resources: ["*"],
      anyResourceBecause: "descriptions can't be limited to resources",
    },
    {
      sid: "ReadPublicParameters",
      actions: ["ssm:GetParameter"],
      resources: [`arn:${partitionOf(place.region)}:ssm:${place.region}::parameter/aws/service/*`],
    },
    ...["Request", "Resource"].map(
      (side): PlainStatement => ({
        sid: `ChangeBy${side}Tag`,
        actions: imageActions.tagged,
        resources: ["*"],
        anyResourceBecause: "the condition on the tag ManagedBy limits them",
        conditions: { StringEquals: { [`aws:${side}Tag/ManagedBy`]: "packer" } },
      }),
    ),
    {
      sid: "StartIn",
      actions: ["ec2:RunInstances", "ec2:CreateSecurityGroup"],
      resources: [
        `${own}::image/*`,
        `${own}::snapshot/*`,
        ...["subnet", "vpc", "network-interface", "key-pair"].map((type) => at("ec2", `${type}/*`)),
      ],
    },
    {
      sid: "Connect",
      actions: ["ssm:StartSession"],
      resources: [at("ec2", "instance/*")],
      conditions: { StringEquals: { "ssm:resourceTag/ManagedBy": "packer" } },
    },
    {
      sid: "ConnectBy",
      actions: ["ssm:StartSession"],
      resources: [`arn:${partitionOf(place.region)}:ssm:${place.region}::document/AWS-StartPortForwardingSession`],
    },
    {
      sid: "EndOwnSessions",
      actions: ["ssm:TerminateSession"],
      resources: [at("ssm", "session/github-*")],
    },
    {
      sid: "PassBuilder",
      actions: ["iam:PassRole"],
      resources: [builderRole],
      conditions: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } },
    },
    {
      sid: "ReadBuilder",
      actions: ["iam:GetInstanceProfile"],
      resources: [builderRole.replace(":role/", ":instance-profile/")],
    },
  ];
}

/**
 * What a role may do at most, whatever is attached to it later: it can't change who may come in, nor take on more rights.
 * Being a boundary it gives nothing.
 */
export function boundaryDocument({ accountId, region }: Place): string {
  const partition = partitionOf(region);
  const services = [
    ...new Set(
      [
        ...readActions,
        ...taggedActions,
        ...Object.values(namedActions).flat(),
        ...unlimitedActions,
        "iam:",
        "apigateway:",
      ].map((action) => action.split(":")[0]),
    ),
  ].sort();
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "KnownServices",
        Effect: "Allow",
        Action: services.map((service) => `${service}:*`),
        Resource: "*",
        Condition: { StringEquals: { "aws:PrincipalAccount": accountId } },
      },
      {
        Sid: "NotTheWayIn",
        Effect: "Deny",
        Action: ["iam:*"],
        Resource: [
          `arn:${partition}:iam::${accountId}:role/platform-*`,
          `arn:${partition}:iam::${accountId}:policy/platform-*`,
          `arn:${partition}:iam::${accountId}:oidc-provider/*`,
          `arn:${partition}:iam::${accountId}:user/*`,
          `arn:${partition}:iam::${accountId}:group/*`,
        ],
        // Packer's machine is given its role by name.
        Condition: { StringNotLike: { "iam:PassedToService": "ec2.amazonaws.com" } },
      },
    ],
  });
}

/** Name of the policy that bounds the roles of an environment's stacks. */
export const workloadBoundaryName = (environment: string) => `platform-workload-${environment}`;

/** What stacks are given as `llm-stacks:permissionsBoundary`. */
export function workloadBoundaryArn({ accountId, region, environment }: Place): string {
  return `arn:${partitionOf(region)}:iam::${accountId}:policy/${workloadBoundaryName(environment)}`;
}

/** What a role of a stack may do at most, whatever is given to it: nothing of IAM, and nothing with the states. Being a boundary it gives nothing. */
export function workloadBoundaryDocument({ region }: Place): string {
  return policyDocument([
    {
      sid: "Workloads",
      actions: workloadActions,
      resources: ["*"],
      anyResourceBecause: "a boundary gives nothing; roles have their own resources",
    },
    {
      sid: "NotTheStates",
      effect: "Deny",
      actions: ["s3:*"],
      resources: [`arn:${partitionOf(region)}:s3:::platform-*`],
    },
  ]);
}

/**
 * Policy documents that hold all statements, each below the limit of a managed policy.
 * @throws RangeError if a statement is too long for any
 */
export function packed(statements: readonly PlainStatement[], limit = policyLimit): string[] {
  const documents: PlainStatement[][] = [];
  for (const statement of statements.flatMap((each) => halved(each, limit))) {
    const last = documents.at(-1);
    if (last && policyDocument([...last, statement]).length <= limit) last.push(statement);
    else documents.push([statement]);
  }
  return documents.map((each) => policyDocument(each));
}

/** A statement in as many as it takes for each to fit a document of its own. */
function halved(statement: PlainStatement, limit: number): PlainStatement[] {
  if (policyDocument([statement]).length <= limit) return [statement];
  const { actions, sid } = statement;
  if (actions.length === 1)
    throw new RangeError(`Statement ${sid} is longer than a policy may be (${limit} characters).`);
  const middle = Math.ceil(actions.length / 2);
  return [
    ...halved({ ...statement, sid: `${sid}1`, actions: actions.slice(0, middle) }, limit),
    ...halved({ ...statement, sid: `${sid}2`, actions: actions.slice(middle) }, limit),
  ];
}

function arns({ accountId, region, environment, systems }: Place) {
  const partition = partitionOf(region);
  const at = (service: string, resource: string, place = `:${region}:${accountId}:`) =>
    `arn:${partition}:${service}${place}${resource}`;
  const names = (service: string, prefix: string, place?: string) =>
    systems.map((system) => at(service, `${prefix}${system}-*-${environment}*`, place));
  const roles = names("iam", "role/", `::${accountId}:`);
  return {
    at,
    names,
    roles,
    iam: [...roles, ...names("iam", "instance-profile/", `::${accountId}:`)],
    parameters: systems.map((system) => at("ssm", `parameter/${system}/${environment}*`)),
    publicParameters: [at("ssm", "parameter/aws/service/*", `:${region}::`)],
    apis: ["/account", "/apikeys*", "/apis*", "/restapis*", "/tags*", "/usageplans*", "/vpclinks*"].map((path) =>
      at("apigateway", path, `:${region}::`),
    ),
  };
}

/** Log groups begin with what writes to them: /aws/lambda/<name>, aws-waf-logs-<name>. */
function logGroups(place: Place): string[] {
  return place.systems.map((system) => arns(place).at("logs", `log-group:*${system}-*${place.environment}*`));
}
