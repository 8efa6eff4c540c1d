import type { Reporter, ResourceView } from "../rule";
import { readDocument, type Statement } from "./document";

/** The types that carry identity-based policy documents. */
export const identityPolicyTypes = [
  "aws:iam/policy:Policy",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/userPolicy:UserPolicy",
  "aws:iam/groupPolicy:GroupPolicy",
  "aws:iam/role:Role",
] as const;

/**
 * The statements of all identity-based documents in a resource. A document that is no JSON cannot be judged; it is
 * reported, since letting it pass would let anything pass.
 */
export function identityStatements({ props }: ResourceView, report: Reporter): readonly Statement[] {
  const documents = [
    props.at("policy"),
    ...props
      .at("inlinePolicies")
      .elements()
      .map((inline) => inline.at("policy")),
  ];
  return documents.flatMap((value) => {
    const document = readDocument(value);
    if ("statements" in document) return document.statements;
    report.when(
      document.malformed,
      value,
      "the policy document is not valid JSON, so nothing is known of what it allows",
    );
    return [];
  });
}
