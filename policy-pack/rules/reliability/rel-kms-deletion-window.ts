import { z } from "zod";
import { defineRule } from "../../lib/rule";

const secretType = "aws:secretsmanager/secret:Secret";

/**
 * rel-kms-deletion-window: Deleted keys and secrets can be had back for a while
 *
 * Keys wait for the configured days at least before they are gone, and secrets wait at all. Undefined: passes, as the
 * default of both is 30 days.
 *
 * @severity low
 * @checkov none
 * @securityHub KMS.3
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
 */
export const rule = defineRule({
  id: "rel-kms-deletion-window",
  family: "reliability",
  title: "Deleted keys and secrets can be had back for a while",
  severity: "low",
  why: "With the key, everything that it encrypted is lost for good; a mistake has to be found before the window closes.",
  fix: "leave `deletionWindowInDays` (keys) and `recoveryWindowInDays` (secrets) out, or set them to 30.",
  checkov: [],
  securityHub: ["KMS.3"],
  page: "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html",
  types: [
    "aws:kms/key:Key",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/replicaExternalKey:ReplicaExternalKey",
    secretType,
  ],
  settings: z.strictObject({
    minDays: z.int().min(7).max(30).default(14).describe("Days that a deleted key can be had back at least"),
  }),
  check({ type, props }, report, { minDays }) {
    if (type === secretType) {
      const window = props.at("recoveryWindowInDays");
      report.when(window.equals(0), window, "a deleted secret is gone at once");
    } else {
      const window = props.at("deletionWindowInDays");
      const short = window.matches((days) => days !== undefined && Number(days) < minDays);
      report.when(
        short,
        window,
        `a deleted key is gone after ${window.scalar()} days, at least ${minDays} are asked for`,
      );
    }
  },
});
