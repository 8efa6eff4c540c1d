import { describe, expect, test } from "vitest";
import { type Json, unknown } from "../../support/policy-harness";
import { cases, type Props, remediate } from "./cases";
import { pass, unverifiable, violation } from "./rules";

describe.each([
  ["aws:cloudfront/distribution:Distribution", "orderedCacheBehaviors"],
  ["aws:cloudfront/multitenantDistribution:MultitenantDistribution", "cacheBehaviors"],
])("%s", (type, list) => {
  const via = (viewerProtocolPolicy: Json) => ({ viewerProtocolPolicy });
  const behaviors = (policy: Json, ...others: readonly Json[]): Props => ({
    defaultCacheBehavior: via(policy),
    [list]: others.map(via),
  });

  describe("enc-cf-viewer-https", () => {
    const id = "enc-cf-viewer-https";
    const problem = "viewers may use HTTP";

    cases(id, type, [
      ["passes redirects and HTTPS only", behaviors("redirect-to-https", "https-only"), pass],
      [
        "refuses allow-all anywhere",
        behaviors("allow-all", "https-only", "allow-all"),
        violation(
          `defaultCacheBehavior.viewerProtocolPolicy: ${problem}`,
          `${list}[1].viewerProtocolPolicy: ${problem}`,
        ),
      ],
      ["refuses an undefined policy", {}, violation(`defaultCacheBehavior.viewerProtocolPolicy: ${problem}`)],
      [
        "judges the others beside an unknown",
        behaviors(unknown, "allow-all"),
        {
          violations: [`${list}[0].viewerProtocolPolicy: ${problem}`],
          unknowns: ["defaultCacheBehavior.viewerProtocolPolicy"],
        },
      ],
      ["cannot judge unknown behaviors", { ...behaviors("https-only"), [list]: unknown }, unverifiable(list)],
      ["cannot judge an unknown default", { defaultCacheBehavior: unknown }, unverifiable("defaultCacheBehavior")],
    ]);

    test("remediation redirects where HTTP is allowed, and nowhere else", async () => {
      expect(await remediate(id, type, behaviors("allow-all", "https-only", "allow-all", unknown))).toEqual(
        behaviors("redirect-to-https", "https-only", "redirect-to-https", unknown),
      );
      expect(await remediate(id, type, behaviors("https-only"))).toBeUndefined();
      expect(await remediate(id, type, { ...behaviors("https-only"), [list]: unknown })).toBeUndefined();
    });
  });

  describe("enc-cf-min-tls", () => {
    const refused = violation("viewerCertificate.minimumProtocolVersion: viewers may use TLS 1.0 or 1.1");
    const certificate = (viewerCertificate: Json): Props => ({ viewerCertificate });
    const least = (minimumProtocolVersion: Json): Props => certificate({ minimumProtocolVersion });
    const strict = { allowDefaultCertificate: false };

    cases("enc-cf-min-tls", type, [
      ["passes the policies of 2019 and later", least("TLSv1.2_2019"), pass],
      ["passes that of 2021", least("TLSv1.2_2021"), pass],
      ["passes TLS 1.3", least("TLSv1.3_2025"), pass],
      ["refuses that of 2018", least("TLSv1.2_2018"), refused],
      ["refuses TLS 1.0", least("TLSv1"), refused],
      ["refuses TLS 1.1", least("TLSv1.1_2016"), refused],
      ["refuses what only begins well", least("TLSv1.2_2021x"), refused],
      ["refuses an undefined version, whose default is TLSv1", certificate({ acmCertificateArn: unknown }), refused],
      ["refuses an undefined certificate", {}, refused],
      ["passes the certificate of *.cloudfront.net", certificate({ cloudfrontDefaultCertificate: true }), pass],
      ["refuses that where it is not allowed", certificate({ cloudfrontDefaultCertificate: true }), refused, strict],
      ["refuses one that it is said not to be", certificate({ cloudfrontDefaultCertificate: false }), refused],
      ["cannot judge an unknown version", least(unknown), unverifiable("viewerCertificate.minimumProtocolVersion")],
      [
        "cannot judge whether it is that of *.cloudfront.net",
        certificate({ cloudfrontDefaultCertificate: unknown }),
        unverifiable("viewerCertificate.cloudfrontDefaultCertificate"),
      ],
      ["cannot judge an unknown certificate", certificate(unknown), unverifiable("viewerCertificate")],
    ]);
  });

  describe("enc-cf-origin-tls", () => {
    const policyPath = "origins[0].customOriginConfig.originProtocolPolicy";
    const protocolPath = "origins[0].customOriginConfig.originSslProtocols";
    const overHttp = violation(`${policyPath}: the origin is reached over HTTP`);
    const origin = (originProtocolPolicy: Json, originSslProtocols: Json = ["TLSv1.2"]) => ({
      customOriginConfig: { originProtocolPolicy, originSslProtocols },
    });
    const distribution = (viewers: Json, ...origins: readonly Json[]): Props => ({ ...behaviors(viewers), origins });

    cases("enc-cf-origin-tls", type, [
      ["passes HTTPS only", distribution("allow-all", origin("https-only")), pass],
      ["passes S3 origins, which have no customOriginConfig", distribution("allow-all", { s3OriginConfig: {} }), pass],
      ["passes undefined origins", {}, pass],
      ["passes match-viewer where viewers use HTTPS", distribution("redirect-to-https", origin("match-viewer")), pass],
      ["refuses it where they may not", distribution("allow-all", origin("match-viewer")), overHttp],
      [
        "refuses it where one cache behavior lets them",
        { ...behaviors("https-only", "allow-all"), origins: [origin("match-viewer")] },
        overHttp,
      ],
      ["refuses HTTP, whatever TLS it would use", distribution("https-only", origin("http-only", ["SSLv3"])), overHttp],
      ["refuses an undefined policy", distribution("https-only", { customOriginConfig: {} }), overHttp],
      [
        "refuses each outdated protocol",
        distribution("https-only", origin("https-only", ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"])),
        violation(
          `${protocolPath}[0]: the origin may be reached over SSLv3`,
          `${protocolPath}[1]: the origin may be reached over TLSv1`,
          `${protocolPath}[2]: the origin may be reached over TLSv1.1`,
        ),
      ],
      [
        "judges the others beside an unknown",
        distribution("https-only", origin(unknown, [unknown, "TLSv1"]), origin("http-only")),
        {
          violations: ["origins[1].customOriginConfig.originProtocolPolicy: the origin is reached over HTTP"],
          unknowns: [policyPath, `${protocolPath}[0]`],
        },
      ],
      [
        "cannot judge match-viewer when a viewer policy is unknown",
        distribution(unknown, origin("match-viewer")),
        unverifiable("defaultCacheBehavior.viewerProtocolPolicy"),
      ],
      ["needs no viewer policy for HTTPS only", distribution(unknown, origin("https-only")), pass],
      ["cannot judge unknown origins", { ...behaviors("https-only"), origins: unknown }, unverifiable("origins")],
      [
        "cannot judge an unknown configuration",
        distribution("https-only", { customOriginConfig: unknown }),
        unverifiable("origins[0].customOriginConfig"),
      ],
    ]);
  });
});
