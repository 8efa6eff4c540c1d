import { defineRule } from "../../lib/rule";

/**
 * lp-lambda-url-auth: Function URLs ask for credentials
 *
 * authorizationType is AWS_IAM, which a CloudFront distribution with origin access control can sign for. Undefined:
 * does not arise, the type is required.
 *
 * @severity high
 * @checkov CKV_AWS_258
 * @securityHub none
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export const rule = defineRule({
  id: "lp-lambda-url-auth",
  family: "exposure",
  title: "Function URLs ask for credentials",
  severity: "high",
  why: "A URL without authorisation runs the function for anyone on the internet, at your cost.",
  fix: 'set `authorizationType: "AWS_IAM"`, and let CloudFront with origin access control or an API in front of it admit the public.',
  checkov: ["CKV_AWS_258"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
  types: ["aws:lambda/functionUrl:FunctionUrl"],
  check({ props }, report) {
    const type = props.at("authorizationType");
    report.when(type.equals("AWS_IAM").not(), type, "the URL is open to everyone");
  },
});
