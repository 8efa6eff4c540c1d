import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { reportOnEverything } from "../../lib/iam/reach";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-passrole-star: No policy allows passing every role
 *
 * iam:PassRole on everything, or on all roles of an account. A Condition on iam:PassedToService or on the role excuses
 * it. Undefined: does not arise, a document is required.
 *
 * @severity high
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
 */
export const rule = defineRule({
  id: "lp-iam-passrole-star",
  family: "exposure",
  title: "No policy allows passing every role",
  severity: "high",
  why: "Whoever can pass any role to a service has the rights of the strongest one.",
  fix: 'name the ARNs of the roles in Resource, or add { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } } with the service that is meant.',
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
  types: identityPolicyTypes,
  check(resource, report) {
    for (const statement of identityStatements(resource, report)) {
      reportOnEverything(statement, ["iam:PassRole"], report, "passing every role");
    }
  },
});
