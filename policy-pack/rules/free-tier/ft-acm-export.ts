import { z } from "zod";
import { factSetting, prices } from "../../lib/free-tier/limits";
import { dollars } from "../../lib/free-tier/sums";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

const authorityType = "aws:acmpca/certificateAuthority:CertificateAuthority";

/**
 * ft-acm-export: Certificates are public and stay in AWS
 *
 * Certificates that can be exported, and private ones with the authority that issues them, are billed. Undefined: passes, a
 * certificate is public and can't be exported unless asked for.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/acm/latest/userguide/acm-exportable-certificates.html
 */
export const rule = defineRule({
  id: "ft-acm-export",
  family: "free-tier",
  title: "Certificates are public and stay in AWS",
  severity: "medium",
  why: "Public certificates for use in AWS are free; one that can be exported is billed at each issue, and a private authority each month.",
  fix: "leave out `options.export` and `certificateAuthorityArn`, and end TLS at CloudFront, API Gateway or a load balancer.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/acm/latest/userguide/acm-exportable-certificates.html",
  types: ["aws:acm/certificate:Certificate", authorityType],
  settings: z.strictObject({ authorityPrice: factSetting(prices.privateCaMonth, "What a private authority costs") }),
  check({ type, props }, report, { authorityPrice }) {
    const problem = `a private certificate authority costs ${dollars(authorityPrice)} a month`;
    report.when(Truth.of(type === authorityType), "", problem);
    const exported = props.at("options", "export");
    report.when(exported.equals("ENABLED"), exported, "a certificate that can be exported is billed at each issue");
    const authority = props.at("certificateAuthorityArn");
    report.when(authority.hasContent(), authority, "private certificates are billed");
  },
});
