import { defineRule } from "../../lib/rule";

/**
 * enc-acm-key: Certificates have strong keys
 *
 * RSA keys have 2048 bits or more; elliptic curve keys are all strong enough. Undefined: passes, as the default is
 * RSA_2048; the key of an imported certificate is not judged.
 *
 * @severity medium
 * @checkov none
 * @securityHub ACM.2
 * @see https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html
 */
export const rule = defineRule({
  id: "enc-acm-key",
  family: "encryption",
  title: "Certificates have strong keys",
  severity: "medium",
  why: "RSA keys of 1024 bits are within reach of a well-funded attacker, and browsers refuse them.",
  fix: 'remove `keyAlgorithm` (RSA_2048 is the default), or set it to "EC_prime256v1".',
  checkov: [],
  securityHub: ["ACM.2"],
  page: "https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html",
  types: ["aws:acm/certificate:Certificate"],
  check({ props }, report) {
    const algorithm = props.at("keyAlgorithm");
    const weak = algorithm.matches((name) => Number(/^RSA_(\d+)$/.exec(String(name))?.[1] ?? 2048) < 2048);
    report.when(weak, algorithm, `${algorithm.scalar()} keys are too short`);
  },
});
