import { z } from "zod";
import { factSetting, prices } from "../../lib/free-tier/limits";
import { dollars } from "../../lib/free-tier/sums";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * ft-kms-cmk: There is no customer managed KMS key
 *
 * Keys, replica keys and keys with imported material. Undefined: violation, there is nothing to set that makes one free.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
 */
export const rule = defineRule({
  id: "ft-kms-cmk",
  family: "free-tier",
  title: "There is no customer managed KMS key",
  severity: "medium",
  why: "A key is billed each month from its creation until the end of its deletion window, and more after it was rotated; keys that AWS manages are free.",
  fix: "leave out the key id, so that the service's own key (such as `alias/aws/s3`) encrypts.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html",
  types: [
    "aws:kms/key:Key",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/replicaExternalKey:ReplicaExternalKey",
  ],
  settings: z.strictObject({ monthPrice: factSetting(prices.kmsKeyMonth, "What a key costs") }),
  check(_, report, { monthPrice }) {
    report.when(Truth.yes, "", `the key costs ${dollars(monthPrice)} a month, and more after it was rotated`);
  },
});
