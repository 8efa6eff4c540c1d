import type * as pulumi from "@pulumi/pulumi";

/**
 * A secret that CloudFront and API Gateway send along with what they pass on. To the load balancer's web ACL all requests of a distribution come from a few
 * addresses of CloudFront, and all of an HTTP API from the interfaces of its VPC link: counted by address, everyone would share one limit. What carries the secret is
 * therefore counted where it came in: by the distribution's own web ACL, or by the address that API Gateway saw.
 *
 * At least 32 characters, the same for all of a system. Whoever knows it is not limited at the load balancer.
 */
export type HopProof = pulumi.Input<string>;

/** Header of the secret. */
export const hopProofHeader = "x-edge-proof";

/** Header in which API Gateway tells the address of its caller. */
export const clientIpHeader = "x-client-ip";

/**
 * What CloudFront writes into `clientIpHeader`, over whatever its viewer sent. No address, so the web ACL does not count by it: viewers are counted by the
 * distribution's own web ACL.
 */
export const countedAtEdge = "counted-at-edge";
