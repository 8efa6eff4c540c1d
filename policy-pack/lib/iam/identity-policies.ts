import type { Reporter, ResourceView } from "../rule";
import type { Value } from "../value";
import { readDocument, type Statement } from "./document";

/** The types that carry identity-based policy documents. */
export const identityPolicyTypes = [
  "aws:iam/policy:Policy",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/userPolicy:UserPolicy",
  "aws:iam/groupPolicy:GroupPolicy",
  "aws:iam/role:Role",
  "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
] as const;

/** The statements of all identity-based documents in a resource. */
export function identityStatements({ props }: ResourceView, report: Reporter): readonly Statement[] {
  const inline = props.at("inlinePolicies").elements();
  const documents = [props.at("policy"), props.at("inlinePolicy"), ...inline.map((each) => each.at("policy"))];
  return documents.flatMap((document) => statementsOf(document, report));
}

/**
 * The statements of a document. One that is no JSON cannot be judged; it is reported, since letting it pass would let
 * anything pass.
 */
export function statementsOf(value: Value, report: Reporter): readonly Statement[] {
  const document = readDocument(value);
  if ("statements" in document) return document.statements;
  report.when(
    document.malformed,
    value,
    "the policy document is not valid JSON, so nothing is known of what it allows",
  );
  return [];
}
