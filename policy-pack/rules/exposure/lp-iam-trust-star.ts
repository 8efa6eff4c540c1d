import { reportEveryone } from "../../lib/iam/resource-policies";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-trust-star: No role can be taken on by everyone
 *
 * Allow with Principal "*" or {"AWS": "*"} in a role's trust policy. A Condition excuses it if it names accounts,
 * organisations, networks, or resources of an account, with an operator that fails when the key is absent; one that
 * only seems to (IfExists, ForAllValues, negated, a wildcard for the account, 0.0.0.0/0) does not. An external id is no
 * secret, so it does not either. Undefined: does not arise, a document is required.
 *
 * @severity critical
 * @checkov CKV_AWS_60
 * @securityHub none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export const rule = defineRule({
  id: "lp-iam-trust-star",
  family: "exposure",
  title: "No role can be taken on by everyone",
  severity: "critical",
  why: "Anyone with an AWS account of their own can take such a role.",
  fix: "name the accounts, roles or services in Principal.",
  checkov: ["CKV_AWS_60"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
  types: ["aws:iam/role:Role"],
  check({ props }, report) {
    reportEveryone(props.at("assumeRolePolicy"), report, "take the role");
  },
});
