import { escalationPaths, opensPath } from "../../lib/iam/escalation";
import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { examples } from "../../lib/iam/reach";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * lp-iam-priv-esc: No policy lets its holder take on more rights
 *
 * The known ways to more rights, of one action or of several in all documents of a resource, as listed in
 * lib/iam/escalation.ts. A Condition on the resource or the request excuses a statement; one on iam:PassedToService
 * only the ways through other services. Undefined: does not arise, a document is required.
 *
 * @severity high
 * @checkov CKV_AWS_286
 * @securityHub none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export const rule = defineRule({
  id: "lp-iam-priv-esc",
  family: "exposure",
  title: "No policy lets its holder take on more rights",
  severity: "high",
  why: "Such a permission is worth as much as the strongest role or user in the account, whatever else the policy leaves out.",
  fix: "name the ARNs of the roles, users, policies or functions in Resource, or take one of the actions away.",
  checkov: ["CKV_AWS_286"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
  types: identityPolicyTypes,
  check(resource, report) {
    const statements = identityStatements(resource, report);
    for (const statement of statements) {
      const paths = escalationPaths.map((path) => ({ path, open: opensPath(statement, path, statements) }));
      const open = paths.filter((each) => each.open.answer === "yes").map(({ path }) => path.actions.join(" + "));
      report.when(Truth.any(paths.map((each) => each.open)), statement.path, `gives more rights by ${examples(open)}`);
    }
  },
});
