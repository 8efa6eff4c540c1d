import { z } from "zod";
import { distributionTypes } from "../../lib/encryption/cache-behaviors";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

const modern = /^TLSv1\.(?:2_(?:2019|20[2-9]\d)|3_20\d\d)$/;

/**
 * enc-cf-min-tls: CloudFront asks viewers for TLS 1.2 or later
 *
 * TLSv1.2_2019 or later. The certificate of *.cloudfront.net comes with TLSv1, which can not be changed, so it passes
 * unless `allowDefaultCertificate` is turned off. Undefined: violation, as the default is TLSv1.
 *
 * @severity medium
 * @checkov CKV_AWS_174
 * @securityHub CloudFront.15
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
 */
export const rule = defineRule({
  id: "enc-cf-min-tls",
  family: "encryption",
  title: "CloudFront asks viewers for TLS 1.2 or later",
  severity: "medium",
  why: "Older policies take TLS 1.0 and 1.1 and old ciphers, to which an attacker on the way can talk a client down.",
  fix: 'set `viewerCertificate.minimumProtocolVersion: "TLSv1.2_2021"`, which needs a certificate of your own.',
  checkov: ["CKV_AWS_174"],
  securityHub: ["CloudFront.15"],
  page: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html",
  types: distributionTypes,
  settings: z.strictObject({
    allowDefaultCertificate: z
      .boolean()
      .default(true)
      .describe("Whether the certificate of *.cloudfront.net passes, although it goes with TLS 1.0"),
  }),
  check({ props }, report, { allowDefaultCertificate }) {
    const certificate = props.at("viewerCertificate");
    const minimum = certificate.at("minimumProtocolVersion");
    const outdated = minimum.matches((version) => !modern.test(String(version)));
    const isDefault = certificate.at("cloudfrontDefaultCertificate").isTrue();
    const excused = isDefault.and(Truth.of(allowDefaultCertificate));
    report.when(outdated.and(excused.not()), minimum, "viewers may use TLS 1.0 or 1.1");
  },
});
