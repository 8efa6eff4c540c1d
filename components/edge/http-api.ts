import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ComponentArgs } from "../lib/component";
import type { LogRetentionDays } from "../lib/log-retention";
import { wholeNumber } from "../lib/validation";
import { httpAccessLogFormat } from "./access-log";
import { type Cors, isOrigin } from "./cors";
import { type ApiMetrics, GatewayApi, type LinkedLoadBalancer } from "./gateway-api";
import { clientIpHeader, type HopProof, hopProofHeader } from "./hop-proof";
import { type HttpRoute, httpRouteChecks, isOpen, routeKeyOf, routeNameOf } from "./http-api-routes";
import { KeyAuthorizer } from "./key-authorizer";

/** What browsers may do from the page's origin. */
export interface PageCors extends Omit<Cors, "origin"> {
  /** The page's origin, such as `https://page.example.com`; never `*`. */
  readonly origin: pulumi.Input<string>;
}

export interface HttpApiArgs extends ComponentArgs, LinkedLoadBalancer {
  readonly description: string;
  /** Name that the load balancer's certificate must be for. Default: the certificate's domain name. */
  readonly serverName?: string;
  /** The only requests that pass; all others get 404. */
  readonly routes: readonly HttpRoute[];
  /** Default: no page of another origin may call. */
  readonly cors?: PageCors;
  /** Callers must send this key as `Authorization: Bearer <key>`, but for GET /health. Default: everyone may call. */
  readonly apiKey?: { readonly parameterName: string };
  /** Secret by which the load balancer's web ACL knows that API Gateway told it the caller's address. Default: none. */
  readonly hopProof?: HopProof;
  /** Requests per second in the long run, and at once, of all callers together. */
  readonly throttle: { readonly ratePerSecond: number; readonly burst: number };
  readonly logRetentionDays: LogRetentionDays;
  /** Trace the key function with X-Ray. HTTP APIs themselves can't be traced. Default true. */
  readonly tracing?: boolean;
}

/** The longest that an HTTP API waits for an answer. Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
export const httpApiTimeoutSeconds = 30;

/**
 * An API Gateway HTTP API that passes its routes on to a load balancer through a VPC link: throttled, logged, with a key where asked. An answer must be whole within 30 s and
 * is not streamed; longer generations stream through a distribution.
 *
 * Cost: $1.00 per million requests (us-east-1, unverified), and the logs. The VPC link is free of charge.
 */
export class HttpApi extends GatewayApi {
  readonly id: pulumi.Output<string>;
  /** Without a slash at the end. */
  readonly url: pulumi.Output<string>;
  /** Known at preview. */
  readonly name: string;
  readonly accessLogGroupName: string;
  readonly nodes: { readonly api: aws.apigatewayv2.Api; readonly stage: aws.apigatewayv2.Stage };

  constructor(name: string, args: HttpApiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("edge", "HttpApi", name, args, opts);
    this.checkArgs(args);
    this.name = this.physicalName("httpApi");
    this.accessLogGroupName = `/aws/apigateway/${this.physicalName("logGroup")}`;
    const api = this.createApi(args);
    this.id = api.id;
    this.url = api.apiEndpoint;
    const integration = this.createIntegration(args, this.createLink(args));
    const authorizer = args.apiKey ? this.createAuthorizer(api, args, args.apiKey.parameterName) : undefined;
    const routes = args.routes.map((route) => this.createRoute(route, integration, authorizer));
    this.nodes = { api, stage: this.createStage(args, routes) };
    this.registerOutputs({ id: this.id, url: this.url });
  }

  /** Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html */
  protected get metrics(): ApiMetrics {
    return { dimensions: { ApiId: this.id }, clientErrors: "4xx", serverErrors: "5xx" };
  }

  private checkArgs({ vpc, loadBalancer, serverName, routes, cors, apiKey, throttle }: HttpApiArgs): void {
    const origin = cors?.origin;
    this.check([
      ...httpRouteChecks(routes),
      {
        path: "vpc",
        ok: vpc.privateSubnets.length >= 1,
        message: "has no private subnets for the VPC link.",
      },
      {
        path: "serverName",
        ok: serverName === undefined || loadBalancer.scheme === "https",
        message: `is "${serverName}", but the load balancer serves HTTP; leave it out or give the load balancer a certificate.`,
      },
      {
        path: "cors.origin",
        ok: typeof origin !== "string" || (origin !== "*" && isOrigin(origin)),
        message: `is "${origin}"; give scheme and host without a path, such as https://page.example.com. Any page may call with *.`,
      },
      {
        path: "apiKey.parameterName",
        ok: apiKey === undefined || /^\/?[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/.test(apiKey.parameterName),
        message: `is "${apiKey?.parameterName}"; give the name of an SSM parameter, such as /phi3/api-key.`,
      },
      wholeNumber("throttle.ratePerSecond", throttle.ratePerSecond, 1, 10_000, "requests per second"),
      wholeNumber("throttle.burst", throttle.burst, 1, 5_000, "requests at once"),
    ]);
  }

  private createApi({ description, cors, routes }: HttpApiArgs): aws.apigatewayv2.Api {
    return new aws.apigatewayv2.Api(
      this.childName("api"),
      {
        name: this.name,
        description,
        protocolType: "HTTP",
        ...(cors
          ? {
              corsConfiguration: {
                allowOrigins: [pulumi.output(cors.origin).apply(requireOneOrigin)],
                allowMethods: [...new Set(routes.map(({ method }) => method))].sort(),
                allowHeaders: cors.headers.map((header) => header.toLowerCase()),
                allowCredentials: false,
                maxAge: cors.maxAgeSeconds ?? 3600,
              },
            }
          : {}),
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  private createIntegration(args: HttpApiArgs, link: aws.apigatewayv2.VpcLink): aws.apigatewayv2.Integration {
    const { loadBalancer, hopProof } = args;
    const serverNameToVerify = args.serverName ?? loadBalancer.certificate?.domainName;
    return new aws.apigatewayv2.Integration(
      this.childName("integration"),
      {
        apiId: this.id,
        description: `Load balancer ${loadBalancer.name}`,
        integrationType: "HTTP_PROXY",
        integrationMethod: "ANY",
        integrationUri: loadBalancer.listenerArn,
        connectionType: "VPC_LINK",
        connectionId: link.id,
        payloadFormatVersion: "1.0",
        timeoutMilliseconds: httpApiTimeoutSeconds * 1000,
        requestParameters: {
          [`overwrite:header.${clientIpHeader}`]: "$context.identity.sourceIp",
          ...(hopProof === undefined ? {} : { [`overwrite:header.${hopProofHeader}`]: hopProof }),
        },
        ...(serverNameToVerify === undefined ? {} : { tlsConfig: { serverNameToVerify } }),
      },
      { parent: this },
    );
  }

  private createAuthorizer(api: aws.apigatewayv2.Api, args: HttpApiArgs, parameterName: string): KeyAuthorizer {
    return new KeyAuthorizer(
      this.childName("key"),
      {
        ...this.inherited(),
        api,
        parameterName,
        logRetentionDays: args.logRetentionDays,
        tracing: args.tracing ?? true,
      },
      { parent: this },
    );
  }

  private createRoute(
    route: HttpRoute,
    integration: aws.apigatewayv2.Integration,
    authorizer: KeyAuthorizer | undefined,
  ): aws.apigatewayv2.Route {
    const access =
      authorizer && !isOpen(route)
        ? { authorizationType: "CUSTOM", authorizerId: authorizer.id }
        : { authorizationType: "NONE" };
    return new aws.apigatewayv2.Route(
      this.childName(routeNameOf(route)),
      {
        apiId: this.id,
        routeKey: routeKeyOf(route),
        target: pulumi.interpolate`integrations/${integration.id}`,
        ...access,
      },
      { parent: this },
    );
  }

  private createStage(args: HttpApiArgs, routes: readonly pulumi.Resource[]): aws.apigatewayv2.Stage {
    const logGroup = new aws.cloudwatch.LogGroup(
      this.childName("access-logs"),
      { name: this.accessLogGroupName, retentionInDays: args.logRetentionDays, tags: this.tags() },
      { parent: this },
    );
    return new aws.apigatewayv2.Stage(
      this.childName("stage"),
      {
        apiId: this.id,
        // The only stage whose name is not put in front of the path that the load balancer sees.
        name: "$default",
        autoDeploy: true,
        accessLogSettings: { destinationArn: logGroup.arn, format: httpAccessLogFormat },
        defaultRouteSettings: {
          throttlingRateLimit: args.throttle.ratePerSecond,
          throttlingBurstLimit: args.throttle.burst,
          detailedMetricsEnabled: true,
        },
        tags: this.tags(),
      },
      { parent: this, dependsOn: [...routes] },
    );
  }
}

/** An origin known during the update only, such as a distribution's. @throws RangeError if it is none */
function requireOneOrigin(origin: string): string {
  if (origin !== "*" && isOrigin(origin)) return origin;
  throw new RangeError(`cors.origin is "${origin}"; give the page's scheme and host without a path.`);
}
