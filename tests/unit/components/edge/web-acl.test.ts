import { describe, expect, test } from "vitest";
import { WebAcl, type WebAclArgs } from "../../../../components/edge/web-acl";
import { requiredTagKeys } from "../../../../components/lib/tags";
import { devContext, record } from "../../../support/mocks";

const context = { ...devContext, system: "phi3", region: "eu-west-1" };
const build = (args: Partial<WebAclArgs> = {}) =>
  record(
    () =>
      new WebAcl("phi3-firewall", {
        context,
        scope: "REGIONAL",
        requestsPerMinutePerIp: 100,
        logRetentionDays: 30,
        ...args,
      }),
  );
interface Rule {
  name: string;
  priority: number;
  action?: object;
  overrideAction?: object;
  statement: Record<string, Record<string, unknown>>;
}

describe("[phi3 7.2] a web ACL", () => {
  test("limits each address to 100 requests in 60 s, and asks AWS's managed rules", async () => {
    const { recording } = await build();
    const { rules, scope, defaultAction, region } = recording.named("phi3-firewall-acl").inputs;
    expect({ scope, defaultAction, region }).toEqual({
      scope: "REGIONAL",
      defaultAction: { allow: {} },
      region: "eu-west-1",
    });
    expect(rules.map(({ name, priority }: Rule) => [priority, name])).toEqual([
      [0, "per-address"],
      [1, "AWSManagedRulesAmazonIpReputationList"],
      [2, "AWSManagedRulesCommonRuleSet"],
      [3, "AWSManagedRulesKnownBadInputsRuleSet"],
    ]);
    expect(rules[0]).toMatchObject({
      action: { block: { customResponse: { responseCode: 429 } } },
      statement: { rateBasedStatement: { limit: 100, evaluationWindowSec: 60, aggregateKeyType: "IP" } },
    });
    for (const rule of rules.slice(1) as Rule[]) expect(rule.overrideAction).toEqual({ none: {} });
    expect(recording.untagged(requiredTagKeys)).toEqual([]);
  });

  test("behind other hops counts callers of the API by the address that API Gateway saw", async () => {
    const { recording } = await build({ trustedHops: "proof" });
    const [direct, api] = recording.named("phi3-firewall-acl").inputs.rules as Rule[];
    expect(direct?.statement["rateBasedStatement"]).toMatchObject({
      aggregateKeyType: "IP",
      scopeDownStatement: { notStatement: { statements: [{ byteMatchStatement: { searchString: "proof" } }] } },
    });
    expect(api?.statement["rateBasedStatement"]).toMatchObject({
      aggregateKeyType: "FORWARDED_IP",
      forwardedIpConfig: { headerName: "x-client-ip", fallbackBehavior: "NO_MATCH" },
      scopeDownStatement: { byteMatchStatement: { searchString: "proof", positionalConstraint: "EXACTLY" } },
    });
  });

  test("for CloudFront is in us-east-1, with its log", async () => {
    const { recording } = await build({ scope: "CLOUDFRONT" });
    const regions = recording.resources.filter(({ custom }) => custom).map(({ name, inputs }) => [name, inputs.region]);
    expect(new Set(regions.map(([, region]) => region))).toEqual(new Set(["us-east-1"]));
    await expect(
      record(() => {
        const acl = new WebAcl("phi3-firewall", {
          context,
          scope: "CLOUDFRONT",
          requestsPerMinutePerIp: 100,
          logRetentionDays: 30,
        });
        acl.protect("load-balancer", "arn");
      }),
    ).rejects.toThrow("scope: is CLOUDFRONT");
  });

  test("logs what it blocked or counted, without credentials, to a group of WAF's prefix", async () => {
    const { recording } = await build();
    expect(recording.named("phi3-firewall-log-group").inputs).toMatchObject({
      name: "aws-waf-logs-phi3-firewall-dev",
      retentionInDays: 30,
    });
    const { redactedFields, loggingFilter } = recording.named("phi3-firewall-logging").inputs;
    expect(redactedFields).toEqual(
      ["authorization", "cookie", "x-edge-proof"].map((name) => ({ singleHeader: { name } })),
    );
    expect(loggingFilter.defaultBehavior).toBe("DROP");
    expect(recording.document("phi3-firewall-log-policy", "policyDocument").Statement).toMatchObject([
      {
        Principal: { Service: ["delivery.logs.amazonaws.com"] },
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
      },
    ]);
  });

  test("is refused with a limit that WAF does not take", async () => {
    await expect(build({ requestsPerMinutePerIp: 9 })).rejects.toThrow("requestsPerMinutePerIp: is 9");
  });
});
