import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { byCaller, conditionLimits } from "../../../policy-pack/lib/iam/conditions";
import { Value } from "../../../policy-pack/lib/value";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { type Case, holds } from "./holds";
import { when } from "./iam-documents";
import { judge, pass, unverifiable, violation } from "./rules";

const account = "111122223333";

/** The rules that judge documents on resources, with the types and the words of each. */
const tokens: readonly (readonly [id: string, type: string, property: string, what: string])[] = [
  ["lp-s3-policy-any-principal", "aws:s3/bucketPolicy:BucketPolicy", "policy", "use the bucket"],
  ["lp-s3-policy-any-principal", "aws:s3/bucket:Bucket", "policy", "use the bucket"],
  ["lp-s3-policy-any-principal", "aws:s3/bucketV2:BucketV2", "policy", "use the bucket"],
  ["lp-s3-policy-any-principal", "aws:s3/accessPoint:AccessPoint", "policy", "use the bucket"],
  ["lp-queue-topic-public", "aws:sqs/queuePolicy:QueuePolicy", "policy", "use the queue"],
  ["lp-queue-topic-public", "aws:sqs/queue:Queue", "policy", "use the queue"],
  ["lp-queue-topic-public", "aws:sns/topicPolicy:TopicPolicy", "policy", "use the topic"],
  ["lp-queue-topic-public", "aws:sns/topic:Topic", "policy", "use the topic"],
  ["lp-kms-policy-star", "aws:kms/key:Key", "policy", "use the key"],
  ["lp-kms-policy-star", "aws:kms/keyPolicy:KeyPolicy", "policy", "use the key"],
  ["lp-kms-policy-star", "aws:kms/externalKey:ExternalKey", "policy", "use the key"],
  ["lp-kms-policy-star", "aws:kms/replicaKey:ReplicaKey", "policy", "use the key"],
  ["lp-kms-policy-star", "aws:kms/replicaExternalKey:ReplicaExternalKey", "policy", "use the key"],
  ["lp-resource-policy-public", "aws:secretsmanager/secretPolicy:SecretPolicy", "policy", "use the resource"],
  ["lp-resource-policy-public", "aws:secretsmanager/secret:Secret", "policy", "use the resource"],
  ["lp-resource-policy-public", "aws:efs/fileSystemPolicy:FileSystemPolicy", "policy", "use the resource"],
  ["lp-resource-policy-public", "aws:cloudwatch/eventBusPolicy:EventBusPolicy", "policy", "use the resource"],
  [
    "lp-resource-policy-public",
    "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy",
    "accessPolicy",
    "use the resource",
  ],
  ["lp-resource-policy-public", "aws:dynamodb/resourcePolicy:ResourcePolicy", "policy", "use the resource"],
  ["lp-resource-policy-public", "aws:ecr/repositoryPolicy:RepositoryPolicy", "policy", "use the resource"],
  [
    "lp-resource-policy-public",
    "aws:codeartifact/domainPermissions:DomainPermissions",
    "policyDocument",
    "use the resource",
  ],
  ["lp-resource-policy-public", "aws:s3tables/tablePolicy:TablePolicy", "resourcePolicy", "use the resource"],
  ["lp-resource-policy-public", "aws:opensearch/domain:Domain", "accessPolicies", "use the resource"],
];

describe.each(tokens)("%s: %s", (id, type, property, what) => {
  const of = (...statements: readonly Json[]): Resource => ({
    type,
    props: { [property]: JSON.stringify({ Statement: statements }) },
  });
  const open = { Effect: "Allow", Principal: "*", Action: "*", Resource: "*" };

  test("tells named principals from everyone", async () => {
    const named = { ...open, Principal: { AWS: `arn:aws:iam::${account}:root`, Service: "sns.amazonaws.com" } };
    const denied = { ...open, Effect: "Deny" };
    expect(await judge(id, of(named, denied))).toEqual(pass);
    expect(await judge(id, of(named, open))).toEqual(
      violation(`${property}.Statement[1].Principal: everyone may ${what}`),
    );
  });

  test("passes an undefined document, and cannot judge an unknown one", async () => {
    expect(await judge(id, { type })).toEqual(pass);
    expect(await judge(id, { type, props: { [property]: unknown } })).toEqual(unverifiable(property));
  });

  test("refuses text that is no JSON", async () => {
    const said = "the policy document is not valid JSON, so nothing is known of what it allows";
    expect(await judge(id, { type, props: { [property]: "{" } })).toEqual(violation(`${property}: ${said}`));
  });
});

const publicDocument = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: { AWS: "*" } }] });
/** The cases of one rule. */
function judged(id: string, cases: readonly Case[]): void {
  describe(id, () => holds(id, cases));
}

judged("lp-s3-policy-any-principal", [
  [
    "passes an access point of a VPC",
    { type: "aws:s3/accessPoint:AccessPoint", props: { policy: publicDocument, vpcConfiguration: { vpcId: unknown } } },
    pass,
  ],
]);
describe("lp-s3-policy-any-principal: access points with a policy of their own", () => {
  const point = (props: Record<string, Json>): Resource => ({
    type: "aws:s3/accessPoint:AccessPoint",
    name: "point",
    props: { arn: unknown, ...props },
  });
  const policy = (accessPointArn: Json, from?: Resource["from"]): Resource => ({
    type: "aws:s3control/accessPointPolicy:AccessPointPolicy",
    name: "policy",
    props: { accessPointArn, policy: publicDocument },
    from,
  });
  const ofPoint = policy(unknown, { accessPointArn: ["point"] });
  const inVpc = { vpcConfiguration: { vpcId: "vpc-1" } };
  const open = (property = "policy") =>
    violation(`${property}.Statement[0].Principal.AWS: everyone may use the bucket`);
  holds("lp-s3-policy-any-principal", [
    ["refuses one of the internet", [point({}), ofPoint], open()],
    ["passes one of a VPC", [point(inVpc), ofPoint], pass],
    ["refuses another beside one of a VPC", [point({ arn: "arn:1", ...inVpc }), policy("arn:2")], open()],
    [
      "counts a VPC that is not known yet",
      [{ ...point({ vpcConfiguration: { vpcId: unknown } }), from: { vpcConfiguration: ["point"] } }, ofPoint],
      pass,
    ],
    [
      "refuses a multi-region access point",
      {
        type: "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy",
        props: { details: { name: "files", policy: publicDocument } },
      },
      open("details.policy"),
    ],
    [
      "refuses an access point of a function",
      {
        type: "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy",
        props: { policy: publicDocument },
      },
      open(),
    ],
  ]);
});

judged("lp-resource-policy-public", [
  [
    "passes a search domain in a VPC",
    { type: "aws:opensearch/domain:Domain", props: { accessPolicies: publicDocument, vpcOptions: unknown } },
    pass,
  ],
  [
    "refuses a public search domain",
    { type: "aws:elasticsearch/domain:Domain", props: { accessPolicies: publicDocument } },
    violation("accessPolicies.Statement[0].Principal.AWS: everyone may use the resource"),
  ],
  [
    "refuses events from everyone",
    { type: "aws:cloudwatch/eventPermission:EventPermission", props: { principal: "*" } },
    violation("principal: everyone may send events to the bus"),
  ],
  [
    "passes events from an organisation",
    {
      type: "aws:cloudwatch/eventPermission:EventPermission",
      props: { principal: "*", condition: { key: "aws:PrincipalOrgID", type: "StringEquals", value: unknown } },
    },
    pass,
  ],
  [
    "passes events from an account",
    { type: "aws:cloudwatch/eventPermission:EventPermission", props: { principal: account } },
    pass,
  ],
  [
    "cannot judge events from an unknown account",
    { type: "aws:cloudwatch/eventPermission:EventPermission", props: { principal: unknown } },
    unverifiable("principal"),
  ],
]);

const invoke = (...statements: readonly Json[]): string =>
  JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "execute-api:Invoke" }, ...statements] });
const denyBut = (condition: Json, principal: Json = "*"): Json => ({
  Effect: "Deny",
  Principal: principal,
  Action: "execute-api:Invoke",
  Condition: condition,
});
const api = (policy: Json, types: Json = "PRIVATE"): Resource => ({
  type: "aws:apigateway/restApi:RestApi",
  name: "api",
  props: { policy, endpointConfiguration: { types } },
});
const invoked = violation("policy.Statement[0].Principal: everyone may use the resource");

describe("lp-resource-policy-public: REST APIs", () => {
  holds("lp-resource-policy-public", [
    ["leaves those in the internet to their methods", api(invoke(), "REGIONAL"), pass],
    [
      "takes an undefined type for the internet",
      { type: "aws:apigateway/restApi:RestApi", props: { policy: invoke() } },
      pass,
    ],
    ["refuses a private one that any VPC may call", api(invoke()), invoked],
    ["reads types as a list too", api(invoke(), ["PRIVATE"]), invoked],
    ["passes a private one without a policy", api(null), pass],
    [
      "passes a Deny for all but an endpoint",
      api(invoke(denyBut({ StringNotEquals: { "aws:SourceVpce": "vpce-1" } }))),
      pass,
    ],
    [
      "passes a Deny for all but a network",
      api(invoke(denyBut({ NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } }))),
      pass,
    ],
    [
      "passes a Deny for all but an organisation and an endpoint",
      api(
        invoke(
          denyBut({ StringNotEquals: { "aws:PrincipalOrgID": "o-abcdefghij", "aws:SourceVpc": ["vpc-1", "vpc-2"] } }),
        ),
      ),
      pass,
    ],
    ["refuses a Deny for an endpoint", api(invoke(denyBut({ StringEquals: { "aws:SourceVpce": "vpce-1" } }))), invoked],
    [
      "refuses a Deny for all but any endpoint",
      api(invoke(denyBut({ StringNotLike: { "aws:SourceVpce": "*" } }))),
      invoked,
    ],
    [
      "refuses a Deny that something else limits",
      api(invoke(denyBut({ StringNotEquals: { "aws:SourceVpce": "vpce-1", "aws:UserAgent": "curl" } }))),
      invoked,
    ],
    [
      "refuses a Deny for everyone in an account",
      api(invoke(denyBut({ StringNotEquals: { "aws:SourceVpce": "vpce-1" } }, { AWS: "111122223333" }))),
      invoked,
    ],
    ["refuses a Deny without a condition, which is no way to let anyone in", api(invoke(denyBut({}))), invoked],
    ["cannot judge an unknown type", api(invoke(), unknown), unverifiable("endpointConfiguration.types")],
    [
      "cannot judge an unknown endpoint",
      api({
        Statement: [{ Effect: "Allow", Principal: "*" }, denyBut({ StringNotEquals: { "aws:SourceVpce": unknown } })],
      }),
      unverifiable('policy.Statement[1].Condition.StringNotEquals["aws:SourceVpce"]'),
    ],
    [
      "cannot judge unknown keys",
      api({ Statement: [{ Effect: "Allow", Principal: "*" }, denyBut({ StringNotEquals: unknown })] }),
      unverifiable("policy.Statement[1].Condition.StringNotEquals"),
    ],
  ]);

  const separate = (policy: Json, from?: Resource["from"]): Resource => ({
    type: "aws:apigateway/restApiPolicy:RestApiPolicy",
    name: "policy",
    props: { restApiId: unknown, policy },
    from,
  });
  const made = (types: Json): Resource => ({
    ...api(null, types),
    props: { id: unknown, endpointConfiguration: { types } },
  });
  const ofApi = { restApiId: ["api"], policy: ["api"] };
  holds("lp-resource-policy-public", [
    ["judges a policy of its own by the API it is for", [made("PRIVATE"), separate(invoke(), ofApi)], invoked],
    ["passes one for an API in the internet", [made("EDGE"), separate(invoke(), ofApi)], pass],
    [
      "passes one with a Deny",
      [made("PRIVATE"), separate(invoke(denyBut({ StringNotEquals: { "aws:SourceVpce": "vpce-1" } })), ofApi)],
      pass,
    ],
    ["cannot judge one that is unknown", [made("PRIVATE"), separate(unknown, ofApi)], unverifiable("policy")],
  ]);
});

describe("lp-resource-policy-public: policies of search domains", () => {
  const domain = (props: Record<string, Json>): Resource => ({
    type: "aws:opensearch/domain:Domain",
    name: "logs",
    props: { domainName: "logs", ...props },
  });
  const separate = (domainName: Json, service = "opensearch"): Resource => ({
    type: `aws:${service}/domainPolicy:DomainPolicy`,
    name: "policy",
    props: { domainName, accessPolicies: publicDocument },
  });
  const open = violation("accessPolicies.Statement[0].Principal.AWS: everyone may use the resource");
  holds("lp-resource-policy-public", [
    ["refuses one for a public domain", [domain({}), separate("logs")], open],
    ["passes one for a domain in a VPC", [domain({ vpcOptions: { subnetIds: ["subnet-1"] } }), separate("logs")], pass],
    ["refuses one for another domain", [domain({ vpcOptions: {} }), separate("others")], open],
    ["refuses one for a domain that is elsewhere", [separate("logs", "elasticsearch")], open],
  ]);
});

const permission = (props: Record<string, Json>): Resource => ({ type: "aws:lambda/permission:Permission", props });
const anyone = violation("principal: everyone may use it");
judged("lp-lambda-perm-public", [
  ["passes a service", permission({ principal: "s3.amazonaws.com" }), pass],
  ["passes an account", permission({ principal: account }), pass],
  ["refuses everyone", permission({ principal: "*" }), anyone],
  ["refuses an account by pattern", permission({ principal: "arn:aws:iam::*:root" }), anyone],
  ["passes an organisation", permission({ principal: "*", principalOrgId: "o-abcdefghij" }), pass],
  ["passes an organisation that is unknown", permission({ principal: "*", principalOrgId: unknown }), pass],
  ["refuses an empty organisation", permission({ principal: "*", principalOrgId: "" }), anyone],
  ["passes a source account", permission({ principal: "*", sourceAccount: account }), pass],
  ["passes a source", permission({ principal: "*", sourceArn: `arn:aws:events:us-east-1:${account}:rule/a` }), pass],
  ["passes a source that is unknown", permission({ principal: "*", sourceArn: unknown }), pass],
  ["refuses a source by pattern", permission({ principal: "*", sourceArn: "arn:aws:s3:::*" }), anyone],
  ["refuses an empty source", permission({ principal: "*", sourceArn: "" }), anyone],
  ["cannot judge an unknown principal", permission({ principal: unknown }), unverifiable("principal")],
  [
    "refuses a layer for everyone",
    { type: "aws:lambda/layerVersionPermission:LayerVersionPermission", props: { principal: "*" } },
    anyone,
  ],
  [
    "passes a layer for an organisation",
    {
      type: "aws:lambda/layerVersionPermission:LayerVersionPermission",
      props: { principal: "*", organizationId: "o-a" },
    },
    pass,
  ],
]);

describe("conditions that limit who is calling", () => {
  const limits = (operator: string, key: string, value: Json): string =>
    conditionLimits(Value.ofProps(when(operator, key, value)).at("Condition"), byCaller).answer;
  const specific: readonly (readonly [operator: string, key: string, value: Json])[] = [
    ["StringEquals", "aws:PrincipalAccount", account],
    ["StringEquals", "AWS:SourceOwner", account],
    ["StringEquals", "aws:SourceAccount", [account, "444455556666"]],
    ["StringEquals", "aws:PrincipalAccount", `$${"{aws:ResourceAccount}"}`],
    ["StringEquals", "aws:ResourceAccount", `$${"{aws:PrincipalAccount}"}`],
    ["StringEquals", "aws:VpceAccount", account],
    ["StringEquals", "s3:DataAccessPointAccount", account],
    ["StringEquals", "kms:CallerAccount", account],
    ["StringEquals", "aws:PrincipalOrgID", "o-abcdefghij"],
    ["StringEquals", "aws:PrincipalOrgID", `$${"{aws:ResourceOrgID}"}`],
    ["StringEquals", "aws:ResourceOrgID", `$${"{aws:PrincipalOrgID}"}`],
    ["StringEquals", "aws:SourceOrgID", "o-abcdefghij"],
    ["StringEquals", "aws:VpceOrgID", "o-abcdefghij"],
    ["ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-abcdefghij/r-ab12/*"],
    ["ForAnyValue:StringLike", "aws:SourceOrgPaths", "o-abcdefghij/*"],
    ["ForAnyValue:StringLike", "aws:VpceOrgPaths", "o-abcdefghij/*"],
    ["ArnLike", "aws:PrincipalArn", `arn:aws:iam::${account}:role/app-*`],
    ["StringLike", "aws:SourceArn", `arn:aws:*:*:${account}:*`],
    ["ArnLike", "aws:SourceArn", `arn:aws:sns:*:$${"{aws:ResourceAccount}"}:a`],
    ["ArnLike", "s3:DataAccessPointArn", `arn:aws:s3:us-east-1:${account}:accesspoint/*`],
    ["ArnEquals", "aws:SourceArn", "arn:aws:s3:::my-bucket"],
    ["ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:my-bucket"],
    ["ArnLike", "aws:SourceArn", "arn:aws:s3:::my-bucket/uploads*"],
    ["ArnLike", "aws:SourceArn", "arn:aws:apigateway:us-east-1::/restapis/abc"],
    ["StringEquals", "aws:SourceVpce", "vpce-1"],
    ["StringEquals", "aws:SourceVpc", ["vpc-1"]],
    ["IpAddress", "aws:SourceIp", ["10.0.0.0/8", "203.0.113.7", "2001:db8::/32"]],
    ["StringLike", "aws:userid", "AROAEXAMPLEID1234567:*"],
    ["Bool", "elasticfilesystem:AccessedViaMountTarget", "true"],
  ];
  const wide: typeof specific = [
    ["StringLike", "aws:PrincipalAccount", "*"],
    ["StringLike", "aws:SourceAccount", [account, "1111*"]],
    ["StringEquals", "aws:PrincipalAccount", `$${"{aws:PrincipalAccount}"}`],
    ["StringEquals", "aws:ResourceAccount", account],
    ["StringLike", "aws:PrincipalOrgID", "o-*"],
    ["StringEquals", "aws:ResourceOrgID", "o-abcdefghij"],
    ["ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-*/r-ab12/*"],
    ["ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/app"],
    ["StringLike", "aws:PrincipalArn", "*"],
    ["StringLike", "aws:PrincipalArn", `*:aws:iam::${account}:role/app`],
    ["StringLike", "aws:PrincipalArn", `*:${account}:role/app`],
    ["ArnLike", "aws:PrincipalArn", "arn:aws:iam::1111????????:role/app"],
    ["ArnLike", "aws:SourceArn", `arn:aws:sns:*:$${"{aws:PrincipalAccount}"}:a`],
    ["ArnLike", "aws:SourceArn", "arn:aws:s3:::*"],
    ["ArnLike", "aws:SourceArn", "arn:aws:s3:::my-*/uploads"],
    ["ArnLike", "aws:SourceArn", "arn:aws:sns:us-east-1:*:topic"],
    ["ArnLike", "aws:SourceArn", "arn:aws:apigateway:us-east-1::/restapis/*"],
    ["StringLike", "aws:SourceVpce", "vpce-*"],
    ["StringLike", "aws:SourceVpc", ""],
    ["StringEquals", "aws:SourceVpc", `$${"{aws:SourceVpc}"}`],
    ["IpAddress", "aws:SourceIp", "0.0.0.0/0"],
    ["IpAddress", "aws:SourceIp", ["203.0.113.0/24", "::/0"]],
    ["IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"]],
    ["IpAddress", "aws:SourceIp", "2000::/3"],
    ["StringLike", "aws:SourceIp", "203.*"],
    ["IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"],
    ["StringLike", "aws:userid", "*:session"],
    ["StringEquals", "aws:PrincipalTag/team", "web"],
    ["StringEquals", "aws:PrincipalType", "AssumedRole"],
    ["StringLike", "aws:Referer", "https://example.com/*"],
    ["Bool", "aws:SecureTransport", "true"],
    ["Bool", "elasticfilesystem:AccessedViaMountTarget", "false"],
    ["StringEquals", "s3:prefix", "public/"],
    ["StringEquals", "constructor", "a"],
    ["Null", "aws:PrincipalOrgID", "false"],
  ];

  test.each(specific)("%s %s %j limits", (...condition) => {
    expect(limits(...condition)).toBe("yes");
  });

  test.each(wide)("%s %s %j does not", (...condition) => {
    expect(limits(...condition)).toBe("no");
  });

  test.each(["StringNotEquals", "StringNotLike", "ArnNotLike", "NotIpAddress"])("%s never limits", (operator) => {
    for (const [, key, value] of specific) expect(limits(operator, key, value)).toBe("no");
  });

  propertyTest.prop([fc.constantFrom(...specific), fc.constantFrom(...wide)])(
    "an operator that holds without the key does not limit, and another test never takes a limit back",
    ([operator, key, value], [otherOperator, otherKey, otherValue]) => {
      expect(limits(`${operator}IfExists`, key, value)).toBe("no");
      expect(limits(`ForAllValues:${operator}`, key, value)).toBe("no");
      const both = { [`${otherOperator} `]: { [otherKey]: otherValue }, [operator]: { [key]: value } };
      expect(conditionLimits(Value.ofProps(both), byCaller).answer).toBe("yes");
    },
  );

  test("an unknown value of a key that limits is unknown, of another does not matter", () => {
    expect(limits("StringEquals", "aws:PrincipalOrgID", unknown)).toBe("unknown");
    expect(limits("StringEquals", "aws:PrincipalOrgID", ["o-*", unknown])).toBe("no");
    expect(limits("StringEquals", "aws:PrincipalTag/team", unknown)).toBe("no");
    expect(limits("StringNotEquals", "aws:PrincipalOrgID", unknown)).toBe("no");
    expect(conditionLimits(Value.ofProps({ StringEquals: unknown }), byCaller).answer).toBe("unknown");
  });
});
