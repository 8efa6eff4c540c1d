import { z } from "zod";
import { setIf } from "../../lib/cure";
import { listenerTypes } from "../../lib/encryption/listeners";
import { defineRule } from "../../lib/rule";
import type { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/** Such as ELBSecurityPolicy-TLS13-1-2-Res-2021-06, -TLS-1-2-Ext-2018-06 and -FS-1-2-2019-08. */
const modern = /^ELBSecurityPolicy-(?:TLS13-1-[23]|TLS-1-2|FS-1-2)(?:-[A-Za-z][A-Za-z0-9]*)*-20\d\d-\d\d$/;

/**
 * enc-alb-tls-policy: TLS listeners ask for TLS 1.2 or later
 *
 * HTTPS and TLS listeners name one of AWS's policies that begin at TLS 1.2 or 1.3, by its exact form. Undefined:
 * violation, as the default is ELBSecurityPolicy-2016-08.
 *
 * @severity high
 * @checkov CKV_AWS_103 CKV2_AWS_74
 * @securityHub none
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
export const rule = defineRule({
  id: "enc-alb-tls-policy",
  family: "encryption",
  title: "TLS listeners ask for TLS 1.2 or later",
  severity: "high",
  why: "The default policy takes TLS 1.0 and 1.1 and old ciphers, to which an attacker on the way can talk a client down.",
  fix: 'set `sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"`, or another of the policies for TLS 1.2 and later.',
  checkov: ["CKV_AWS_103", "CKV2_AWS_74"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html",
  types: listenerTypes,
  settings: z.strictObject({
    remedyPolicy: z
      .string()
      .regex(modern)
      .default("ELBSecurityPolicy-TLS13-1-2-Res-2021-06")
      .describe("Policy that remediation sets"),
  }),
  check({ props }, report) {
    const policy = props.at("sslPolicy");
    report.when(isOutdated(props), policy, "clients may use TLS 1.0 or 1.1");
  },
  remedy: ({ props }, { remedyPolicy }) => setIf(isOutdated(props), ["sslPolicy"], remedyPolicy),
});

function isOutdated(props: Value): Truth {
  const isTls = props.at("protocol").equals("HTTPS", "TLS");
  return isTls.and(props.at("sslPolicy").matches((name) => !modern.test(String(name))));
}
