import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Check, wholeNumber } from "../lib/validation";
import type { LambdaFunction } from "../serverless/lambda-function";
import { staticValue } from "./cors-responses";
import type { LinkedLoadBalancer } from "./gateway-api";
import { clientIpHeader, countedAtEdge, type HopProof, hopProofHeader } from "./hop-proof";
import type { HttpMethod } from "./routes";

/** A route of a REST API. */
export interface Route {
  readonly method: HttpMethod;
  /** Such as `/ingest`. */
  readonly path: string;
  /** Gets the request as a proxy event and has 29 s to answer, whatever its own time-out is. Default: the API's load balancer answers. */
  readonly handler?: LambdaFunction;
  /** Answered without credentials, whatever `auth` says; for health checks. Default false. */
  readonly open?: boolean;
  /** Pass the load balancer's answer on while it comes. Default false: it must be whole within 29 s. */
  readonly streamed?: boolean;
}

/** The load balancer behind the routes that have no function. */
export interface LoadBalancerBackend extends LinkedLoadBalancer {
  /** Secret by which the load balancer's web ACL knows that API Gateway told it the caller's address. Default: none. */
  readonly hopProof?: HopProof;
  /** Headers that API Gateway sends in the place of the caller's, such as the engine's own key. Names as `Authorization`. Default none. */
  readonly headers?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Seconds that a streamed answer may take in all, 1 to 900. */
  readonly streamSeconds: number;
}

/** The longest that an answer may be streamed. Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html */
export const longestStreamSeconds = 900;
/** The longest that API Gateway waits for a whole answer without a raised quota. Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
export const restApiTimeoutSeconds = 29;

/** Checks of what answers the routes. */
export function routeChecks(routes: readonly Route[], backend: LoadBalancerBackend | undefined): Check[] {
  const subnets = backend?.vpc.privateSubnets.length ?? 1;
  return [
    ...routes.flatMap(({ handler, streamed }, index) => [
      {
        path: `routes[${index}]`,
        ok: handler !== undefined || backend !== undefined,
        message: "has no handler, and the API has no backend; give one of them.",
      },
      {
        path: `routes[${index}].streamed`,
        ok: !streamed || handler === undefined,
        message: "is for routes of the load balancer; functions answer whole.",
      },
    ]),
    { path: "backend.vpc", ok: subnets >= 1, message: "has no private subnets for the VPC link." },
    wholeNumber("backend.streamSeconds", backend?.streamSeconds ?? 1, 1, longestStreamSeconds, "seconds"),
  ];
}

type Integration = Omit<aws.apigateway.IntegrationArgs, "restApi" | "resourceId" | "httpMethod">;

/** The integration of a route that a function answers. */
export function functionIntegration(handler: LambdaFunction): Integration {
  return { type: "AWS_PROXY", integrationHttpMethod: "POST", uri: handler.invokeArn };
}

/**
 * The integration of a route that the load balancer answers, through a VPC link. API Gateway puts the stage in front of the path; the template takes it away again, and
 * requests of a type that has no template are refused with 415, since they would keep it.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html
 *
 * @param counted whether a web ACL of the API has counted the caller already
 */
export function loadBalancerIntegration(
  { method, path, streamed }: Route,
  { loadBalancer, hopProof, headers, streamSeconds }: LoadBalancerBackend,
  linkId: pulumi.Input<string>,
  counted: boolean,
): Integration {
  const host = loadBalancer.certificate?.domainName ?? loadBalancer.dnsName;
  const { scheme, listenerPort } = loadBalancer;
  const mapped = Object.entries({
    ...headers,
    ...(hopProof === undefined ? {} : { [hopProofHeader]: hopProof }),
    ...(counted ? { [clientIpHeader]: countedAtEdge } : {}),
  }).map(([name, value]) => [name, staticValue(value)] as const);
  return {
    type: "HTTP_PROXY",
    integrationHttpMethod: method,
    connectionType: "VPC_LINK",
    connectionId: linkId,
    integrationTarget: loadBalancer.arn,
    // Names the server for Host and certificate; the target is the load balancer itself.
    uri: pulumi.interpolate`${scheme}://${host}:${listenerPort}${path}`,
    passthroughBehavior: "NEVER",
    requestTemplates: { "application/json": pathTemplate(method, path) },
    requestParameters: Object.fromEntries([
      ...mapped.map(([name, value]) => [`integration.request.header.${name}`, value]),
      ...(counted ? [] : [[`integration.request.header.${clientIpHeader}`, "context.identity.sourceIp"]]),
    ]),
    ...(streamed
      ? { responseTransferMode: "STREAM", timeoutMilliseconds: streamSeconds * 1000 }
      : { timeoutMilliseconds: restApiTimeoutSeconds * 1000 }),
  };
}

/** Sends the body on as it is, to the path without the stage. */
function pathTemplate(method: HttpMethod, path: string): string {
  const override = `#set($context.requestOverride.path = "${path}")\n`;
  return method === "GET" ? override : `${override}$input.body`;
}
