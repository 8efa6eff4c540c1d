import { z } from "zod";
import { conditionLimits, withinAccount } from "../../lib/iam/conditions";
import { statementsOf } from "../../lib/iam/identity-policies";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-trust-account-root: Trust in a whole account has a condition
 *
 * Allow for an account, as its number or its root, in a role's trust policy, without a Condition on an external id, on
 * a principal in that account, on its tags, on MFA, on the organisation or the network. Undefined: does not arise, a
 * document is required.
 *
 * @severity medium
 * @checkov CKV_AWS_61
 * @securityHub none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
 */
export const rule = defineRule({
  id: "lp-iam-trust-account-root",
  family: "exposure",
  title: "Trust in a whole account has a condition",
  severity: "medium",
  why: "Every principal of that account that may call sts:AssumeRole can take the role; a third party can be made to take it for someone else.",
  fix: 'name the role in Principal, or add { StringEquals: { "sts:ExternalId": "..." } } for a third party.',
  checkov: ["CKV_AWS_61"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html",
  types: ["aws:iam/role:Role"],
  settings: z.strictObject({
    trusted: z
      .array(z.string().regex(/^\d{12}$/))
      .default([])
      .describe("Accounts, such as one's own, that may be trusted as a whole"),
  }),
  check({ props }, report, { trusted }) {
    for (const statement of statementsOf(props.at("assumeRolePolicy"), report)) {
      const open = statement.allows().and(conditionLimits(statement.condition, withinAccount).not());
      for (const [, principal] of statement.principals) {
        const [, account] = /^(?:arn:[\w-]+:iam::)?(\d{12})(?::root)?$/.exec(String(principal.scalar())) ?? [];
        const isWhole = principal.matches(() => account !== undefined && !trusted.includes(account));
        report.when(open.and(isWhole), principal, `every principal of account ${account} may take the role`);
      }
    }
  },
});
