import type * as aws from "@pulumi/aws";
import { clientIpHeader, type HopProof, hopProofHeader } from "./hop-proof";

type Rule = aws.types.input.wafv2.WebAclRule;

export interface RuleArgs {
  /** For the names of metrics. */
  readonly name: string;
  readonly requestsPerMinutePerIp: number;
  readonly trustedHops: HopProof | undefined;
}

/** Limits are counted over this time, the shortest there is. Source: https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html */
const windowSeconds = 60;

/**
 * Rules of a managed group that count only: those on bodies. One blocks bodies over 8 KB at a load balancer and 16 KB at CloudFront, which a chat with its history passes
 * soon; the others take code, paths and addresses that someone asks a model about for an attack. What they match is in the log.
 * Source: https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
 */
const bodyRules = [
  "SizeRestrictions_BODY",
  "CrossSiteScripting_BODY",
  "GenericLFI_BODY",
  "GenericRFI_BODY",
  "EC2MetaDataSSRF_BODY",
] as const;
const managedGroups: readonly { name: string; countOnly: readonly string[] }[] = [
  { name: "AWSManagedRulesAmazonIpReputationList", countOnly: [] },
  { name: "AWSManagedRulesCommonRuleSet", countOnly: bodyRules },
  { name: "AWSManagedRulesKnownBadInputsRuleSet", countOnly: [] },
];

/** The rules of a web ACL, in the order of their priorities: limits first, since they cost least to look at. */
export function webAclRules(args: RuleArgs): Rule[] {
  const rules: Omit<Rule, "priority">[] = [...rateRules(args), ...managedGroups.map((group) => managed(args, group))];
  return rules.map((rule, priority) => ({ ...rule, priority }));
}

function rateRules({ name, requestsPerMinutePerIp: limit, trustedHops }: RuleArgs): Omit<Rule, "priority">[] {
  type RateBased = Omit<aws.types.input.wafv2.WebAclRuleStatementRateBasedStatement, "limit">;
  const rateRule = (rule: string, counted: RateBased) => ({
    name: rule,
    action: { block: { customResponse: { responseCode: 429 } } },
    statement: { rateBasedStatement: { limit, evaluationWindowSec: windowSeconds, ...counted } },
    visibilityConfig: visibility(`${name}-${rule}`),
  });
  if (trustedHops === undefined) return [rateRule("per-address", { aggregateKeyType: "IP" })];
  const isHop = {
    byteMatchStatement: {
      searchString: trustedHops,
      fieldToMatch: { singleHeader: { name: hopProofHeader } },
      positionalConstraint: "EXACTLY",
      textTransformations: [{ priority: 0, type: "NONE" }],
    },
  };
  return [
    rateRule("per-address", {
      aggregateKeyType: "IP",
      scopeDownStatement: { notStatement: { statements: [isHop] } },
    }),
    rateRule("per-api-caller", {
      aggregateKeyType: "FORWARDED_IP",
      forwardedIpConfig: { headerName: clientIpHeader, fallbackBehavior: "NO_MATCH" },
      scopeDownStatement: isHop,
    }),
  ];
}

function managed({ name }: RuleArgs, group: (typeof managedGroups)[number]): Omit<Rule, "priority"> {
  return {
    name: group.name,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: "AWS",
        name: group.name,
        ruleActionOverrides: group.countOnly.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      },
    },
    visibilityConfig: visibility(`${name}-${group.name}`),
  };
}

/** Metrics, and a sample of requests in the console. */
export function visibility(metricName: string): aws.types.input.wafv2.WebAclVisibilityConfig {
  return { metricName: metricName.slice(0, 128), cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true };
}
