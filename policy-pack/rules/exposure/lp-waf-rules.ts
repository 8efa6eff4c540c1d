import { defineRule } from "../../lib/rule";
import { refersTo, type StackResource, type StackView, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

/**
 * lp-waf-rules: Web ACLs have rules
 *
 * Rules inline, as JSON, or as resources of their own; an ACL that blocks by default does something without any.
 * Undefined: violation.
 *
 * @severity medium
 * @checkov CKV_AWS_175
 * @securityHub WAF.10
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html
 */
export const rule = defineRule({
  id: "lp-waf-rules",
  family: "exposure",
  title: "Web ACLs have rules",
  severity: "medium",
  why: "A web ACL without rules lets everything pass, looks like protection and costs money.",
  fix: "add rules to `rules`: a rate-based one, and AWSManagedRulesCommonRuleSet.",
  checkov: ["CKV_AWS_175"],
  securityHub: ["WAF.10"],
  page: "https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html",
  types: [],
  checkStack(stack, report) {
    for (const acl of stack.ofType("aws:wafv2/webAcl:WebAcl")) {
      const inline = Truth.any(
        written(acl, "rules")
          .elements()
          .map((each) => each.isSet()),
      );
      const asJson = written(acl, "ruleJson").hasContent();
      const blocks = acl.props.at("defaultAction", "block").isSet();
      const hasRules = inline.or(asJson).or(blocks).or(hasRuleResources(stack, acl));
      report.on(acl).when(hasRules.not(), "rules", "the web ACL has no rules");
    }
  },
});

function hasRuleResources(stack: StackView, acl: StackResource): Truth {
  const resources = stack.ofType(
    "aws:wafv2/webAclRule:WebAclRule",
    "aws:wafv2/webAclRuleGroupAssociation:WebAclRuleGroupAssociation",
  );
  return Truth.any(resources.map((resource) => refersTo(resource, "webAclArn", acl, ["arn"])));
}
