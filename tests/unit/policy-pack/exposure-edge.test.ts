import { describe, expect, test } from "vitest";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { type Case, cure, holds } from "./holds";
import { pass, unverifiable, violation } from "./rules";

type Props = Record<string, Json>;

describe("lp-apigw-auth", () => {
  const method = (props: Props): Resource => ({
    type: "aws:apigateway/method:Method",
    name: "get-health",
    props: { httpMethod: "GET", ...props },
  });
  const route = (props: Props): Resource => ({
    type: "aws:apigatewayv2/route:Route",
    name: "route",
    props: { routeKey: "GET /things", ...props },
  });
  const api = (props: Props): Resource => ({ type: "aws:apigatewayv2/api:Api", name: "api", props });
  const openMethod = violation("authorization: everyone may call the method");
  const openRoute = (key = "GET /things") => violation(`authorizationType: everyone may call the route ${key}`);

  describe("methods of REST APIs", () => {
    holds("lp-apigw-auth", [
      ["pass with IAM", method({ authorization: "AWS_IAM" }), pass],
      ["pass with an authorizer", method({ authorization: "CUSTOM", authorizerId: unknown }), pass],
      ["are refused without", method({ authorization: "NONE" }), openMethod],
      ["are refused when undefined", method({}), openMethod],
      ["pass with a required key", method({ authorization: "NONE", apiKeyRequired: true }), pass],
      [
        "are refused with a key where it is not enough",
        method({ authorization: "NONE", apiKeyRequired: true }),
        openMethod,
        { apiKeyIsEnough: false },
      ],
      [
        "are refused with a key that is not required",
        method({ authorization: "NONE", apiKeyRequired: false }),
        openMethod,
      ],
      ["pass for OPTIONS", method({ httpMethod: "OPTIONS", authorization: "NONE" }), pass],
      ["pass when the settings say that they are public", method({}), pass, { publicRoutes: ["get-health"] }],
      ["cannot be judged when unknown", method({ authorization: unknown }), unverifiable("authorization")],
      [
        "cannot be judged when the key is unknown",
        method({ authorization: "NONE", apiKeyRequired: unknown }),
        unverifiable("apiKeyRequired"),
      ],
      ["need no key with an authorization", method({ authorization: "AWS_IAM", apiKeyRequired: unknown }), pass],
      ["cannot be judged when the method is unknown", method({ httpMethod: unknown }), unverifiable("httpMethod")],
    ]);
  });

  describe("routes", () => {
    holds("lp-apigw-auth", [
      ["pass with a JWT", route({ authorizationType: "JWT" }), pass],
      ["are refused without", route({ authorizationType: "NONE" }), openRoute()],
      ["are refused when undefined", route({}), openRoute()],
      ["are refused for any method", route({ routeKey: "ANY /" }), openRoute("ANY /")],
      ["pass for OPTIONS", route({ routeKey: "OPTIONS /things" }), pass],
      ["pass when the settings say that they are public", route({}), pass, { publicRoutes: ["GET /things"] }],
      ["are refused for the start of a connection", route({ routeKey: "$connect" }), openRoute("$connect")],
      ["pass for the end of a connection", route({ routeKey: "$disconnect" }), pass],
      ["pass for a message", route({ routeKey: "sendMessage" }), pass],
      ["leave $default to the whole stack", route({ routeKey: "$default" }), pass],
      ["cannot be judged when unknown", route({ authorizationType: unknown }), unverifiable("authorizationType")],
      ["cannot be judged when the key is unknown", route({ routeKey: unknown }), unverifiable("routeKey")],
    ]);
  });

  describe("$default", () => {
    const fallback = (props: Props = {}, from = "api"): Resource => ({
      ...route({ routeKey: "$default", apiId: unknown, ...props }),
      from: { apiId: [from] },
    });
    const http = api({ protocolType: "HTTP" });
    const webSocket = api({ protocolType: "WEBSOCKET" });

    holds("lp-apigw-auth", [
      ["is refused for HTTP", [http, fallback()], openRoute("$default")],
      ["passes for HTTP with IAM", [http, fallback({ authorizationType: "AWS_IAM" })], pass],
      ["passes for WebSocket", [webSocket, fallback()], pass],
      [
        "is refused beside another API's WebSocket",
        [webSocket, { ...http, name: "http" }, fallback({}, "http")],
        openRoute("$default"),
      ],
      ["is refused for an API of another stack", [fallback({ apiId: "abc" })], openRoute("$default")],
      ["passes when the settings say that it is public", [http, fallback()], pass, { publicRoutes: ["$default"] }],
      ["is the only route judged with the stack", [http, fallback({ routeKey: "GET /things" })], pass],
      [
        "cannot be judged when unknown",
        [http, fallback({ authorizationType: unknown })],
        unverifiable("authorizationType"),
      ],
      [
        "cannot be judged when the protocol is unknown",
        [api({ protocolType: unknown }), fallback()],
        unverifiable("protocolType"),
      ],
    ]);
  });

  describe("APIs made with a target", () => {
    const refused = violation("target: the API's own route is open to everyone");
    holds("lp-apigw-auth", [
      ["are refused", api({ protocolType: "HTTP", target: "https://example.com" }), refused],
      ["are refused when it is unknown", api({ protocolType: "HTTP", target: unknown }), refused],
      ["pass without", api({ protocolType: "HTTP" }), pass],
      ["pass with an empty one", api({ protocolType: "HTTP", target: "" }), pass],
    ]);
  });
});

describe("lp-alb-hardening", () => {
  const id = "lp-alb-hardening";
  const balancer = (props: Props, type = "aws:lb/loadBalancer:LoadBalancer"): Resource => ({ type, props });
  const keeps = "dropInvalidHeaderFields: invalid header fields are passed on";
  const monitors = "desyncMitigationMode: requests that desynchronise servers are only counted";
  const hardened = { dropInvalidHeaderFields: true };

  holds(id, [
    ["passes hardened", balancer(hardened), pass],
    ["passes the strictest mode", balancer({ ...hardened, desyncMitigationMode: "strictest" }), pass],
    ["refuses undefined", balancer({}), violation(keeps)],
    ["refuses false", balancer({ dropInvalidHeaderFields: false }), violation(keeps)],
    ["refuses the mode monitor", balancer({ ...hardened, desyncMitigationMode: "monitor" }), violation(monitors)],
    [
      "refuses both",
      balancer({ loadBalancerType: "application", desyncMitigationMode: "monitor" }),
      violation(keeps, monitors),
    ],
    ["refuses the other name of the resource", balancer({}, "aws:alb/loadBalancer:LoadBalancer"), violation(keeps)],
    ["passes network load balancers", balancer({ loadBalancerType: "network", desyncMitigationMode: "monitor" }), pass],
    [
      "cannot judge an unknown",
      balancer({ dropInvalidHeaderFields: unknown }),
      unverifiable("dropInvalidHeaderFields"),
    ],
    ["cannot judge an unknown type", balancer({ loadBalancerType: unknown }), unverifiable("loadBalancerType")],
    ["needs no type when hardened", balancer({ ...hardened, loadBalancerType: unknown }), pass],
    [
      "reports the mode beside an unknown",
      balancer({ dropInvalidHeaderFields: unknown, desyncMitigationMode: "monitor" }),
      { violations: [monitors], unknowns: ["dropInvalidHeaderFields"] },
    ],
  ]);

  test("remediation hardens and leaves the rest", async () => {
    expect(await cure(id, balancer({ name: unknown, desyncMitigationMode: "monitor" }))).toEqual({
      name: unknown,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: "defensive",
    });
    expect(await cure(id, balancer(hardened))).toBeUndefined();
    expect(await cure(id, balancer({ loadBalancerType: "network" }))).toBeUndefined();
    expect(await cure(id, balancer({ loadBalancerType: unknown }))).toBeUndefined();
  });
});

describe("lp-edge-waf", () => {
  const distribution = (props: Props, from?: Resource["from"]): Resource => ({
    type: "aws:cloudfront/distribution:Distribution",
    name: "cdn",
    props,
    from,
  });
  const balancer = (props: Props, from?: Resource["from"]): Resource => ({
    type: "aws:lb/loadBalancer:LoadBalancer",
    name: "alb",
    props: { arn: unknown, internal: false, ...props },
    from,
  });
  const stage: Resource = { type: "aws:apigateway/stage:Stage", name: "stage", props: { arn: unknown } };
  const association = (resource: string, type = "aws:wafv2/webAclAssociation:WebAclAssociation"): Resource => ({
    type,
    name: `acl-of-${resource}`,
    props: { resourceArn: unknown },
    from: { resourceArn: [resource] },
  });
  const openDistribution = violation("webAclId: the distribution has no web ACL");
  const openBalancer = violation("the public load balancer has no web ACL");
  const openStage = violation("the stage has no web ACL");

  holds("lp-edge-waf", [
    ["passes a distribution with an ACL", [distribution({ webAclId: "arn:aws:wafv2:acl" })], pass],
    [
      "passes a distribution with an ACL of the stack",
      [distribution({ webAclId: unknown }, { webAclId: ["cdn"] })],
      pass,
    ],
    ["refuses a distribution without", [distribution({})], openDistribution],
    ["refuses what only the provider does not know yet", [distribution({ webAclId: unknown })], openDistribution],
    ["refuses an empty one", [distribution({ webAclId: "" })], openDistribution],
    [
      "refuses a distribution for tenants",
      [{ ...distribution({}), type: "aws:cloudfront/multitenantDistribution:MultitenantDistribution" }],
      openDistribution,
    ],
    ["refuses a public load balancer", [balancer({})], openBalancer],
    ["refuses one that is public by default", [balancer({ internal: unknown })], openBalancer],
    [
      "refuses the other name of the resource",
      [{ ...balancer({}), type: "aws:alb/loadBalancer:LoadBalancer" }],
      openBalancer,
    ],
    ["passes a load balancer with an association", [balancer({}), association("alb")], pass],
    [
      "passes one of the older WAF",
      [balancer({}), association("alb", "aws:wafregional/webAclAssociation:WebAclAssociation")],
      pass,
    ],
    ["does not take another resource's association", [balancer({}), stage, association("stage")], openBalancer],
    ["passes an internal load balancer", [balancer({ internal: true })], pass],
    ["passes a network load balancer", [balancer({ loadBalancerType: "network" })], pass],
    ["refuses a stage", [stage], openStage],
    ["passes a stage with an association", [stage, association("stage")], pass],
    [
      "passes after an update, by ARN",
      [
        { ...stage, props: { arn: "arn:1" } },
        { ...association("stage"), props: { resourceArn: "arn:1" } },
      ],
      pass,
    ],
    ["passes undefined resources", [], pass],
    [
      "cannot judge a load balancer whose scheme is unknown",
      [balancer({ internal: unknown }, { internal: ["alb"] })],
      unverifiable("internal"),
    ],
    [
      "cannot judge an association of unknown origin",
      [stage, { ...association("stage"), from: {} }],
      unverifiable("acl-of-stage.resourceArn"),
    ],
  ]);
});

describe("lp-cf-oac", () => {
  const distribution = (...origins: readonly Json[]): Resource => ({
    type: "aws:cloudfront/distribution:Distribution",
    props: { origins },
  });
  const problem = "CloudFront reads the bucket unsigned";
  const first = violation(`origins[0].originAccessControlId: ${problem}`);

  holds("lp-cf-oac", [
    ["passes a control", distribution({ originAccessControlId: "E1" }), pass],
    ["counts an unknown control as there", distribution({ originAccessControlId: unknown }), pass],
    ["passes an identity", distribution({ s3OriginConfig: { originAccessIdentity: unknown } }), pass],
    ["refuses undefined", distribution({ domainName: "b.s3.amazonaws.com" }), first],
    [
      "refuses an empty control and identity",
      distribution({ originAccessControlId: "", s3OriginConfig: { originAccessIdentity: "" } }),
      first,
    ],
    ...["customOriginConfig", "vpcOriginConfig", "customOriginConfigs", "vpcOriginConfigs"].map(
      (name): Case => [`passes an origin with ${name}`, distribution({ [name]: { httpPort: 80 } }), pass],
    ),
    [
      "refuses in a distribution for tenants",
      { ...distribution({}), type: "aws:cloudfront/multitenantDistribution:MultitenantDistribution" },
      first,
    ],
    ["cannot judge unknown origins", { ...distribution(), props: { origins: unknown } }, unverifiable("origins")],
    [
      "reports one origin beside an unknown one",
      distribution(unknown, {}),
      { violations: [`origins[1].originAccessControlId: ${problem}`], unknowns: ["origins[0]"] },
    ],
  ]);
});

describe("lp-waf-rules", () => {
  const acl = (props: Props, from?: Resource["from"]): Resource => ({
    type: "aws:wafv2/webAcl:WebAcl",
    name: "acl",
    props: { arn: unknown, defaultAction: { allow: {} }, ...props },
    from,
  });
  const rule = (type: string, from = "acl"): Resource => ({
    type: `aws:wafv2/${type}`,
    name: "rule",
    props: { webAclArn: unknown },
    from: { webAclArn: [from] },
  });
  const refused = violation("rules: the web ACL has no rules");

  holds("lp-waf-rules", [
    ["passes inline rules", [acl({ rules: [{ name: "rate" }] })], pass],
    ["counts an unknown rule as there", [acl({ rules: [unknown] })], pass],
    ["passes rules as JSON", [acl({ ruleJson: "[]" })], pass],
    ["passes an ACL that blocks", [acl({ defaultAction: { block: {} } })], pass],
    ["passes a rule of its own", [acl({}), rule("webAclRule:WebAclRule")], pass],
    ["passes a rule group", [acl({}), rule("webAclRuleGroupAssociation:WebAclRuleGroupAssociation")], pass],
    ["does not take another ACL's rule", [acl({}), rule("webAclRule:WebAclRule", "rule")], refused],
    ["refuses undefined", [acl({})], refused],
    ["refuses an empty list", [acl({ rules: [] })], refused],
    ["refuses what only the provider does not know yet", [acl({ rules: unknown, ruleJson: unknown })], refused],
    ["cannot judge unknown rules", [acl({ rules: unknown }, { rules: ["acl"] })], unverifiable("rules")],
    ["cannot judge an unknown default", [acl({ defaultAction: unknown })], unverifiable("defaultAction")],
  ]);
});

describe("lp-rds-public", () => {
  const id = "lp-rds-public";
  const database = (props: Props, type = "instance:Instance"): Resource => ({ type: `aws:rds/${type}`, props });
  const refused = violation("publiclyAccessible: the database has a public address");

  holds(id, [
    ["passes false", database({ publiclyAccessible: false }), pass],
    ["passes undefined, whose default is false", database({}), pass],
    ["refuses true", database({ publiclyAccessible: true }), refused],
    [
      "refuses an instance of a cluster",
      database({ publiclyAccessible: true }, "clusterInstance:ClusterInstance"),
      refused,
    ],
    ["cannot judge an unknown", database({ publiclyAccessible: unknown }), unverifiable("publiclyAccessible")],
  ]);

  test("remediation closes it", async () => {
    expect(await cure(id, database({ password: unknown, publiclyAccessible: true }))).toEqual({
      password: unknown,
      publiclyAccessible: false,
    });
    expect(await cure(id, database({}))).toBeUndefined();
    expect(await cure(id, database({ publiclyAccessible: unknown }))).toBeUndefined();
  });
});
