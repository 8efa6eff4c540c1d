import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import type { Grantee } from "../lib/iam";
import type { LogRetentionDays } from "../lib/log-retention";
import { slug } from "../lib/names";
import { wholeNumber } from "../lib/validation";
import type { Metric } from "../observability/metric";
import type { LambdaFunction } from "../serverless/lambda-function";
import { accessLogFormat } from "./access-log";
import { ApiAccess } from "./api-access";
import type { ApiGatewayLogging } from "./api-gateway-logging";
import { type Cors, isOrigin } from "./cors";
import { CorsResponses, errorTemplate } from "./cors-responses";
import { definitionHash, type HttpMethod, pathTree, routeMistakes } from "./routes";

export const apiAuthModes = ["none", "apiKey", "iam"] as const;
/**
 * Who may call: `iam` callers with a role that allows it (requests signed with SigV4), `apiKey` who sends the key as `x-api-key`, `none` everyone.
 */
export type ApiAuthMode = (typeof apiAuthModes)[number];

export interface Route {
  readonly method: HttpMethod;
  /** Such as `/ingest`. */
  readonly path: string;
  /** Gets the request as a proxy event and has 29 s to answer, whatever its own time-out is. */
  readonly handler: LambdaFunction;
}

export interface RestApiArgs extends ComponentArgs {
  readonly description: string;
  /** Last part of the URL, such as `prod`. */
  readonly stageName: string;
  readonly routes: readonly Route[];
  readonly auth: ApiAuthMode;
  /** With `apiKey`: the key, a secret. Default: AWS makes one. */
  readonly apiKeyValue?: pulumi.Output<string>;
  /** Origin of browsers that may call, and the headers they may send; the headers that `auth` needs are added. */
  readonly cors: Cors;
  /** Requests per second in the long run, and at once. */
  readonly throttle: { readonly ratePerSecond: number; readonly burst: number };
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

/**
 * A regional REST API whose routes are Lambda functions: CORS, throttling, access logs as JSON, X-Ray and metrics.
 *
 * Cost: $3.50 per million requests (us-east-1), and the logs.
 */
export class RestApi extends Component {
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
    this.checkArgs(args);
    this.name = this.physicalName("restApi");
    this.stageName = args.stageName;
    this.accessLogGroupName = `/aws/apigateway/${this.physicalName("logGroup")}`;
    const restApi = this.createApi(args.description);
    this.id = restApi.id;
    const resources = this.createResources(restApi, args.routes);
    const routes = args.routes.flatMap((route) => this.createRoute(restApi, route, resources, args));
    const cors = this.createCors(args, resources);
    const deployment = this.deploy(args, [...routes, ...cors.dependencies]);
    const stage = this.createStage(args, deployment);
    this.nodes = { restApi, stage };
    this.url = stage.invokeUrl;
    this.limit(args);
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

  /** Requests answered with 5xx, in each five minutes. */
  metricServerErrors(): Metric {
    return {
      namespace: "AWS/ApiGateway",
      name: "5XXError",
      dimensions: { ApiName: this.name, Stage: this.stageName },
      statistic: "Sum",
      periodSeconds: 300,
    };
  }

  private checkArgs({ routes, stageName, cors, throttle, auth, apiKeyValue }: RestApiArgs): void {
    this.check([
      ...routeMistakes(routes).map(({ path, message }) => ({ path, ok: false, message })),
      {
        path: "stageName",
        ok: /^[A-Za-z0-9_-]{1,128}$/.test(stageName),
        message: `is "${stageName}"; give letters, digits, hyphens or underscores.`,
      },
      {
        path: "cors.origin",
        ok: isOrigin(cors.origin),
        message: `is "${cors.origin}"; give scheme and host without a path, such as https://app.example.com, or *.`,
      },
      wholeNumber("throttle.ratePerSecond", throttle.ratePerSecond, 1, 10_000, "requests per second"),
      wholeNumber("throttle.burst", throttle.burst, 1, 5_000, "requests at once"),
      {
        path: "apiKeyValue",
        ok: apiKeyValue === undefined || auth === "apiKey",
        message: `is given, but auth is "${auth}"; set auth to "apiKey" or leave the key out.`,
      },
    ]);
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
    { method: httpMethod, path, handler }: Route,
    resources: ReadonlyMap<string, aws.apigateway.Resource>,
    { auth }: RestApiArgs,
  ): pulumi.Resource[] {
    const resource = resources.get(path);
    if (!resource) return [];
    const key = `${httpMethod.toLowerCase()}-${slug(path)}`;
    const method = new aws.apigateway.Method(
      this.childName(key),
      {
        restApi: restApi.id,
        resourceId: resource.id,
        httpMethod,
        authorization: auth === "iam" ? "AWS_IAM" : "NONE",
        apiKeyRequired: auth === "apiKey",
      },
      { parent: this },
    );
    const integration = new aws.apigateway.Integration(
      this.childName(`${key}-integration`),
      {
        restApi: restApi.id,
        resourceId: resource.id,
        httpMethod: method.httpMethod,
        type: "AWS_PROXY",
        integrationHttpMethod: "POST",
        uri: handler.invokeArn,
      },
      { parent: this },
    );
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
        paths: [...resources]
          .map(([path, { id }]) => ({ key: slug(path), resourceId: id, methods: methodsOf(path) }))
          .filter(({ methods }) => methods.length > 0),
      },
      { parent: this },
    );
  }

  /** A deployment is a copy of the API: whatever changes in the API must change the trigger, or the stage keeps serving the old copy. */
  private deploy(args: RestApiArgs, dependsOn: pulumi.Resource[]): aws.apigateway.Deployment {
    const definition = {
      routes: args.routes.map(({ method, path, handler }) => ({ method, path, handler: handler.name })),
      auth: args.auth,
      cors: withAuthHeaders(args.cors, args.auth),
      errorTemplate,
    };
    return new aws.apigateway.Deployment(
      this.childName("deployment"),
      { restApi: this.id, triggers: { definition: definitionHash(definition) } },
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
        keyValue: args.apiKeyValue,
      },
      { parent: this },
    );
  }

  private routeArn(restApi: aws.apigateway.RestApi, method: HttpMethod, path: string): pulumi.Output<string> {
    return pulumi.interpolate`${restApi.executionArn}/${this.stageName}/${method}${path}`;
  }
}

function withAuthHeaders(cors: Cors, auth: ApiAuthMode): Cors {
  return { ...cors, headers: [...new Set([...cors.headers, ...authHeaders[auth]])] };
}
