import { z } from "zod";
import { isCustomerKey, requireCmkSettings } from "../../lib/encryption/customer-key";
import { defineRule } from "../../lib/rule";

/**
 * enc-dynamodb-at-rest: DynamoDB tables are encrypted as configured
 *
 * DynamoDB encrypts every table with a key of AWS's, so without settings nothing can be wrong. With `requireCmk` the
 * table and each replica name a key of the customer's. Undefined: passes.
 *
 * @severity low
 * @checkov CKV_AWS_119
 * @securityHub none
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html
 */
export const rule = defineRule({
  id: "enc-dynamodb-at-rest",
  family: "encryption",
  title: "DynamoDB tables are encrypted as configured",
  severity: "low",
  why: "With AWS's keys whoever may read an item may decrypt it; a key of your own adds a permission, a record of each use, and a way to withdraw it.",
  fix: "set `serverSideEncryption: { enabled: true, kmsKeyArn }`, and `kmsKeyArn` in each of `replicas`.",
  checkov: ["CKV_AWS_119"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html",
  unlessFree: "ft-kms-cmk",
  types: ["aws:dynamodb/table:Table", "aws:dynamodb/tableReplica:TableReplica"],
  settings: z.strictObject(requireCmkSettings),
  check({ type, props }, report, { requireCmk }) {
    if (!requireCmk) return;
    const problem = "the table is encrypted with a key of AWS's";
    if (type === "aws:dynamodb/tableReplica:TableReplica") {
      const key = props.at("kmsKeyArn");
      report.when(isCustomerKey(key).not(), key, problem);
      return;
    }
    const encryption = props.at("serverSideEncryption");
    const ownKey = encryption
      .at("enabled")
      .isTrue()
      .and(isCustomerKey(encryption.at("kmsKeyArn")));
    report.when(ownKey.not(), encryption, problem);
    for (const replica of props.at("replicas").elements()) {
      const key = replica.at("kmsKeyArn");
      report.when(isCustomerKey(key).not(), key, problem);
    }
  },
});
