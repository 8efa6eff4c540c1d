import { byCaller } from "../../lib/iam/conditions";
import { isEveryone } from "../../lib/iam/document";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * lp-lambda-perm-public: Functions and layers let in named principals only
 *
 * A permission for Principal "*" without the organisation, the account or the source that it is for. A layer for
 * everyone without an organisation counts too. Undefined: does not arise, the principal is required.
 *
 * @severity critical
 * @checkov CKV_AWS_301
 * @securityHub Lambda.1
 * @see https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
export const rule = defineRule({
  id: "lp-lambda-perm-public",
  family: "exposure",
  title: "Functions and layers let in named principals only",
  severity: "critical",
  why: "Anyone can then run the function at your cost and with its role, or read what the layer holds.",
  fix: "name the account, role or service as `principal`, or set `principalOrgId` (for a layer `organizationId`).",
  checkov: ["CKV_AWS_301"],
  securityHub: ["Lambda.1"],
  page: "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
  types: ["aws:lambda/permission:Permission", "aws:lambda/layerVersionPermission:LayerVersionPermission"],
  check({ props }, report) {
    const principal = props.at("principal");
    const names = ["principalOrgId", "organizationId", "sourceAccount"].map((each) => props.at(each).hasContent());
    const sourceArn = props.at("sourceArn");
    const isPattern = sourceArn.matches((arn) => !byCaller("aws:sourcearn")?.(String(arn)));
    // One that is made at the update is the ARN of a resource, and no pattern.
    const limited = Truth.any([...names, sourceArn.hasContent().and(Truth.of(isPattern.answer !== "yes"))]);
    report.when(isEveryone(principal).and(limited.not()), principal, "everyone may use it");
  },
});
