import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
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
}

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
    this.dependencies = [
      ...args.paths.map((path) => this.answerPreflight(path, args)),
      ...(["DEFAULT_4XX", "DEFAULT_5XX"] as const).map((type) => this.labelErrors(type, args)),
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
        responseParameters: Object.fromEntries(headers.map(([header, value]) => [header, `'${value}'`])),
      },
      { parent: this, dependsOn: [integration] },
    );
  }

  private labelErrors(responseType: "DEFAULT_4XX" | "DEFAULT_5XX", args: CorsResponsesArgs): pulumi.Resource {
    return new aws.apigateway.Response(
      this.childName(responseType.toLowerCase().replace("_", "-")),
      {
        restApiId: args.restApiId,
        responseType,
        responseTemplates: { "application/json": errorTemplate },
        responseParameters: { "gatewayresponse.header.Access-Control-Allow-Origin": `'${args.cors.origin}'` },
      },
      { parent: this },
    );
  }
}
