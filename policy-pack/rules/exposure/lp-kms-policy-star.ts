import { reportEveryone } from "../../lib/iam/resource-policies";
import { defineRule } from "../../lib/rule";

/**
 * lp-kms-policy-star: Key policies let in named principals only
 *
 * Allow with Principal "*" in the policy of a KMS key. In a key policy Resource "*" is the key itself and no finding. A
 * Condition excuses it if it names accounts, organisations, networks, or resources of an account, with an operator that
 * fails when the key is absent; one that only seems to (IfExists, ForAllValues, negated, a wildcard for the account,
 * 0.0.0.0/0) does not. Undefined: passes, as the default lets in the own account.
 *
 * @severity critical
 * @checkov CKV_AWS_33
 * @securityHub KMS.5
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
 */
export const rule = defineRule({
  id: "lp-kms-policy-star",
  family: "exposure",
  title: "Key policies let in named principals only",
  severity: "critical",
  why: "Anyone in any account can then decrypt with the key, or whatever else the statement allows.",
  fix: 'name the account or the roles in Principal, or add { StringEquals: { "kms:CallerAccount": accountId } }.',
  checkov: ["CKV_AWS_33"],
  securityHub: ["KMS.5"],
  page: "https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html",
  types: [
    "aws:kms/key:Key",
    "aws:kms/keyPolicy:KeyPolicy",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/replicaExternalKey:ReplicaExternalKey",
  ],
  check({ props }, report) {
    reportEveryone(props.at("policy"), report, "use the key");
  },
});
