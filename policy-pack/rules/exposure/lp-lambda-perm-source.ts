import { defineRule } from "../../lib/rule";

/**
 * lp-lambda-perm-source: Services may invoke a function only for a named source
 *
 * A permission for an AWS service carries `sourceArn` or `sourceAccount`; one that is unknown at preview is there all
 * the same. Permissions for accounts and roles need neither. Undefined: violation.
 *
 * @severity high
 * @checkov CKV_AWS_364
 * @securityHub Lambda.1
 * @see https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html
 */
export const rule = defineRule({
  id: "lp-lambda-perm-source",
  family: "exposure",
  title: "Services may invoke a function only for a named source",
  severity: "high",
  why: "Without a source the service may invoke the function for any AWS customer who points a resource of theirs at it.",
  fix: "set `sourceArn` to the bucket, API, rule or topic that invokes the function, or `sourceAccount` to your account's id.",
  checkov: ["CKV_AWS_364"],
  securityHub: ["Lambda.1"],
  page: "https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html",
  types: ["aws:lambda/permission:Permission"],
  check({ props }, report) {
    const isService = props.at("principal").matches((name) => /\.amazonaws\.com(\.cn)?$/i.test(String(name)));
    const hasSource = props.at("sourceArn").hasContent().or(props.at("sourceAccount").hasContent());
    const principal = props.at("principal").scalar();
    report.when(
      isService.and(hasSource.not()),
      "sourceArn",
      `${principal} may invoke the function for any AWS account`,
    );
  },
});
