import { z } from "zod";
import { factSetting, prices } from "../../lib/free-tier/limits";
import { dollars } from "../../lib/free-tier/sums";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * ft-waf: There is no web ACL
 *
 * Of WAFv2 and of both older kinds. Undefined: violation, there is nothing to set that makes one free.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html
 */
export const rule = defineRule({
  id: "ft-waf",
  family: "free-tier",
  title: "There is no web ACL",
  severity: "medium",
  why: "A web ACL is billed each month, each of its rules too, and every million requests that it looks at.",
  fix: "limit requests by API Gateway's throttling or usage plans; CloudFront's flat-rate Free plan has a web ACL, but the provider can't choose it.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html",
  types: ["aws:wafv2/webAcl:WebAcl", "aws:waf/webAcl:WebAcl", "aws:wafregional/webAcl:WebAcl"],
  settings: z.strictObject({
    aclPrice: factSetting(prices.webAclMonth, "What a web ACL costs"),
    rulePrice: factSetting(prices.webAclRuleMonth, "What a rule of it costs"),
  }),
  check({ props }, report, { aclPrice, rulePrice }) {
    const rules = props.at("rules").elements().length;
    report.when(
      Truth.yes,
      "",
      `the web ACL with its rules (${rules}) costs ${dollars(aclPrice + rules * rulePrice)} a month`,
    );
  },
});
