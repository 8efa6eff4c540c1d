import { setIf } from "../../lib/cure";
import { defineRule } from "../../lib/rule";

/**
 * enc-ebs-default: EBS encryption by default stays on
 *
 * The setting holds for all of the account in the region. Undefined: passes, the resource is there to turn it on.
 *
 * @severity medium
 * @checkov CKV_AWS_106
 * @securityHub EC2.7
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
 */
export const rule = defineRule({
  id: "enc-ebs-default",
  family: "encryption",
  title: "EBS encryption by default stays on",
  severity: "medium",
  why: "Turned off, every volume that somebody makes without thinking of encryption is unencrypted, also those of other stacks in the region.",
  fix: "set `enabled: true`, or remove the property.",
  checkov: ["CKV_AWS_106"],
  securityHub: ["EC2.7"],
  page: "https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html",
  types: ["aws:ebs/encryptionByDefault:EncryptionByDefault"],
  check({ props }, report) {
    const enabled = props.at("enabled");
    report.when(enabled.equals(false), enabled, "EBS encryption by default is turned off");
  },
  remedy: ({ props }) => setIf(props.at("enabled").equals(false), ["enabled"], true),
});
