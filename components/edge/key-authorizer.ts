import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf } from "../lib/context";
import type { LogRetentionDays } from "../lib/log-retention";
import { bundle } from "../serverless/bundle";
import { LambdaFunction } from "../serverless/lambda-function";

export interface KeyAuthorizerArgs extends ComponentArgs {
  readonly api: aws.apigatewayv2.Api;
  /** Name of the SSM SecureString with the key, such as `/phi3/api-key`. Encrypted with the account's key for SSM: with another one, `kms:Decrypt` is missing. */
  readonly parameterName: string;
  readonly logRetentionDays: LogRetentionDays;
  readonly tracing: boolean;
}

/** How long API Gateway keeps an answer for a value of the header; a key that was taken back works as long. */
const keptSeconds = 60;

/**
 * A function that lets callers of an HTTP API through if they send its key as `Authorization: Bearer <key>`: 401 without the header, 403 with a wrong key. HTTP APIs
 * have no keys of their own.
 *
 * Cost: one short invocation of 256 MB for each caller and minute.
 */
export class KeyAuthorizer extends Component {
  readonly id: pulumi.Output<string>;
  readonly function: LambdaFunction;

  constructor(name: string, args: KeyAuthorizerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("edge", "KeyAuthorizer", name, args, opts);
    this.function = this.createFunction(args);
    const authorizer = new aws.apigatewayv2.Authorizer(
      this.childName("authorizer"),
      {
        apiId: args.api.id,
        name: this.physicalName("apiAuthorizer"),
        authorizerType: "REQUEST",
        authorizerUri: this.function.invokeArn,
        authorizerPayloadFormatVersion: "2.0",
        enableSimpleResponses: true,
        identitySources: ["$request.header.Authorization"],
        authorizerResultTtlInSeconds: keptSeconds,
      },
      { parent: this },
    );
    this.id = authorizer.id;
    this.function.allowInvoke("api", {
      principal: "apigateway.amazonaws.com",
      sourceArn: pulumi.interpolate`${args.api.executionArn}/authorizers/${authorizer.id}`,
    });
    this.registerOutputs({ id: this.id });
  }

  private createFunction(args: KeyAuthorizerArgs): LambdaFunction {
    const authorizer = new LambdaFunction(
      this.childName("function"),
      {
        ...this.inherited(),
        description: "Lets callers with the API's key through",
        code: bundle("services/api-authorizer/handler.ts"),
        memoryMb: 256,
        // Callers wait for it, and API Gateway itself for 10 s at most.
        timeoutSeconds: 5,
        environment: { API_KEY_PARAMETER: args.parameterName },
        logRetentionDays: args.logRetentionDays,
        tracing: args.tracing,
      },
      { parent: this },
    );
    authorizer.allow("read-key", [
      {
        sid: "ReadKey",
        actions: ["ssm:GetParameter"],
        resources: [arnOf(this.context, "ssm", `parameter/${args.parameterName.replace(/^\//, "")}`)],
      },
    ]);
    return authorizer;
  }
}
