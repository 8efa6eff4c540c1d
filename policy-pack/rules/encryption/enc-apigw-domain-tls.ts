import { defineRule } from "../../lib/rule";

/**
 * enc-apigw-domain-tls: API domains ask for TLS 1.2 or later
 *
 * Custom domains of REST, HTTP and WebSocket APIs have TLS_1_2 or one of the policies for REST APIs that begin with
 * SecurityPolicy_TLS12 or SecurityPolicy_TLS13. Undefined: violation.
 *
 * @severity medium
 * @checkov CKV_AWS_206
 * @securityHub none
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html
 */
export const rule = defineRule({
  id: "enc-apigw-domain-tls",
  family: "encryption",
  title: "API domains ask for TLS 1.2 or later",
  severity: "medium",
  why: "With TLS_1_0 a domain takes TLS 1.0 and 1.1 and old ciphers, to which an attacker on the way can talk a client down.",
  fix: 'set `securityPolicy: "TLS_1_2"` (HTTP and WebSocket APIs: in `domainNameConfiguration`).',
  checkov: ["CKV_AWS_206"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html",
  types: ["aws:apigateway/domainName:DomainName", "aws:apigatewayv2/domainName:DomainName"],
  check({ type, props }, report) {
    const holder = type === "aws:apigatewayv2/domainName:DomainName" ? props.at("domainNameConfiguration") : props;
    const policy = holder.at("securityPolicy");
    const outdated = policy.matches((name) => !/^(?:TLS_1_2$|SecurityPolicy_TLS1[23]_)/.test(String(name)));
    report.when(outdated, policy, "clients may use TLS 1.0 or 1.1");
  },
});
