import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Certificate } from "./certificate";
import { clientIpHeader, countedAtEdge, type HopProof, hopProofHeader } from "./hop-proof";

type Origin = aws.types.input.cloudfront.DistributionOrigin;
type Behavior = aws.types.input.cloudfront.DistributionDefaultCacheBehavior;

/** AWS's own policies, the same in every account. Sources: using-managed-cache-policies.html and using-managed-origin-request-policies.html of the CloudFront Developer Guide */
export const managedPolicies = {
  cachingDisabled: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  cachingOptimized: "658327ea-f89d-4fab-a63d-7e88639e58f6",
  allViewerExceptHostHeader: "b689b0a8-53d0-40ab-baf2-68738e2966ac",
} as const;

export const originIds = { files: "files", loadBalancer: "load-balancer" } as const;

const readOnly = ["GET", "HEAD", "OPTIONS"];
const everyMethod = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];

/** Files of a bucket, read with a signature of the distribution's. */
export function filesOrigin(domainName: string, accessControlId: pulumi.Input<string>): Origin {
  return { originId: originIds.files, domainName, originAccessControlId: accessControlId };
}

/** A load balancer, or an API in front of it, reached over the scheme it serves. */
export function loadBalancerOrigin(args: {
  readonly domainName: pulumi.Input<string>;
  readonly scheme: "http" | "https";
  readonly path: string | undefined;
  readonly readTimeoutSeconds: number;
  readonly proof: HopProof | undefined;
}): Origin {
  return {
    originId: originIds.loadBalancer,
    domainName: args.domainName,
    ...(args.path === undefined ? {} : { originPath: args.path }),
    customOriginConfig: {
      httpPort: 80,
      httpsPort: 443,
      originProtocolPolicy: `${args.scheme}-only`,
      originSslProtocols: ["TLSv1.2"],
      originReadTimeout: args.readTimeoutSeconds,
      // Shorter than the load balancer's idle time-out, so that CloudFront never uses a connection that was just closed.
      originKeepaliveTimeout: 30,
    },
    customHeaders: [
      { name: clientIpHeader, value: countedAtEdge },
      ...(args.proof === undefined ? [] : [{ name: hopProofHeader, value: args.proof }]),
    ],
  };
}

/** Answers from the bucket, compressed and kept as long as each file's Cache-Control says. */
export function filesBehavior(responseHeadersPolicyId: pulumi.Input<string>): Behavior {
  return {
    ...common(responseHeadersPolicyId),
    targetOriginId: originIds.files,
    allowedMethods: readOnly,
    cachePolicyId: managedPolicies.cachingOptimized,
    compress: true,
  };
}

/** Answers from the load balancer, passed on as they come: neither kept nor compressed, which would hold back events until there are enough to compress. */
export function liveBehavior(responseHeadersPolicyId: pulumi.Input<string>): Behavior {
  return {
    ...common(responseHeadersPolicyId),
    targetOriginId: originIds.loadBalancer,
    allowedMethods: everyMethod,
    cachePolicyId: managedPolicies.cachingDisabled,
    // All the viewer sends but Host, which must be the load balancer's own for its certificate.
    originRequestPolicyId: managedPolicies.allViewerExceptHostHeader,
    compress: false,
  };
}

/** Answers from the load balancer that are the same for everyone, such as an application's scripts. */
export function keptBehavior(responseHeadersPolicyId: pulumi.Input<string>): Behavior {
  return { ...filesBehavior(responseHeadersPolicyId), targetOriginId: originIds.loadBalancer };
}

function common(responseHeadersPolicyId: pulumi.Input<string>) {
  return {
    viewerProtocolPolicy: "redirect-to-https",
    cachedMethods: ["GET", "HEAD"],
    responseHeadersPolicyId,
  };
}

/** The distribution's own certificate, or that of *.cloudfront.net, whose least TLS version AWS fixes. */
export function viewerCertificate(
  certificate: Certificate | undefined,
): aws.types.input.cloudfront.DistributionViewerCertificate {
  if (certificate === undefined) return { cloudfrontDefaultCertificate: true };
  return {
    acmCertificateArn: certificate.arn,
    sslSupportMethod: "sni-only",
    minimumProtocolVersion: "TLSv1.2_2021",
  };
}
