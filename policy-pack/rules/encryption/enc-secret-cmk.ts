import { z } from "zod";
import { isCustomerKey, requireCmkSettings } from "../../lib/encryption/customer-key";
import { defineRule } from "../../lib/rule";

/**
 * enc-secret-cmk: Secrets are encrypted as configured
 *
 * Secrets Manager encrypts every secret, so without settings nothing can be wrong. With `requireCmk` each secret and
 * each replica of one names a key of the customer's. Undefined: passes.
 *
 * @severity low
 * @checkov CKV_AWS_149
 * @securityHub none
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
export const rule = defineRule({
  id: "enc-secret-cmk",
  family: "encryption",
  title: "Secrets are encrypted as configured",
  severity: "low",
  why: "With AWS's key a secret can't be shared with another account, and who may read it needs no permission of the key's.",
  fix: "set `kmsKeyId`, also in each of `replicas`.",
  checkov: ["CKV_AWS_149"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
  unlessFree: "ft-kms-cmk",
  types: ["aws:secretsmanager/secret:Secret"],
  settings: z.strictObject(requireCmkSettings),
  check({ props }, report, { requireCmk }) {
    if (!requireCmk) return;
    for (const holder of [props, ...props.at("replicas").elements()]) {
      const key = holder.at("kmsKeyId");
      report.when(isCustomerKey(key).not(), key, "the secret is encrypted with a key of AWS's");
    }
  },
});
