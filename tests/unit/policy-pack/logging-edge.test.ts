import { describe, expect, test } from "vitest";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { cure, holds } from "./holds";
import { pass, unverifiable, violation } from "./rules";

type Props = Record<string, Json>;

describe("log-vpc-flow", () => {
  const vpc: Resource = { type: "aws:ec2/vpc:Vpc", name: "vpc", props: { id: unknown } };
  const log = (props: Props, from?: Resource["from"]): Resource => ({
    type: "aws:ec2/flowLog:FlowLog",
    name: "log",
    props,
    from,
  });
  const ofVpc = log({ vpcId: unknown }, { vpcId: ["vpc"] });
  const refused = violation("no flow log records the VPC's traffic");

  holds("log-vpc-flow", [
    ["passes a VPC with a flow log", [vpc, ofVpc], pass],
    ["passes it by id after an update", [{ ...vpc, props: { id: "vpc-1" } }, log({ vpcId: "vpc-1" })], pass],
    ["refuses a VPC without", [vpc], refused],
    ["refuses the default VPC without", [{ ...vpc, type: "aws:ec2/defaultVpc:DefaultVpc" }], refused],
    [
      "does not take another VPC's",
      [vpc, { ...vpc, name: "other" }, log({ vpcId: unknown }, { vpcId: ["other"] })],
      refused,
    ],
    ["does not take a subnet's", [vpc, log({ subnetId: unknown }, { subnetId: ["vpc"] })], refused],
    ["passes undefined VPCs", [ofVpc], pass],
    ["cannot judge a flow log of unknown origin", [vpc, log({ vpcId: unknown })], unverifiable("log.vpcId")],
  ]);
});

describe("log-alb-access", () => {
  const balancer = (props: Props, module = "lb"): Resource => ({
    type: `aws:${module}/loadBalancer:LoadBalancer`,
    props,
  });
  const refused = violation("accessLogs.enabled: requests are not logged");

  holds("log-alb-access", [
    ["passes a log that is on", balancer({ accessLogs: { bucket: unknown, enabled: true } }), pass],
    ["refuses a bucket alone, whose default is off", balancer({ accessLogs: { bucket: "logs" } }), refused],
    ["refuses a log that is off", balancer({ accessLogs: { bucket: "logs", enabled: false } }), refused],
    ["refuses undefined", balancer({}), refused],
    ["refuses the other name of the resource", balancer({}, "alb"), refused],
    ["passes network load balancers", balancer({ loadBalancerType: "network" }), pass],
    ["cannot judge an unknown", balancer({ accessLogs: { enabled: unknown } }), unverifiable("accessLogs.enabled")],
    ["cannot judge an unknown block", balancer({ accessLogs: unknown }), unverifiable("accessLogs")],
    ["cannot judge an unknown type", balancer({ loadBalancerType: unknown }), unverifiable("loadBalancerType")],
  ]);
});

describe("log-apigw-access", () => {
  const refused = violation("accessLogSettings.destinationArn: requests are not logged");

  describe.each(["apigateway", "apigatewayv2"])("of %s", (module) => {
    const stage = (props: Props): Resource => ({ type: `aws:${module}/stage:Stage`, props });
    holds("log-apigw-access", [
      ["passes a destination", stage({ accessLogSettings: { destinationArn: "arn:1", format: "{}" } }), pass],
      ["counts an unknown destination as there", stage({ accessLogSettings: { destinationArn: unknown } }), pass],
      ["refuses undefined", stage({}), refused],
      ["refuses an empty destination", stage({ accessLogSettings: { destinationArn: "" } }), refused],
      ["cannot judge unknown settings", stage({ accessLogSettings: unknown }), unverifiable("accessLogSettings")],
    ]);
  });
});

describe("log-apigw-no-data-trace", () => {
  const id = "log-apigw-no-data-trace";
  const methods = (settings: Json): Resource => ({
    type: "aws:apigateway/methodSettings:MethodSettings",
    props: { settings },
  });
  const stage = (props: Props): Resource => ({ type: "aws:apigatewayv2/stage:Stage", props });
  const traced = { dataTraceEnabled: true };
  const problem = "full requests and responses are logged";

  holds(id, [
    ["passes false", methods({ dataTraceEnabled: false }), pass],
    ["passes undefined", methods({}), pass],
    ["passes an undefined stage", stage({}), pass],
    ["refuses methods", methods(traced), violation(`settings.dataTraceEnabled: ${problem}`)],
    [
      "refuses a stage's default",
      stage({ defaultRouteSettings: traced }),
      violation(`defaultRouteSettings.dataTraceEnabled: ${problem}`),
    ],
    [
      "refuses a route beside an unknown one",
      stage({ routeSettings: [unknown, traced] }),
      { violations: [`routeSettings[1].dataTraceEnabled: ${problem}`], unknowns: ["routeSettings[0]"] },
    ],
    ["cannot judge an unknown", methods({ dataTraceEnabled: unknown }), unverifiable("settings.dataTraceEnabled")],
    ["cannot judge unknown settings", methods(unknown), unverifiable("settings")],
    ["cannot judge unknown routes", stage({ routeSettings: unknown }), unverifiable("routeSettings")],
  ]);

  test("remediation turns it off everywhere", async () => {
    const off = { dataTraceEnabled: false };
    expect(await cure(id, methods({ ...traced, loggingLevel: unknown }))).toEqual({
      settings: { ...off, loggingLevel: unknown },
    });
    const routeSettings = [unknown, traced, off];
    expect(await cure(id, stage({ defaultRouteSettings: traced, routeSettings }))).toEqual({
      defaultRouteSettings: off,
      routeSettings: [unknown, off, off],
    });
  });

  test("remediation changes nothing that is right or unknown", async () => {
    expect(await cure(id, methods({}))).toBeUndefined();
    expect(await cure(id, methods(unknown))).toBeUndefined();
    expect(await cure(id, stage({ routeSettings: unknown }))).toBeUndefined();
  });
});

describe("log-cf-access", () => {
  const distribution = (props: Props, from?: Resource["from"]): Resource => ({
    type: "aws:cloudfront/distribution:Distribution",
    name: "cdn",
    props: { arn: unknown, ...props },
    from,
  });
  const source = (from: Resource["from"]): Resource => ({
    type: "aws:cloudwatch/logDeliverySource:LogDeliverySource",
    name: "source",
    props: { resourceArn: unknown },
    from,
  });
  const refused = violation("loggingConfig: requests are not logged");

  holds("log-cf-access", [
    ["passes a bucket", [distribution({ loggingConfig: { bucket: "logs.s3.amazonaws.com" } })], pass],
    [
      "passes a bucket of the stack",
      [distribution({ loggingConfig: { bucket: unknown } }, { loggingConfig: ["cdn"] })],
      pass,
    ],
    ["passes a delivery source", [distribution({}), source({ resourceArn: ["cdn"] })], pass],
    ["refuses undefined", [distribution({})], refused],
    ["refuses an empty bucket", [distribution({ loggingConfig: { bucket: "" } })], refused],
    ["refuses what only the provider does not know yet", [distribution({ loggingConfig: unknown })], refused],
    ["does not take another distribution's source", [distribution({}), source({ resourceArn: ["source"] })], refused],
    ["cannot judge a source of unknown origin", [distribution({}), source({})], unverifiable("source.resourceArn")],
  ]);
});

describe("log-waf", () => {
  const counted = { visibilityConfig: { cloudwatchMetricsEnabled: true } };
  const uncounted = { visibilityConfig: { cloudwatchMetricsEnabled: false } };
  const acl = (props: Props): Resource => ({
    type: "aws:wafv2/webAcl:WebAcl",
    name: "acl",
    props: { arn: unknown, ...props },
  });
  const logging = (from: Resource["from"]): Resource => ({
    type: "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    name: "logging",
    props: { resourceArn: unknown },
    from,
  });
  const at = (path: string) => `${path}visibilityConfig.cloudwatchMetricsEnabled: requests are not counted`;

  holds("log-waf", [
    ["passes an ACL that counts", acl({ ...counted, rules: [counted] }), pass],
    ["refuses an ACL that does not", acl(uncounted), violation(at(""))],
    ["refuses undefined", acl({}), violation(at(""))],
    [
      "refuses a rule beside an unknown one",
      acl({ ...counted, rules: [unknown, uncounted] }),
      { violations: [at("rules[1].")], unknowns: ["rules[0]"] },
    ],
    ["cannot judge an unknown", acl({ visibilityConfig: unknown }), unverifiable("visibilityConfig")],
    ["passes an ACL that logs", [acl(counted), logging({ resourceArn: ["acl"] })], pass],
    ["refuses an ACL that does not log", [acl(counted)], violation("requests are not logged")],
    [
      "does not take another ACL's log",
      [acl(counted), logging({ resourceArn: ["logging"] })],
      violation("requests are not logged"),
    ],
    ["cannot judge a log of unknown origin", [acl(counted), logging({})], unverifiable("logging.resourceArn")],
  ]);
});
