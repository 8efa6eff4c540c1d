import { conditionLimits, type Limits } from "../../lib/iam/conditions";
import { statementsOf } from "../../lib/iam/identity-policies";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/**
 * lp-iam-oidc-sub: Trust in an OIDC provider names who may come
 *
 * Allow for an OpenID Connect provider, such as GitHub Actions or an EKS cluster, without a Condition on its sub (for
 * Cognito identity pools: aud) that names at least the organisation, project or namespace. Undefined: does not arise, a
 * document is required.
 *
 * @severity high
 * @checkov CKV_AWS_393
 * @securityHub none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
 */
export const rule = defineRule({
  id: "lp-iam-oidc-sub",
  family: "exposure",
  title: "Trust in an OIDC provider names who may come",
  severity: "high",
  why: "The provider speaks for all of its customers: without the subject any GitHub repository, or any pod of the cluster, can take the role.",
  fix: 'add { StringLike: { "token.actions.githubusercontent.com:sub": "repo:my-org/my-repository:*" } } with your own.',
  checkov: ["CKV_AWS_393"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
  types: ["aws:iam/role:Role"],
  check({ props }, report) {
    for (const statement of statementsOf(props.at("assumeRolePolicy"), report)) {
      const open = statement.allows().and(conditionLimits(statement.condition, bySubject).not());
      for (const [kind, principal] of statement.principals) {
        const federated = Truth.of(kind === "Federated" || kind === "?");
        report.when(
          Truth.all([open, federated, isOidcProvider(principal)]),
          principal,
          "every identity of the provider may take the role, as no Condition on its sub names any",
        );
      }
    }
  },
});

function isOidcProvider(principal: Value): Truth {
  return principal.matches((name) =>
    /:oidc-provider\/|^(accounts\.google|cognito-identity\.amazonaws)\.com$/.test(String(name)),
  );
}

const bySubject: Limits = (key) => {
  if (key === "cognito-identity.amazonaws.com:aud") return (pool) => !/[*?]/.test(pool);
  return key.endsWith(":sub") ? namesSubject : undefined;
};

/**
 * Whether a subject names an organisation, project or namespace: "repo:my-org/*", "system:serviceaccount:web:*". GitHub
 * lets subjects begin with claims that any repository can have.
 */
function namesSubject(subject: string): boolean {
  if (/^(base_ref|context|environment|head_ref|ref|workflow):/.test(subject)) return false;
  return /^[^*?/:@]+([/:@]|$)/.test(subject.replace(/^(system:serviceaccount|[\w-]+):/, ""));
}
