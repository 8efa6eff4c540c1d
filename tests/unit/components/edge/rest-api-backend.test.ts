import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { openAiErrors } from "../../../../components/edge/cors-responses";
import { RestApi, type RestApiArgs } from "../../../../components/edge/rest-api";
import { WebAcl } from "../../../../components/edge/web-acl";
import { record, resolved } from "../../../support/mocks";
import { calls, certificate, context, makeBalancer, makeVpc } from "./fixtures";

const name = "phi3-api";
const proof = "proof-0123456789abcdefghijklmnopqrstuv";

interface Change extends Omit<Partial<RestApiArgs>, "backend" | "webAcl"> {
  readonly https?: boolean;
  readonly streamSeconds?: number;
  readonly guarded?: boolean;
  readonly scope?: "REGIONAL" | "CLOUDFRONT";
}

const make = ({ https = false, streamSeconds = 300, guarded = true, scope = "REGIONAL", ...change }: Change) => {
  const vpc = makeVpc();
  const limits = { context, requestsPerMinutePerIp: 100, logRetentionDays: 30, trustedHops: proof } as const;
  return new RestApi(name, {
    context,
    description: "Completions",
    stageName: "api",
    routes: [
      { method: "POST", path: "/v1/completions", streamed: true },
      { method: "GET", path: "/health", open: true },
    ],
    backend: {
      vpc,
      loadBalancer: makeBalancer({ vpc, ...(https && { certificate }) }),
      hopProof: pulumi.secret(proof),
      headers: { Authorization: pulumi.secret("Bearer engine") },
      streamSeconds,
    },
    auth: "apiKey",
    cors: { origin: pulumi.output("https://page.example.com"), headers: ["Content-Type"] },
    throttle: { ratePerSecond: 50, burst: 100 },
    errors: openAiErrors,
    logRetentionDays: 30,
    ...(guarded && { webAcl: new WebAcl("phi3-firewall", { ...limits, scope }) }),
    ...change,
  });
};
const build = (change: Change = {}) => record(() => make(change), { calls });
const integration = async (change: Change = {}, route = "post-v1-completions") => {
  const { recording } = await build(change);
  const { requestParameters, ...inputs } = recording.named(`${name}-${route}-integration`).inputs;
  return { ...inputs, requestParameters: requestParameters.value ?? requestParameters };
};

describe("a REST API before a load balancer", () => {
  test("asks it through a VPC link, without the stage in the path, and passes its answer on as it comes", async () => {
    expect(await integration()).toEqual({
      restApi: `${name}-api-id`,
      resourceId: `${name}-path-v1-completions-id`,
      httpMethod: "POST",
      type: "HTTP_PROXY",
      integrationHttpMethod: "POST",
      connectionType: "VPC_LINK",
      connectionId: `${name}-vpc-link-id`,
      integrationTarget: "arn:aws:mock:us-east-1:123456789012:phi3-alb-load-balancer",
      uri: expect.stringMatching(/^http:\/\/[^/]+:80\/v1\/completions$/),
      passthroughBehavior: "NEVER",
      requestTemplates: {
        "application/json": '#set($context.requestOverride.path = "/v1/completions")\n$input.body',
      },
      requestParameters: {
        "integration.request.header.Authorization": "'Bearer engine'",
        "integration.request.header.x-edge-proof": `'${proof}'`,
        "integration.request.header.x-client-ip": "'counted-at-edge'",
      },
      responseTransferMode: "STREAM",
      timeoutMilliseconds: 300_000,
    });
  });

  test("waits 29 s for a whole answer where a route does not stream, and sends no body with GET", async () => {
    const health = await integration({}, "get-health");
    expect(health).toMatchObject({
      timeoutMilliseconds: 29_000,
      requestTemplates: { "application/json": '#set($context.requestOverride.path = "/health")\n' },
    });
    expect(health).not.toHaveProperty("responseTransferMode");
  });

  test("calls it by the name of its certificate", async () => {
    expect((await integration({ https: true })).uri).toBe("https://origin.example.com:443/v1/completions");
  });

  test("tells it who called where no web ACL of its own has counted that", async () => {
    expect((await integration({ guarded: false })).requestParameters).toMatchObject({
      "integration.request.header.x-client-ip": "context.identity.sourceIp",
    });
  });

  test("may alone of all reach it by the link's security group", async () => {
    const { recording } = await build();
    expect(recording.named(`${name}-vpc-link`).inputs).toMatchObject({
      name: "phi3-api-dev",
      securityGroupIds: [`${name}-link-group-id`],
    });
    expect(recording.named("phi3-alb-sg-from-api-link-tcp-80").inputs).toMatchObject({
      referencedSecurityGroupId: `${name}-link-group-id`,
    });
  });

  test("has the web ACL before its stage", async () => {
    const { recording } = await build();
    expect(recording.named("phi3-firewall-protects-api").inputs).toEqual({
      resourceArn: `arn:aws:mock:us-east-1:123456789012:${name}-stage`,
      webAclArn: "arn:aws:mock:us-east-1:123456789012:phi3-firewall-acl",
    });
  });

  test("asks for a key but where a route is open, and counts what each key asks in a period", async () => {
    const { recording } = await build({ quota: { requests: 1000, period: "WEEK" } });
    const asks = (route: string) => recording.named(`${name}-${route}`).inputs.apiKeyRequired;
    expect([asks("post-v1-completions"), asks("get-health")]).toEqual([true, false]);
    expect(recording.named(`${name}-access-usage-plan`).inputs).toMatchObject({
      throttleSettings: { rateLimit: 50, burstLimit: 100 },
      quotaSettings: { limit: 1000, period: "WEEK" },
    });
  });

  test("answers errors as OpenAI's API does, for the page's origin, and what is no route with 404", async () => {
    const { recording } = await build();
    const errors = recording.ofType("aws:apigateway/response:Response").map(({ inputs }) => inputs);
    expect(errors.map(({ responseType, statusCode }) => [responseType, statusCode])).toEqual([
      ["DEFAULT_4XX", undefined],
      ["DEFAULT_5XX", undefined],
      ["MISSING_AUTHENTICATION_TOKEN", "404"],
    ]);
    for (const { responseTemplates, responseParameters } of errors) {
      const filled = responseTemplates["application/json"].replace("$context.error.messageString", '"said"');
      expect(JSON.parse(filled).error).toMatchObject({ message: "said", code: "$context.error.responseType" });
      expect(Object.values(responseParameters)).toEqual(["'https://page.example.com'"]);
    }
  });

  test("is deployed anew when what it asks of the load balancer changes, and only then", async () => {
    const trigger = async (change: Change) => {
      const { recording } = await build(change);
      const { triggers } = recording.named(`${name}-deployment`).inputs;
      return (triggers.value ?? triggers).definition as string;
    };
    const same = [await trigger({}), await trigger({ logRetentionDays: 14 })];
    expect(new Set(same).size).toBe(1);
    const others = [
      await trigger({ https: true }),
      await trigger({ streamSeconds: 60 }),
      await trigger({ guarded: false }),
    ];
    expect(new Set([...same, ...others]).size).toBe(4);
  });

  test("measures by name and stage, and is an origin of distributions by its stage", async () => {
    const { result } = await build();
    const dimensions = { ApiName: "phi3-api-dev", Stage: "api" };
    expect(result.metricLatency("p99")).toMatchObject({ name: "Latency", dimensions, extendedStatistic: "p99" });
    expect(result.metricClientErrors()).toMatchObject({ name: "4XXError", dimensions, statistic: "Sum" });
    expect(result.metricRequests()).toMatchObject({ name: "Count", dimensions });
    const { dnsName, ...rest } = result.origin;
    expect(await resolved(dnsName)).toBe(`${name}-api-id.execute-api.us-east-1.amazonaws.com`);
    expect(rest).toEqual({ scheme: "https", path: "/api" });
  });

  test("tells all mistakes together", async () => {
    const building = build({
      streamSeconds: 901,
      auth: "none",
      quota: { requests: 0, period: "DAY" },
      scope: "CLOUDFRONT",
    });
    await expect(building).rejects.toThrow(
      /backend\.streamSeconds: is 901.*quota\.requests: is 0.*quota: is given, but auth is "none".*webAcl: has scope CLOUDFRONT/s,
    );
    const unanswered = record(
      () =>
        new RestApi(name, {
          context,
          description: "Nothing",
          stageName: "api",
          routes: [{ method: "GET", path: "/v1" }],
          auth: "none",
          cors: { origin: "*", headers: [] },
          throttle: { ratePerSecond: 1, burst: 1 },
          logRetentionDays: 14,
        }),
    );
    await expect(unanswered).rejects.toThrow(/routes\[0\]: has no handler, and the API has no backend/);
  });
});
