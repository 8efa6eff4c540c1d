import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { reportOnEverything } from "../../lib/iam/reach";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-kms-decrypt-star: No policy allows decrypting with every key
 *
 * kms:Decrypt and kms:ReEncryptFrom on everything, or on all keys. A Condition such as kms:ViaService or
 * kms:EncryptionContext excuses it. Undefined: does not arise, a document is required.
 *
 * @severity medium
 * @checkov none
 * @securityHub KMS.1 KMS.2
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html
 */
export const rule = defineRule({
  id: "lp-iam-kms-decrypt-star",
  family: "exposure",
  title: "No policy allows decrypting with every key",
  severity: "medium",
  why: "The policies of most keys leave it to IAM who may use them, so this opens all that is encrypted in the account.",
  fix: "name the ARNs of the keys in Resource.",
  checkov: [],
  securityHub: ["KMS.1", "KMS.2"],
  page: "https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html",
  types: identityPolicyTypes,
  check(resource, report) {
    for (const statement of identityStatements(resource, report)) {
      reportOnEverything(statement, ["kms:Decrypt", "kms:ReEncryptFrom"], report, "decrypting with every key");
    }
  },
});
