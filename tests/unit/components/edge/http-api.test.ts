import { describe, expect, test } from "vitest";
import { HttpApi, type HttpApiArgs } from "../../../../components/edge/http-api";
import type { LoadBalancerArgs } from "../../../../components/edge/load-balancer";
import { requiredTagKeys } from "../../../../components/lib/tags";
import { record, resolved } from "../../../support/mocks";
import { calls, certificate, context, makeBalancer, makeVpc } from "./fixtures";

const origin = "https://page.example.com";
const make = (args: Partial<HttpApiArgs> = {}, balancer: Partial<LoadBalancerArgs> = {}) =>
  record(
    () => {
      const vpc = makeVpc();
      return new HttpApi("phi3-api", {
        context,
        description: "Completions",
        vpc,
        loadBalancer: makeBalancer({ vpc, ...balancer }),
        routes: [
          { method: "POST", path: "/v1/completions" },
          { method: "GET", path: "/health" },
        ],
        throttle: { ratePerSecond: 50, burst: 100 },
        logRetentionDays: 30,
        ...args,
      });
    },
    { calls },
  );

describe("[phi3 7.1] an HTTP API", () => {
  test("passes its routes on to the serving listener through a VPC link, and waits 30 s", async () => {
    const { recording, result } = await make();
    expect(recording.named("phi3-api-api").inputs).toMatchObject({ name: "phi3-api-dev", protocolType: "HTTP" });
    expect(recording.named("phi3-api-vpc-link").inputs).toMatchObject({
      name: "phi3-api-dev",
      subnetIds: ["phi3-network-private-a-id", "phi3-network-private-b-id"],
      securityGroupIds: ["phi3-api-link-group-id"],
    });
    expect(recording.named("phi3-api-integration").inputs).toEqual({
      apiId: "phi3-api-api-id",
      description: "Load balancer phi3-alb-dev",
      integrationType: "HTTP_PROXY",
      integrationMethod: "ANY",
      integrationUri: "arn:aws:mock:us-east-1:123456789012:phi3-alb-http",
      connectionType: "VPC_LINK",
      connectionId: "phi3-api-vpc-link-id",
      payloadFormatVersion: "1.0",
      timeoutMilliseconds: 30_000,
      requestParameters: { "overwrite:header.x-client-ip": "$context.identity.sourceIp" },
    });
    const routes = recording.ofType("aws:apigatewayv2/route:Route").map(({ inputs }) => inputs);
    expect(routes.map(({ routeKey, target }) => [routeKey, target])).toEqual([
      ["GET /health", "integrations/phi3-api-integration-id"],
      ["POST /v1/completions", "integrations/phi3-api-integration-id"],
    ]);
    expect(await resolved(result.url)).toBe("https://phi3-api-api.execute-api.example.com");
    expect(recording.orphans()).toEqual([]);
    expect(recording.misnamed()).toEqual([]);
    expect(recording.untagged(requiredTagKeys)).toEqual([]);
  });

  test("opens the way from its link to the load balancer's port, and no other", async () => {
    const { recording } = await make();
    const to = recording.named("phi3-api-link-to-alb-sg-tcp-80").inputs;
    const from = recording.named("phi3-alb-sg-from-api-link-tcp-80").inputs;
    expect([to.securityGroupId, to.referencedSecurityGroupId]).toEqual([
      "phi3-api-link-group-id",
      "phi3-alb-sg-group-id",
    ]);
    expect([from.securityGroupId, from.referencedSecurityGroupId]).toEqual([
      "phi3-alb-sg-group-id",
      "phi3-api-link-group-id",
    ]);
    expect(recording.ofType("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")).toHaveLength(1);
  });

  test.each([
    ["its certificate's name", {}, "origin.example.com"],
    ["the name that is given", { serverName: "inner.example.com" }, "inner.example.com"],
  ])("calls a load balancer over TLS by %s", async (_what, args, serverNameToVerify) => {
    const { recording } = await make(args, { certificate });
    expect(recording.named("phi3-api-integration").inputs).toMatchObject({
      integrationUri: "arn:aws:mock:us-east-1:123456789012:phi3-alb-https",
      tlsConfig: { serverNameToVerify },
    });
  });

  test("sends the proof of where a request passed, if there is one", async () => {
    const { recording } = await make({ hopProof: "proof" });
    expect(recording.named("phi3-api-integration").inputs.requestParameters).toEqual({
      "overwrite:header.x-client-ip": "$context.identity.sourceIp",
      "overwrite:header.x-edge-proof": "proof",
    });
  });

  test("is throttled and logs each request as JSON", async () => {
    const { recording } = await make();
    const { accessLogSettings, ...stage } = recording.named("phi3-api-stage").inputs;
    expect(stage).toMatchObject({
      name: "$default",
      autoDeploy: true,
      defaultRouteSettings: { throttlingRateLimit: 50, throttlingBurstLimit: 100, detailedMetricsEnabled: true },
    });
    expect(accessLogSettings.destinationArn).toContain("phi3-api-access-logs");
    expect(JSON.parse(accessLogSettings.format)).toMatchObject({ ip: "$context.identity.sourceIp" });
    expect(accessLogSettings.format).not.toMatch(/authorization/i);
    expect(recording.named("phi3-api-access-logs").inputs).toMatchObject({
      name: "/aws/apigateway/phi3-api-dev",
      retentionInDays: 30,
    });
  });

  test.each([
    ["no route", { routes: [] }, "routes: is empty"],
    ["a catch-all", { routes: [{ method: "GET", path: "/{proxy+}" }] }, 'is "/{proxy+}"'],
    [
      "a route twice",
      {
        routes: [
          { method: "GET", path: "/a" },
          { method: "GET", path: "/A" },
        ],
      },
      "GET /A is the same as GET /a",
    ],
    ["a server name without TLS", { serverName: "inner.example.com" }, "serverName: is"],
    ["a burst over AWS's", { throttle: { ratePerSecond: 1, burst: 5001 } }, "throttle.burst: is 5001"],
    ["every origin", { cors: { origin: "*", headers: [] } }, 'cors.origin: is "*"'],
    ["an origin with a path", { cors: { origin: `${origin}/`, headers: [] } }, `cors.origin: is "${origin}/"`],
    ["a key without a name", { apiKey: { parameterName: "a b" } }, 'apiKey.parameterName: is "a b"'],
  ] as [string, Partial<HttpApiArgs>, string][])("is refused with %s", async (_what, args, message) => {
    await expect(make(args)).rejects.toThrow(message);
  });

  test("has metrics by its id", async () => {
    const { result } = await make();
    const metrics = [
      result.metricRequests(),
      result.metricClientErrors(),
      result.metricServerErrors(),
      result.metricLatency("p99"),
    ];
    expect(metrics.map((each) => [each.namespace, each.name, each.statistic ?? each.extendedStatistic])).toEqual([
      ["AWS/ApiGateway", "Count", "Sum"],
      ["AWS/ApiGateway", "4xx", "Sum"],
      ["AWS/ApiGateway", "5xx", "Sum"],
      ["AWS/ApiGateway", "Latency", "p99"],
    ]);
    expect(await resolved(result.metricRequests().dimensions)).toEqual({ ApiId: "phi3-api-api-id" });
  });
});

describe("[phi3 9.3] CORS of an HTTP API", () => {
  test("lets the page's origin call with the routes' methods", async () => {
    const { recording } = await make({ cors: { origin, headers: ["Authorization", "Content-Type"] } });
    expect(recording.named("phi3-api-api").inputs.corsConfiguration).toEqual({
      allowOrigins: [origin],
      allowMethods: ["GET", "POST"],
      allowHeaders: ["authorization", "content-type"],
      allowCredentials: false,
      maxAge: 3600,
    });
  });

  test("is off unless it is asked for", async () => {
    const { recording } = await make();
    expect(recording.named("phi3-api-api").inputs.corsConfiguration).toBeUndefined();
  });
});

describe("[phi3 7.3] the key of an HTTP API", () => {
  const keyed = () => make({ apiKey: { parameterName: "/phi3/api-key" } });

  test("is asked for on every route but GET /health", async () => {
    const { recording } = await keyed();
    const access = ({ inputs }: { inputs: Record<string, string> }) => [
      inputs["routeKey"],
      inputs["authorizationType"],
      inputs["authorizerId"],
    ];
    expect(recording.ofType("aws:apigatewayv2/route:Route").map(access)).toEqual([
      ["GET /health", "NONE", undefined],
      ["POST /v1/completions", "CUSTOM", "phi3-api-key-authorizer-id"],
    ]);
    expect((await make()).recording.ofType("aws:lambda/function:Function")).toEqual([]);
  });

  test("is checked by a function whose answers are kept by the header for a minute", async () => {
    const { recording } = await keyed();
    expect(recording.named("phi3-api-key-authorizer").inputs).toEqual({
      apiId: "phi3-api-api-id",
      name: "phi3-api-key-dev",
      authorizerType: "REQUEST",
      authorizerUri: "arn:aws:apigateway:invoke/phi3-api-key-function-function",
      authorizerPayloadFormatVersion: "2.0",
      enableSimpleResponses: true,
      identitySources: ["$request.header.Authorization"],
      authorizerResultTtlInSeconds: 60,
    });
    expect(recording.named("phi3-api-key-function-invoked-by-api").inputs).toMatchObject({
      action: "lambda:InvokeFunction",
      principal: "apigateway.amazonaws.com",
      sourceArn: "arn:aws:execute-api:us-east-1:123456789012:phi3-api-api/authorizers/phi3-api-key-authorizer-id",
    });
  });

  test("is read by a function outside of any VPC that may read that parameter only", async () => {
    const { recording } = await keyed();
    const lambda = recording.named("phi3-api-key-function-function").inputs;
    expect(lambda.vpcConfig).toBeUndefined();
    expect(lambda.environment.variables).toEqual({ API_KEY_PARAMETER: "/phi3/api-key" });
    expect(recording.document("phi3-api-key-function-execution-read-key").Statement).toEqual([
      {
        Sid: "ReadKey",
        Effect: "Allow",
        Action: ["ssm:GetParameter"],
        Resource: ["arn:aws:ssm:us-east-1:123456789012:parameter/phi3/api-key"],
      },
    ]);
    expect(recording.ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment")).toEqual([]);
    expect(recording.ofType("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")).toEqual([]);
    const policies = recording.ofType("aws:iam/rolePolicy:RolePolicy").map(({ inputs }) => inputs.name);
    expect(policies.filter((name: string) => name !== "write")).toEqual(["own-logs", "read-key", "tracing"]);
  });
});
