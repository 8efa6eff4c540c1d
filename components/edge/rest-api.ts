import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Grantee } from "../lib/iam";
import { slug } from "../lib/names";
import { accessLogFormat } from "./access-log";
import { ApiAccess } from "./api-access";
import { CorsResponses } from "./cors-responses";
import type { OriginServer } from "./distribution";
import { type ApiMetrics, GatewayApi } from "./gateway-api";
import { definitionOf, type RestApiArgs, restApiChecks, withAuthHeaders } from "./rest-api-args";
import { functionIntegration, loadBalancerIntegration, type Route } from "./rest-api-backend";
import { definitionHash, type HttpMethod, pathTree } from "./routes";

export { type ApiAuthMode, apiAuthModes, type RestApiArgs } from "./rest-api-args";

/**
 * A regional REST API whose routes are Lambda functions, or a load balancer in a VPC whose answers may stream: CORS, keys, throttling, access logs as JSON, X-Ray
 * and metrics.
 *
 * Cost: $3.50 per million requests (us-east-1, unverified), each 10 MB of a streamed answer counted as one, and the logs. The VPC link is free of charge.
 */
export class RestApi extends GatewayApi {
  readonly id: pulumi.Output<string>;
  /** URL of the stage, without a slash at the end. */
  readonly url: pulumi.Output<string>;
  readonly accessLogGroupName: string;
  /** With `apiKey`: the key's id, with which its value can be read from AWS. */
  readonly apiKeyId: pulumi.Output<string> | undefined;
  readonly name: string;
  readonly stageName: string;
  readonly nodes: { readonly restApi: aws.apigateway.RestApi; readonly stage: aws.apigateway.Stage };

  constructor(name: string, args: RestApiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("edge", "RestApi", name, args, opts);
    this.check(restApiChecks(args));
    this.name = this.physicalName("restApi");
    this.stageName = args.stageName;
    this.accessLogGroupName = `/aws/apigateway/${this.physicalName("logGroup")}`;
    const restApi = this.createApi(args.description);
    this.id = restApi.id;
    const resources = this.createResources(restApi, args.routes);
    const link = args.backend && this.createLink(args.backend);
    const routes = args.routes.flatMap((route) => this.createRoute(restApi, route, resources, args, link));
    const cors = this.createCors(args, resources);
    const deployment = this.deploy(args, [...routes, ...cors.dependencies], link);
    const stage = this.createStage(args, deployment);
    this.nodes = { restApi, stage };
    this.url = stage.invokeUrl;
    this.limit(args);
    args.webAcl?.protect(this.role, stage.arn);
    this.apiKeyId = args.auth === "apiKey" ? this.createAccess(args).keyId : undefined;
    this.registerOutputs({ url: this.url });
  }

  /** Lets the grantee call a route, with `auth: "iam"`. Action: `execute-api:Invoke`. */
  grantInvoke(grantee: Grantee, method: HttpMethod, path: string): pulumi.Resource {
    return grantee.allow(`${this.role}-invoke-${method.toLowerCase()}-${slug(path)}`, [
      {
        sid: "InvokeRoute",
        actions: ["execute-api:Invoke"],
        resources: [this.routeArn(this.nodes.restApi, method, path)],
      },
    ]);
  }

  /** The stage as a distribution calls it. Does not wait for the stage. */
  get origin(): OriginServer {
    const { region } = this.context;
    return {
      dnsName: pulumi.interpolate`${this.id}.execute-api.${region}.amazonaws.com`,
      scheme: "https",
      path: `/${this.stageName}`,
    };
  }

  /** Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html */
  protected get metrics(): ApiMetrics {
    const dimensions = { ApiName: this.name, Stage: this.stageName };
    return { dimensions, clientErrors: "4XXError", serverErrors: "5XXError" };
  }

  private createApi(description: string): aws.apigateway.RestApi {
    return new aws.apigateway.RestApi(
      this.childName("api"),
      { name: this.name, description, endpointConfiguration: { types: "REGIONAL" }, tags: this.tags() },
      { parent: this },
    );
  }

  private createResources(restApi: aws.apigateway.RestApi, routes: readonly Route[]) {
    const resources = new Map<string, aws.apigateway.Resource>();
    for (const { path, part, parent, key } of pathTree(routes.map((route) => route.path))) {
      const above = parent === undefined ? undefined : resources.get(parent);
      resources.set(
        path,
        new aws.apigateway.Resource(
          this.childName(`path-${key}`),
          { restApi: restApi.id, parentId: above?.id ?? restApi.rootResourceId, pathPart: part },
          { parent: this },
        ),
      );
    }
    return resources;
  }

  private createRoute(
    restApi: aws.apigateway.RestApi,
    route: Route,
    resources: ReadonlyMap<string, aws.apigateway.Resource>,
    { auth, backend, webAcl }: RestApiArgs,
    link: aws.apigatewayv2.VpcLink | undefined,
  ): pulumi.Resource[] {
    const { method: httpMethod, path, handler, open = false } = route;
    const resource = resources.get(path);
    if (!resource) return [];
    const key = `${httpMethod.toLowerCase()}-${slug(path)}`;
    const method = new aws.apigateway.Method(
      this.childName(key),
      {
        restApi: restApi.id,
        resourceId: resource.id,
        httpMethod,
        authorization: auth === "iam" && !open ? "AWS_IAM" : "NONE",
        apiKeyRequired: auth === "apiKey" && !open,
      },
      { parent: this },
    );
    const integrate = (answered: ReturnType<typeof functionIntegration>) =>
      new aws.apigateway.Integration(
        this.childName(`${key}-integration`),
        { restApi: restApi.id, resourceId: resource.id, httpMethod: method.httpMethod, ...answered },
        { parent: this },
      );
    if (!handler) {
      if (!backend || !link) return [method];
      return [method, integrate(loadBalancerIntegration(route, backend, link.id, webAcl !== undefined))];
    }
    const integration = integrate(functionIntegration(handler));
    const permission = handler.allowInvoke(`${this.role}-${key}`, {
      principal: "apigateway.amazonaws.com",
      sourceArn: this.routeArn(restApi, httpMethod, path),
    });
    return [method, integration, permission];
  }

  private createCors(args: RestApiArgs, resources: ReadonlyMap<string, aws.apigateway.Resource>): CorsResponses {
    const methodsOf = (path: string) => args.routes.filter((route) => route.path === path).map(({ method }) => method);
    return new CorsResponses(
      this.childName("cors"),
      {
        ...this.inherited(),
        restApiId: this.id,
        cors: withAuthHeaders(args.cors, args.auth),
        errors: args.errors,
        paths: [...resources]
          .map(([path, { id }]) => ({ key: slug(path), resourceId: id, methods: methodsOf(path) }))
          .filter(({ methods }) => methods.length > 0),
      },
      { parent: this },
    );
  }

  /** A deployment is a copy of the API: whatever changes in the API must change the trigger, or the stage keeps serving the old copy. */
  private deploy(
    args: RestApiArgs,
    dependsOn: pulumi.Resource[],
    link: aws.apigatewayv2.VpcLink | undefined,
  ): aws.apigateway.Deployment {
    return new aws.apigateway.Deployment(
      this.childName("deployment"),
      { restApi: this.id, triggers: { definition: pulumi.output(definitionOf(args, link?.id)).apply(definitionHash) } },
      { parent: this, dependsOn },
    );
  }

  private createStage(args: RestApiArgs, deployment: aws.apigateway.Deployment): aws.apigateway.Stage {
    const logGroup = new aws.cloudwatch.LogGroup(
      this.childName("access-logs"),
      { name: this.accessLogGroupName, retentionInDays: args.logRetentionDays, tags: this.tags() },
      { parent: this },
    );
    return new aws.apigateway.Stage(
      this.childName("stage"),
      {
        restApi: this.id,
        deployment: deployment.id,
        stageName: args.stageName,
        xrayTracingEnabled: args.tracing ?? true,
        accessLogSettings: { destinationArn: logGroup.arn, format: accessLogFormat },
        tags: this.tags(),
      },
      { parent: this, dependsOn: args.logging ? [args.logging.nodes.account] : [] },
    );
  }

  private limit({ throttle }: RestApiArgs): void {
    new aws.apigateway.MethodSettings(
      this.childName("settings"),
      {
        restApi: this.id,
        stageName: this.nodes.stage.stageName,
        methodPath: "*/*",
        settings: {
          throttlingRateLimit: throttle.ratePerSecond,
          throttlingBurstLimit: throttle.burst,
          metricsEnabled: true,
          // The access log has API Gateway's own errors; bodies must not be logged.
          loggingLevel: "OFF",
          dataTraceEnabled: false,
        },
      },
      { parent: this },
    );
  }

  private createAccess(args: RestApiArgs): ApiAccess {
    return new ApiAccess(
      this.childName("access"),
      {
        ...this.inherited(),
        restApiId: this.id,
        stageName: this.nodes.stage.stageName,
        throttle: args.throttle,
        quota: args.quota,
        keyValue: args.apiKeyValue,
      },
      { parent: this },
    );
  }

  private routeArn(restApi: aws.apigateway.RestApi, method: HttpMethod, path: string): pulumi.Output<string> {
    return pulumi.interpolate`${restApi.executionArn}/${this.stageName}/${method}${path}`;
  }
}
