import { setIf } from "../../lib/cure";
import { defineRule } from "../../lib/rule";
import type { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/**
 * enc-kms-rotation: KMS keys are rotated
 *
 * Symmetric encryption keys of KMS itself. Asymmetric and HMAC keys, and keys in custom and external stores, can not be
 * rotated by KMS. Undefined: violation, as the default is off.
 *
 * @severity medium
 * @checkov CKV_AWS_7
 * @securityHub KMS.4
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
 */
export const rule = defineRule({
  id: "enc-kms-rotation",
  family: "encryption",
  title: "KMS keys are rotated",
  severity: "medium",
  why: "The longer one key is in use, the more data is lost with it; rotation is automatic, and old data stays readable.",
  fix: "set `enableKeyRotation: true`.",
  checkov: ["CKV_AWS_7"],
  securityHub: ["KMS.4"],
  page: "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
  types: ["aws:kms/key:Key"],
  check({ props }, report) {
    const rotation = props.at("enableKeyRotation");
    report.when(stands(props), rotation, "the key is never rotated");
  },
  remedy: ({ props }) => setIf(stands(props), ["enableKeyRotation"], true),
});

function stands(props: Value): Truth {
  const symmetric = props
    .at("customerMasterKeySpec")
    .matches((spec) => (spec ?? "SYMMETRIC_DEFAULT") === "SYMMETRIC_DEFAULT");
  const elsewhere = props.at("customKeyStoreId").hasContent().or(props.at("xksKeyId").hasContent());
  return symmetric.and(elsewhere.not()).and(props.at("enableKeyRotation").isTrue().not());
}
