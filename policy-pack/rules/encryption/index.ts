import type { Rule } from "../../lib/rule";
import { rule as encEfsAtRest } from "./enc-efs-at-rest";
import { rule as encS3AtRest } from "./enc-s3-at-rest";
import { rule as encS3TlsOnly } from "./enc-s3-tls-only";

/** The rules of the family encryption, by id. */
export const rules: readonly Rule[] = [encEfsAtRest, encS3AtRest, encS3TlsOnly];
