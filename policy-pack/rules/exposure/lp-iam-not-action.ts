import { identityPolicyTypes, identityStatements, statementsOf } from "../../lib/iam/identity-policies";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-not-action: No policy allows all but what it names
 *
 * Allow with NotAction, NotResource or NotPrincipal, in identity policies and in the trust policies of roles. A
 * Condition is no excuse. Undefined: does not arise, a document is required.
 *
 * @severity high
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
 */
export const rule = defineRule({
  id: "lp-iam-not-action",
  family: "exposure",
  title: "No policy allows all but what it names",
  severity: "high",
  why: "What such a statement allows grows with every action, resource and principal that comes to be, and nobody reads it off the page.",
  fix: "name what is allowed in Action, Resource and Principal, or turn the statement into a Deny.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html",
  types: identityPolicyTypes,
  check(resource, report) {
    const trust = statementsOf(resource.props.at("assumeRolePolicy"), report);
    for (const statement of [...identityStatements(resource, report), ...trust]) {
      for (const element of [statement.notAction, statement.notResource, statement.notPrincipal]) {
        report.when(statement.allows().and(element.isSet()), element, "allows everything but what it names");
      }
    }
  },
});
