import { isPlainHttp, listenerTypes } from "../../lib/encryption/listeners";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * enc-alb-https: Load balancers serve HTTP to redirect to HTTPS only
 *
 * An HTTP listener's default action is a redirect to HTTPS. Other protocols are not judged. Undefined: passes without a
 * port, as gateway load balancers have it; with one the listener is HTTP.
 *
 * @severity high
 * @checkov CKV_AWS_2 CKV2_AWS_20
 * @securityHub ELB.1
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-https-listener.html
 */
export const rule = defineRule({
  id: "enc-alb-https",
  family: "encryption",
  title: "Load balancers serve HTTP to redirect to HTTPS only",
  severity: "high",
  why: "Passwords, tokens and prompts that come in over HTTP can be read and changed on the way.",
  fix: 'use `protocol: "HTTPS"` with a certificate, or the default action { type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }.',
  checkov: ["CKV_AWS_2", "CKV2_AWS_20"],
  securityHub: ["ELB.1"],
  page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-https-listener.html",
  types: listenerTypes,
  check({ props }, report) {
    const redirects = props
      .at("defaultActions")
      .elements()
      .map((action) => action.at("type").equals("redirect").and(action.at("redirect", "protocol").equals("HTTPS")));
    report.when(
      isPlainHttp(props).and(Truth.any(redirects).not()),
      "protocol",
      "HTTP is served and not redirected to HTTPS",
    );
  },
});
