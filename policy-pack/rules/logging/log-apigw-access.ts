import { defineRule } from "../../lib/rule";

/**
 * log-apigw-access: API stages log requests
 *
 * Stages of REST, HTTP and WebSocket APIs name a destination for access logs; its ARN need not be known. Undefined:
 * violation, as the default is none.
 *
 * @severity medium
 * @checkov CKV_AWS_76
 * @securityHub APIGateway.1 APIGateway.9
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
export const rule = defineRule({
  id: "log-apigw-access",
  family: "logging",
  title: "API stages log requests",
  severity: "medium",
  why: "What API Gateway refuses never reaches the function, so without access logs nothing tells why a client fails or who attacks.",
  fix: "set `accessLogSettings: { destinationArn: logGroup.arn, format }` on the stage.",
  checkov: ["CKV_AWS_76"],
  securityHub: ["APIGateway.1", "APIGateway.9"],
  page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
  types: ["aws:apigateway/stage:Stage", "aws:apigatewayv2/stage:Stage"],
  check({ props }, report) {
    const destination = props.at("accessLogSettings", "destinationArn");
    report.when(destination.hasContent().not(), destination, "requests are not logged");
  },
});
