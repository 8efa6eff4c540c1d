import { restrictableWrites, restrictableWritesExcept } from "../../lib/iam/actions";
import type { Statement } from "../../lib/iam/document";
import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/**
 * lp-iam-resource-star-write: Writes that can be limited to resources are
 *
 * Judges what an Allow on everything, or on everything of a service, lets change. Reads and actions that AWS can only
 * allow on "*" pass, by the table in tables/iam-actions.json. A Condition on the resource or the request excuses it.
 * Undefined: does not arise, a document is required.
 *
 * @severity high
 * @checkov CKV_AWS_290 CKV_AWS_355
 * @securityHub none
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export const rule = defineRule({
  id: "lp-iam-resource-star-write",
  family: "exposure",
  title: "Writes that can be limited to resources are",
  severity: "high",
  why: "A write allowed on every resource reaches those of all other systems in the account.",
  fix: 'name the ARNs in Resource, or keep the actions that need "*" in a statement of their own, or add a Condition on the resource.',
  checkov: ["CKV_AWS_290", "CKV_AWS_355"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
  types: identityPolicyTypes,
  check(resource, report) {
    for (const statement of identityStatements(resource, report)) {
      const open = statement.allows().and(statement.narrowed().not());
      for (const action of statement.actions) {
        const writes = restrictableWrites(String(action.scalar() ?? "*"));
        report.when(open.and(isKnown(action)).and(reaches(statement, writes)), action, problem(writes));
      }
      const excluded = statement.notAction.elements();
      if (excluded.length === 0) continue;
      const writes = restrictableWritesExcept(excluded.map((pattern) => String(pattern.scalar())));
      const known = Truth.all(excluded.map(isKnown));
      report.when(open.and(known).and(reaches(statement, writes)), statement.notAction, problem(writes));
    }
  },
});

function isKnown(value: Value): Truth {
  return value.matches(() => true);
}

function reaches(statement: Statement, writes: readonly string[]): Truth {
  const services = new Set(writes.map((action) => action.split(":", 1)[0]?.toLowerCase()));
  return Truth.any([...services].map((service) => statement.reachesEverything(service)));
}

function problem(writes: readonly string[]): string {
  const examples = writes.slice(0, 3).join(", ");
  const more = writes.length > 3 ? ` and ${writes.length - 3} more` : "";
  return `allows writes on every resource that could be limited: ${examples}${more}`;
}
