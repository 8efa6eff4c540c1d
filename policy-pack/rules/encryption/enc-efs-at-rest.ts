import { defineRule } from "../../lib/rule";

/**
 * enc-efs-at-rest: EFS file systems are encrypted at rest
 *
 * Any key will do: the AWS managed key protects as well and costs nothing. Undefined: violation, as the default is off.
 *
 * @severity high
 * @checkov CKV_AWS_42
 * @securityHub EFS.1
 * @see https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html
 */
export const rule = defineRule({
  id: "enc-efs-at-rest",
  family: "encryption",
  title: "EFS file systems are encrypted at rest",
  severity: "high",
  why: "EFS encrypts nothing unless told to, and encryption can only be chosen when the file system is made.",
  fix: "set `encrypted: true`. On an existing file system this makes a new one: copy the data first.",
  checkov: ["CKV_AWS_42"],
  securityHub: ["EFS.1"],
  page: "https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html",
  types: ["aws:efs/fileSystem:FileSystem"],
  check({ props }, report) {
    const encrypted = props.at("encrypted");
    report.when(encrypted.isTrue().not(), encrypted, "the file system is not encrypted");
  },
});
