import type * as pulumi from "@pulumi/pulumi";
import type { ComponentArgs } from "../lib/component";
import type { LogRetentionDays } from "../lib/log-retention";
import { type Check, wholeNumber } from "../lib/validation";
import type { Quota } from "./api-access";
import type { ApiGatewayLogging } from "./api-gateway-logging";
import { type Cors, originCheck } from "./cors";
import { errorTemplate, type GatewayErrors } from "./cors-responses";
import { type LoadBalancerBackend, type Route, routeChecks } from "./rest-api-backend";
import { routeMistakes } from "./routes";
import type { WebAcl } from "./web-acl";

export const apiAuthModes = ["none", "apiKey", "iam"] as const;
/**
 * Who may call: `iam` callers with a role that allows it (requests signed with SigV4), `apiKey` who sends the key as `x-api-key`, `none` everyone.
 */
export type ApiAuthMode = (typeof apiAuthModes)[number];

export interface RestApiArgs extends ComponentArgs {
  readonly description: string;
  /** Last part of the URL, such as `prod`. */
  readonly stageName: string;
  readonly routes: readonly Route[];
  /** What answers the routes that have no function of their own. */
  readonly backend?: LoadBalancerBackend;
  readonly auth: ApiAuthMode;
  /** With `apiKey`: the key, a secret. Default: AWS makes one. */
  readonly apiKeyValue?: pulumi.Output<string>;
  /** Origin of browsers that may call, and the headers they may send; the headers that `auth` needs are added. */
  readonly cors: Cors;
  /** Requests per second in the long run, and at once. */
  readonly throttle: { readonly ratePerSecond: number; readonly burst: number };
  /** With `apiKey`: requests that a key may make in a period. Default: as many as it wants. */
  readonly quota?: Quota;
  /** Web ACL of scope REGIONAL in front of the stage. Default: none. */
  readonly webAcl?: WebAcl;
  /** How API Gateway's own errors look. Default: as those of functions. */
  readonly errors?: GatewayErrors;
  readonly logRetentionDays: LogRetentionDays;
  /** Trace sampled requests with X-Ray. Default true. */
  readonly tracing?: boolean;
  /** The account's setting, if this stack makes it. Default: something else has made it. */
  readonly logging?: ApiGatewayLogging;
}

/** Headers a browser must be allowed to send so that it can authenticate. */
const authHeaders: Record<ApiAuthMode, readonly string[]> = {
  none: [],
  apiKey: ["X-Api-Key"],
  iam: ["Authorization", "X-Amz-Date", "X-Amz-Security-Token"],
};

/** Checks of a REST API's arguments. */
export function restApiChecks(args: RestApiArgs): Check[] {
  const { routes, backend, stageName, cors, throttle, auth, apiKeyValue, quota, webAcl } = args;
  return [
    ...routeMistakes(routes).map(({ path, message }) => ({ path, ok: false, message })),
    ...routeChecks(routes, backend),
    {
      path: "stageName",
      ok: /^[A-Za-z0-9_-]{1,128}$/.test(stageName),
      message: `is "${stageName}"; give letters, digits, hyphens or underscores.`,
    },
    originCheck("cors.origin", cors.origin),
    wholeNumber("throttle.ratePerSecond", throttle.ratePerSecond, 1, 10_000, "requests per second"),
    wholeNumber("throttle.burst", throttle.burst, 1, 5_000, "requests at once"),
    wholeNumber("quota.requests", quota?.requests ?? 1, 1, 2_000_000_000, "requests"),
    ...Object.entries({ apiKeyValue, quota }).map(([path, given]) => ({
      path,
      ok: given === undefined || auth === "apiKey",
      message: `is given, but auth is "${auth}"; set auth to "apiKey" or leave it out.`,
    })),
    {
      path: "webAcl",
      ok: webAcl === undefined || webAcl.scope === "REGIONAL",
      message: `has scope ${webAcl?.scope}; a REST API takes one of scope REGIONAL.`,
    },
  ];
}

/** Everything that a deployment is a copy of. */
export function definitionOf(args: RestApiArgs, linkId: pulumi.Input<string> | undefined) {
  const { backend, webAcl } = args;
  return {
    routes: args.routes.map(({ handler, ...route }) => ({ ...route, handler: handler?.name })),
    auth: args.auth,
    cors: withAuthHeaders(args.cors, args.auth),
    errorTemplate: args.errors ?? errorTemplate,
    backend: backend && {
      linkId,
      server: backend.loadBalancer.certificate?.domainName ?? backend.loadBalancer.dnsName,
      port: backend.loadBalancer.listenerPort,
      proof: backend.hopProof,
      headers: backend.headers,
      streamSeconds: backend.streamSeconds,
      counted: webAcl !== undefined,
    },
  };
}

/** Adds the headers that browsers need for `auth`. */
export function withAuthHeaders(cors: Cors, auth: ApiAuthMode): Cors {
  return { ...cors, headers: [...new Set([...cors.headers, ...authHeaders[auth]])] };
}
