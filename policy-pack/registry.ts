import type { Rule } from "./lib/rule";
import { rule as encEfsAtRest } from "./rules/encryption/enc-efs-at-rest";
import { rule as encS3AtRest } from "./rules/encryption/enc-s3-at-rest";
import { rule as encS3TlsOnly } from "./rules/encryption/enc-s3-tls-only";
import { rule as lpIamAdminStar } from "./rules/exposure/lp-iam-admin-star";
import { rule as lpIamDataExfil } from "./rules/exposure/lp-iam-data-exfil";
import { rule as lpIamResourceStarWrite } from "./rules/exposure/lp-iam-resource-star-write";
import { rule as lpLambdaPermSource } from "./rules/exposure/lp-lambda-perm-source";
import { rule as lpS3BpaPresent } from "./rules/exposure/lp-s3-bpa-present";
import { rule as lpSgSshOpen } from "./rules/exposure/lp-sg-ssh-open";
import { rule as lpSgUnrestrictedPorts } from "./rules/exposure/lp-sg-unrestricted-ports";
import { rule as logLoggroupRetention } from "./rules/logging/log-loggroup-retention";
import { rule as tagRequiredKeys } from "./rules/tagging/tag-required-keys";

/** All rules of the pack, in the order in which RULES.md lists them: by family, then by id. */
export const rules: readonly Rule[] = [
  tagRequiredKeys,
  encEfsAtRest,
  encS3AtRest,
  encS3TlsOnly,
  lpIamAdminStar,
  lpIamDataExfil,
  lpIamResourceStarWrite,
  lpLambdaPermSource,
  lpS3BpaPresent,
  lpSgSshOpen,
  lpSgUnrestrictedPorts,
  logLoggroupRetention,
];
