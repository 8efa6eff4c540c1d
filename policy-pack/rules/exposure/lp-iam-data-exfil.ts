import { z } from "zod";
import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { reportOnEverything } from "../../lib/iam/reach";
import { defineRule } from "../../lib/rule";

/**
 * lp-iam-data-exfil: No policy allows reading all data of a service
 *
 * Objects, secrets, parameters and table contents on everything, or on everything of that service. A Condition on the
 * resource or the request excuses it. Undefined: does not arise, a document is required.
 *
 * @severity high
 * @checkov CKV_AWS_288
 * @securityHub none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
 */
export const rule = defineRule({
  id: "lp-iam-data-exfil",
  family: "exposure",
  title: "No policy allows reading all data of a service",
  severity: "high",
  why: "One leaked credential then gives away every bucket, secret or table of the account.",
  fix: "name the ARNs of the buckets, secrets, parameters or tables that are read in Resource.",
  checkov: ["CKV_AWS_288"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
  types: identityPolicyTypes,
  settings: z.strictObject({
    actions: z
      .array(z.string().regex(/^[\w-]+:\w+$/))
      .default([
        "s3:GetObject",
        "s3:GetObjectVersion",
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "ssm:GetParameterHistory",
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:PartiQLSelect",
        "dynamodb:GetRecords",
        "dynamodb:ExportTableToPointInTime",
        "rds-data:ExecuteStatement",
        "rds-data:BatchExecuteStatement",
        "rds:DownloadDBLogFilePortion",
      ])
      .describe("Actions that return stored data"),
  }),
  check(resource, report, { actions }) {
    for (const statement of identityStatements(resource, report)) {
      reportOnEverything(statement, actions, report, "reading all data");
    }
  },
});
