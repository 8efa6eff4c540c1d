import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { ApiGatewayLogging } from "../../../../components/edge/api-gateway-logging";
import { RestApi, type RestApiArgs } from "../../../../components/edge/rest-api";
import { ServiceRole } from "../../../../components/lib/service-role";
import { requiredTagKeys } from "../../../../components/lib/tags";
import { devContext, devTags, record, resolved } from "../../../support/mocks";
import { makeFunction } from "../serverless/fixtures";

const name = "lambda-efs-api";
const api = `${name}-api`;
const executionArn = `arn:aws:execute-api:us-east-1:123456789012:${api}`;

function make(change: Partial<RestApiArgs> = {}): RestApi {
  return new RestApi(name, {
    context: devContext,
    description: "An API",
    stageName: "prod",
    auth: "apiKey",
    cors: { origin: "*", headers: ["Content-Type", "X-Amz-Date", "Authorization"] },
    throttle: { ratePerSecond: 50, burst: 100 },
    logRetentionDays: 14,
    ...change,
    routes: change.routes ?? [{ method: "POST", path: "/ingest", handler: makeFunction() }],
  });
}
const build = (change: Partial<RestApiArgs> = {}) => record(() => make(change));

describe("[lambda-efs 7.7] [lambda-efs 7.8] a REST API", () => {
  test("has a resource, a method and a proxy integration per route", async () => {
    const { recording } = await build();
    expect(recording.named(api).inputs).toEqual({
      name: "lambda-efs-api-dev",
      description: "An API",
      endpointConfiguration: { types: "REGIONAL" },
      tags: devTags("edge"),
    });
    expect(recording.named(`${name}-path-ingest`).inputs).toEqual({
      restApi: `${api}-id`,
      parentId: `${api}-root`,
      pathPart: "ingest",
    });
    const resourceId = `${name}-path-ingest-id`;
    expect(recording.named(`${name}-post-ingest`).inputs).toEqual({
      restApi: `${api}-id`,
      resourceId,
      httpMethod: "POST",
      authorization: "NONE",
      apiKeyRequired: true,
    });
    expect(recording.named(`${name}-post-ingest-integration`).inputs).toEqual({
      restApi: `${api}-id`,
      resourceId,
      httpMethod: "POST",
      type: "AWS_PROXY",
      integrationHttpMethod: "POST",
      uri: "arn:aws:apigateway:invoke/lambda-efs-producer-function",
    });
  });

  test("may invoke the function for this stage, method and path only", async () => {
    const { recording } = await build();
    expect(recording.named("lambda-efs-producer-invoked-by-api-post-ingest").inputs).toEqual({
      action: "lambda:InvokeFunction",
      function: "lambda-efs-producer-dev",
      principal: "apigateway.amazonaws.com",
      sourceArn: `${executionArn}/prod/POST/ingest`,
    });
  });

  test("nests resources for nested paths", async () => {
    const { recording } = await record(() => {
      const handler = makeFunction();
      return make({ routes: [{ method: "GET", path: "/v1/models", handler }] });
    });
    expect(recording.named(`${name}-path-v1-models`).inputs).toMatchObject({
      parentId: `${name}-path-v1-id`,
      pathPart: "models",
    });
    expect(
      recording.ofType("aws:apigateway/method:Method").map(({ inputs }) => [inputs.httpMethod, inputs.resourceId]),
    ).toEqual([
      ["OPTIONS", `${name}-path-v1-models-id`],
      ["GET", `${name}-path-v1-models-id`],
    ]);
  });

  test("has a stage with JSON access logs and X-Ray, throttled, without bodies in logs", async () => {
    const { recording } = await build();
    expect(recording.named(`${name}-access-logs`).inputs).toEqual({
      name: "/aws/apigateway/lambda-efs-api-dev",
      retentionInDays: 14,
      tags: devTags("edge"),
    });
    const { accessLogSettings, ...stage } = recording.named(`${name}-stage`).inputs;
    expect(stage).toEqual({
      restApi: `${api}-id`,
      deployment: `${name}-deployment-id`,
      stageName: "prod",
      xrayTracingEnabled: true,
      tags: devTags("edge"),
    });
    expect(accessLogSettings.destinationArn).toBe(`arn:aws:mock:us-east-1:123456789012:${name}-access-logs`);
    expect(JSON.parse(accessLogSettings.format)).toMatchObject({
      requestId: "$context.requestId",
      status: "$context.status",
    });
    expect(recording.named(`${name}-settings`).inputs).toEqual({
      restApi: `${api}-id`,
      stageName: "prod",
      methodPath: "*/*",
      settings: {
        throttlingRateLimit: 50,
        throttlingBurstLimit: 100,
        metricsEnabled: true,
        loggingLevel: "OFF",
        dataTraceEnabled: false,
      },
    });
  });

  test("tags all that can be tagged, names children after their parents and leaves none without one", async () => {
    const { recording } = await build();
    expect(recording.untagged(requiredTagKeys)).toEqual([]);
    expect(recording.misnamed()).toEqual([]);
    expect(recording.orphans()).toEqual([]);
  });

  test("waits for the account's logging role if the stack makes it", async () => {
    const { recording } = await record(() => {
      const context = { ...devContext, system: "shared" };
      return make({ logging: new ApiGatewayLogging("shared-api-gateway-logging", { context }) });
    });
    expect(recording.named(`${name}-stage`).dependencies).toContain("shared-api-gateway-logging-account");
    expect(recording.named("shared-api-gateway-logging-account")).toMatchObject({
      inputs: { cloudwatchRoleArn: "arn:aws:mock:us-east-1:123456789012:shared-api-gateway-logging-writer-role" },
      dependencies: expect.arrayContaining(["shared-api-gateway-logging-writer-AmazonAPIGatewayPushToCloudWatchLogs"]),
    });
  });

  test("counts its server errors", async () => {
    const { result } = await build();
    expect(result.metricServerErrors()).toEqual({
      namespace: "AWS/ApiGateway",
      name: "5XXError",
      dimensions: { ApiName: "lambda-efs-api-dev", Stage: "prod" },
      statistic: "Sum",
      periodSeconds: 300,
    });
  });
});

describe("[lambda-efs 7.9] browsers of other origins", () => {
  test("get an answer to OPTIONS that API Gateway makes itself", async () => {
    const { recording } = await build();
    const common = { restApi: `${api}-id`, resourceId: `${name}-path-ingest-id`, httpMethod: "OPTIONS" };
    const options = `${name}-cors-options-ingest`;
    expect(recording.named(options).inputs).toEqual({ ...common, authorization: "NONE" });
    expect(recording.named(`${options}-integration`).inputs).toEqual({
      ...common,
      type: "MOCK",
      requestTemplates: { "application/json": '{"statusCode":204}' },
    });
    expect(recording.named(`${options}-integration-response`).inputs).toEqual({
      ...common,
      statusCode: "204",
      responseParameters: {
        "method.response.header.Access-Control-Allow-Origin": "'*'",
        "method.response.header.Access-Control-Allow-Methods": "'POST,OPTIONS'",
        "method.response.header.Access-Control-Allow-Headers": "'Content-Type,X-Amz-Date,Authorization,X-Api-Key'",
        "method.response.header.Access-Control-Max-Age": "'3600'",
        "method.response.header.Vary": "'Origin'",
      },
    });
    const declared = recording.named(`${options}-response`).inputs.responseParameters;
    const sent = recording.named(`${options}-integration-response`).inputs.responseParameters;
    expect(Object.keys(declared)).toEqual(Object.keys(sent));
  });

  test("can read errors that never reach a function", async () => {
    const { recording } = await build({ cors: { origin: "https://a.example", headers: [] } });
    for (const [suffix, responseType] of [
      ["4xx", "DEFAULT_4XX"],
      ["5xx", "DEFAULT_5XX"],
    ]) {
      expect(recording.named(`${name}-cors-default-${suffix}`).inputs).toMatchObject({
        responseType,
        responseParameters: { "gatewayresponse.header.Access-Control-Allow-Origin": "'https://a.example'" },
      });
    }
  });
});

describe("who may call", () => {
  test("with iam, callers whose role allows it", async () => {
    const { recording } = await build({ auth: "iam" });
    expect(recording.named(`${name}-post-ingest`).inputs).toMatchObject({
      authorization: "AWS_IAM",
      apiKeyRequired: false,
    });
    expect(recording.ofType("aws:apigateway/apiKey:ApiKey")).toEqual([]);
  });

  test("with iam, a role gets execute-api:Invoke on one route", async () => {
    const { recording } = await record(() => {
      const role = new ServiceRole("lambda-efs-caller", {
        context: devContext,
        trusts: "ecs-tasks.amazonaws.com",
        description: "Calls",
      });
      make({ auth: "iam" }).grantInvoke(role, "POST", "/ingest");
    });
    expect(recording.document("lambda-efs-caller-api-invoke-post-ingest").Statement).toEqual([
      {
        Sid: "InvokeRoute",
        Effect: "Allow",
        Action: ["execute-api:Invoke"],
        Resource: [`${executionArn}/prod/POST/ingest`],
      },
    ]);
  });

  test("with apiKey, who has the key, in a usage plan", async () => {
    const { recording, result } = await build({ apiKeyValue: pulumi.secret("a-key-of-twenty-chars") });
    expect(recording.named(`${name}-access-key`).inputs).toMatchObject({ name: "lambda-efs-api-access-dev" });
    expect(recording.named(`${name}-access-usage-plan`).inputs).toMatchObject({
      apiStages: [{ apiId: `${api}-id`, stage: "prod" }],
      throttleSettings: { rateLimit: 50, burstLimit: 100 },
    });
    expect(recording.named(`${name}-access-usage-plan-key`).inputs).toEqual({
      keyId: `${name}-access-key-id`,
      keyType: "API_KEY",
      usagePlanId: `${name}-access-usage-plan-id`,
    });
    expect(await resolved(result.apiKeyId)).toBe(`${name}-access-key-id`);
  });

  test.each([
    ["none", []],
    ["apiKey", ["X-Api-Key"]],
    ["iam", ["X-Amz-Security-Token"]],
  ] as const)("with %s, browsers may send what that needs", async (auth, more) => {
    const { recording } = await build({ auth });
    const headers = recording.named(`${name}-cors-options-ingest-integration-response`).inputs.responseParameters;
    expect(headers["method.response.header.Access-Control-Allow-Headers"]).toBe(
      `'${["Content-Type", "X-Amz-Date", "Authorization", ...more].join(",")}'`,
    );
  });
});

describe("a deployment", () => {
  const trigger = async (change: Partial<RestApiArgs>) => {
    const { recording } = await build(change);
    return recording.named(`${name}-deployment`).inputs.triggers.definition as string;
  };

  test("is made anew when the API's definition changes, and only then", async () => {
    const same = [await trigger({}), await trigger({ throttle: { ratePerSecond: 1, burst: 1 }, logRetentionDays: 30 })];
    expect(new Set(same).size).toBe(1);
    const others = [
      await trigger({ auth: "iam" }),
      await trigger({ cors: { origin: "https://a.example", headers: [] } }),
    ];
    expect(new Set([...same, ...others]).size).toBe(3);
  });

  test("waits for every method, integration and answer", async () => {
    const { recording } = await build();
    const parts = [
      "aws:apigateway/method:Method",
      "aws:apigateway/integration:Integration",
      "aws:apigateway/response:Response",
    ];
    const needed = [
      ...parts.flatMap((type) => recording.ofType(type).map((each) => each.name)),
      `${name}-cors-options-ingest-integration-response`,
    ].filter((each) => !/options-ingest(-integration)?$/.test(each));
    expect(recording.named(`${name}-deployment`).dependencies).toEqual(expect.arrayContaining(needed));
  });
});

test("all mistakes in its arguments are told together", async () => {
  const building = build({
    routes: [],
    stageName: "a/b",
    cors: { origin: "https://a.example/x", headers: [] },
    throttle: { ratePerSecond: 0, burst: 100 },
    auth: "iam",
    apiKeyValue: pulumi.secret("x"),
  });
  await expect(building).rejects.toThrow(
    /routes: is empty.*stageName: is "a\/b".*cors\.origin: is "https:\/\/a\.example\/x".*throttle\.ratePerSecond: is 0.*apiKeyValue: is given, but auth is "iam"/s,
  );
});
