import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { type Cors, preflightHeaders } from "./cors";

export interface CorsResponsesArgs extends ComponentArgs {
  readonly restApiId: pulumi.Input<string>;
  readonly cors: Cors;
  /** Paths that browsers may call, each with its methods. `key` names it in logical names. */
  readonly paths: readonly {
    readonly key: string;
    readonly resourceId: pulumi.Input<string>;
    readonly methods: readonly string[];
  }[];
  /** API Gateway's own errors. Default: `errorTemplate`, with AWS's status codes. */
  readonly errors?: GatewayErrors;
}

/** How API Gateway's own errors look. */
export interface GatewayErrors {
  /** JSON with API Gateway's variables. */
  readonly template: string;
  /** Types of errors that have another status code than AWS gives them. */
  readonly statusCodes?: Readonly<Record<string, number>>;
}

/**
 * Errors as OpenAI's API has them, so that its clients can show them. What is no route is answered with 404, where AWS says 403 "Missing Authentication Token".
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
export const openAiErrors: GatewayErrors = {
  template:
    '{"error":{"message":$context.error.messageString,"type":"gateway_error","param":null,"code":"$context.error.responseType"},"requestId":"$context.requestId"}',
  statusCodes: { MISSING_AUTHENTICATION_TOKEN: 404 },
};

/** Body of API Gateway's own errors. The functions' errors have the same form. */
export const errorTemplate =
  '{"error":{"code":"$context.error.responseType","message":$context.error.messageString,"stage":"gateway","fileId":null,"requestId":"$context.requestId"}}';

/**
 * The parts of a REST API that answer browsers of other origins: OPTIONS for each path, and CORS headers on errors that never reach a function, which a browser
 * would otherwise hide behind a CORS error.
 */
export class CorsResponses extends Component {
  /** What a deployment must wait for. */
  readonly dependencies: pulumi.Resource[];

  constructor(name: string, args: CorsResponsesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("edge", "CorsResponses", name, args, opts);
    const types = ["DEFAULT_4XX", "DEFAULT_5XX", ...Object.keys(args.errors?.statusCodes ?? {})];
    this.dependencies = [
      ...args.paths.map((path) => this.answerPreflight(path, args)),
      ...types.map((type) => this.labelErrors(type, args)),
    ];
    this.registerOutputs({});
  }

  private answerPreflight(path: CorsResponsesArgs["paths"][number], args: CorsResponsesArgs): pulumi.Resource {
    const restApi = args.restApiId;
    const { resourceId, key } = path;
    const headers = Object.entries(preflightHeaders(args.cors, path.methods)).map(
      ([header, value]) => [`method.response.header.${header}`, value] as const,
    );
    const method = new aws.apigateway.Method(
      this.childName(`options-${key}`),
      { restApi, resourceId, httpMethod: "OPTIONS", authorization: "NONE" },
      { parent: this },
    );
    const integration = new aws.apigateway.Integration(
      this.childName(`options-${key}-integration`),
      {
        restApi,
        resourceId,
        httpMethod: method.httpMethod,
        type: "MOCK",
        requestTemplates: { "application/json": JSON.stringify({ statusCode: 204 }) },
      },
      { parent: this },
    );
    const response = new aws.apigateway.MethodResponse(
      this.childName(`options-${key}-response`),
      {
        restApi,
        resourceId,
        httpMethod: method.httpMethod,
        statusCode: "204",
        responseParameters: Object.fromEntries(headers.map(([header]) => [header, true])),
      },
      { parent: this },
    );
    return new aws.apigateway.IntegrationResponse(
      this.childName(`options-${key}-integration-response`),
      {
        restApi,
        resourceId,
        httpMethod: method.httpMethod,
        statusCode: response.statusCode,
        responseParameters: Object.fromEntries(headers.map(([header, value]) => [header, staticValue(value)])),
      },
      { parent: this, dependsOn: [integration] },
    );
  }

  private labelErrors(responseType: string, { restApiId, cors, errors }: CorsResponsesArgs): pulumi.Resource {
    const status = errors?.statusCodes?.[responseType];
    return new aws.apigateway.Response(
      this.childName(responseType.toLowerCase().replaceAll("_", "-")),
      {
        restApiId,
        responseType,
        ...(status === undefined ? {} : { statusCode: String(status) }),
        responseTemplates: { "application/json": errors?.template ?? errorTemplate },
        responseParameters: { "gatewayresponse.header.Access-Control-Allow-Origin": staticValue(cors.origin) },
      },
      { parent: this },
    );
  }
}

/** A value as API Gateway's mappings take those that are no expression. */
export function staticValue(value: pulumi.Input<string>): pulumi.Input<string> {
  return typeof value === "string" ? `'${value}'` : pulumi.interpolate`'${value}'`;
}
