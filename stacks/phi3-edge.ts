import * as pulumi from "@pulumi/pulumi";
import type { GeneratedSecret } from "../components/data/generated-secret";
import { openAiErrors } from "../components/edge/cors-responses";
import type { OriginServer } from "../components/edge/distribution";
import { HttpApi, type HttpApiArgs } from "../components/edge/http-api";
import { type HttpRoute, openRoute } from "../components/edge/http-api-routes";
import { RestApi } from "../components/edge/rest-api";
import { longestStreamSeconds } from "../components/edge/rest-api-backend";
import { StaticSite } from "../components/edge/static-site";
import type { SystemContext } from "../components/lib/context";
import type { Vpc } from "../components/network/vpc";
import { contentSecurityPolicy } from "../services/demo-web/content-security-policy";
import type { Front } from "./inference-parts";
import type { Phi3Settings } from "./phi3-settings";
import type { Outputs, Shared } from "./system";

interface EdgeParts {
  readonly context: SystemContext;
  readonly settings: Phi3Settings;
  readonly vpc: Vpc;
  readonly front: Front;
  readonly apiKey: GeneratedSecret | undefined;
}

/** What alarms and graphs ask of an API, whichever it is. */
export type WatchedApi = Pick<HttpApi, `metric${"Requests" | "ClientErrors" | "ServerErrors" | "Latency"}`>;

/** The page, and the API of programs. */
export interface Edge {
  /** As people call it. */
  readonly kind: "HTTP API" | "REST API";
  readonly api: WatchedApi;
  readonly page: StaticSite;
  readonly outputs: Outputs;
}

/** A stack that changes from one API to the other keeps what both have under one name: link, security group and log group. */
const formerly = (kind: "HttpApi" | "RestApi") => ({ aliases: [{ type: `llm:edge:${kind}` }] });

const description = "Completions of Phi-3, compatible with OpenAI's API";
const restStage = "api";
const routes: readonly HttpRoute[] = [
  { method: "POST", path: "/v1/completions" },
  { method: "POST", path: "/v1/chat/completions" },
  { method: "GET", path: "/v1/models" },
  openRoute,
];

export function createEdge(parts: EdgeParts, shared: Shared): Edge {
  return parts.settings.edge.api === "rest" ? restEdge(parts, shared) : httpEdge(parts);
}

/** The page calls the load balancer, which streams; programs call an HTTP API, which does not. */
function httpEdge(parts: EdgeParts): Edge {
  const { context, settings, vpc, front, apiKey } = parts;
  const page = createPage(parts, front.loadBalancer);
  const corsOrigin = settings.corsOrigin ?? page.url;
  const api = new HttpApi(
    "phi3-api",
    {
      context,
      description,
      vpc,
      loadBalancer: front.loadBalancer,
      routes,
      cors: { origin: corsOrigin, headers: ["Authorization", "Content-Type"] },
      apiKey: apiKey && { parameterName: apiKey.parameterName },
      hopProof: front.hopProof.value,
      ...limits(settings),
    },
    formerly("RestApi"),
  );
  return { kind: "HTTP API", api, page, outputs: { apiUrl: api.url, corsOrigin } };
}

/** The page and programs call a REST API, which streams. */
function restEdge(parts: EdgeParts, { apiGatewayLogging }: Shared): Edge {
  const { context, settings, vpc, front, apiKey } = parts;
  const { edge, longestGenerationSeconds } = settings;
  // The page's distribution calls the API, and the API names the page's origin.
  const [pageUrl, tellPageUrl] = pulumi.deferredOutput<string>();
  const corsOrigin = settings.corsOrigin ?? pageUrl;
  const api = new RestApi(
    "phi3-api",
    {
      context,
      description,
      stageName: restStage,
      routes: routes.map((route) => ({
        ...route,
        open: route === openRoute,
        streamed: route.method === "POST",
      })),
      backend: {
        vpc,
        loadBalancer: front.loadBalancer,
        hopProof: front.hopProof.value,
        // Who has a key of the API need not know the engine's.
        headers: apiKey ? { Authorization: pulumi.interpolate`Bearer ${apiKey.value}` } : {},
        streamSeconds: edge.streamSeconds ?? Math.min(longestGenerationSeconds, longestStreamSeconds),
      },
      auth: apiKey ? "apiKey" : "none",
      apiKeyValue: apiKey?.value,
      quota: edge.quota,
      cors: { origin: corsOrigin, headers: ["Authorization", "Content-Type"] },
      webAcl: front.firewall,
      errors: openAiErrors,
      logging: apiGatewayLogging,
      ...limits(settings),
    },
    formerly("HttpApi"),
  );
  const page = createPage(parts, api.origin);
  tellPageUrl(page.url);
  return {
    kind: "REST API",
    api,
    page,
    outputs: { apiUrl: api.url, corsOrigin, edgeApi: edge.api, apiKeyId: api.apiKeyId },
  };
}

function createPage({ context, settings: { pageDomain }, front }: EdgeParts, origin: OriginServer): StaticSite {
  return new StaticSite("phi3-page", {
    context,
    folder: "services/demo-web/site",
    contentSecurityPolicy,
    api: { origin, paths: ["/v1/*", "/health"] },
    accessLogs: front.accessLogs,
    webAcl: front.edgeFirewall,
    hopProof: front.hopProof.value,
    certificate: pageDomain && { arn: pageDomain.certificateArn, domainName: pageDomain.name },
  });
}

function limits(settings: Phi3Settings): Pick<HttpApiArgs, "throttle" | "logRetentionDays"> {
  const { ratePerSecond, burst, logRetentionDays } = settings;
  return { throttle: { ratePerSecond, burst }, logRetentionDays };
}
