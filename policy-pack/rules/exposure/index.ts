import type { Rule } from "../../lib/rule";
import { rule as lpIamAdminStar } from "./lp-iam-admin-star";
import { rule as lpIamDataExfil } from "./lp-iam-data-exfil";
import { rule as lpIamResourceStarWrite } from "./lp-iam-resource-star-write";
import { rule as lpLambdaPermSource } from "./lp-lambda-perm-source";
import { rule as lpS3BpaPresent } from "./lp-s3-bpa-present";
import { rule as lpSgSshOpen } from "./lp-sg-ssh-open";
import { rule as lpSgUnrestrictedPorts } from "./lp-sg-unrestricted-ports";

/** The rules of the family exposure, by id. */
export const rules: readonly Rule[] = [
  lpIamAdminStar,
  lpIamDataExfil,
  lpIamResourceStarWrite,
  lpLambdaPermSource,
  lpS3BpaPresent,
  lpSgSshOpen,
  lpSgUnrestrictedPorts,
];
