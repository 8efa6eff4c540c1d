import { z } from "zod";
import { actionCovers, type Statement } from "../../lib/iam/document";
import { identityPolicyTypes, identityStatements } from "../../lib/iam/identity-policies";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

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
      const open = statement.allows().and(statement.narrowed().not());
      const reached = (action: string): Truth => statement.reachesEverything(action.split(":", 1)[0]);
      for (const element of statement.actions) {
        const read = actions.filter((action) => actionCovers(element, action).answer !== "no");
        const truths = read.map((action) => actionCovers(element, action).and(reached(action)));
        report.when(open.and(Truth.any(truths)), element, `allows reading all data: ${read.slice(0, 3).join(", ")}`);
      }
      const left = actions.filter((action) => leavesIn(statement, action).answer !== "no");
      const truths = left.map((action) => leavesIn(statement, action).and(reached(action)));
      report.when(
        open.and(Truth.any(truths)),
        statement.notAction,
        `leaves in the reading of all data: ${left.slice(0, 3).join(", ")}`,
      );
    }
  },
});

/** Whether NotAction is given and does not name the action. */
function leavesIn({ notAction }: Statement, action: string): Truth {
  return notAction.isSet().and(Truth.any(notAction.elements().map((element) => actionCovers(element, action))).not());
}
