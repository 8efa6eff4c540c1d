import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

// Changes of a REST API in place: the provider sends patches, and reads again what it asked for.

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});

afterAll(() => emulator?.dispose());

interface Place {
  restApi: pulumi.Output<string>;
  resourceId: pulumi.Output<string>;
  httpMethod: string;
}

function onePath(api: aws.apigateway.RestApi): Place {
  const resource = new aws.apigateway.Resource("path", {
    restApi: api.id,
    parentId: api.rootResourceId,
    pathPart: "predict",
  });
  return { restApi: api.id, resourceId: resource.id, httpMethod: "POST" };
}

type Pick = <T>(before: T, after: T) => T;

/**
 * Deploy `program` as it is before, then as it is after, and want updates in place of these properties, by logical name, that
 * the next preview and refresh agree with.
 */
async function changeInPlace(name: string, program: (pick: Pick) => void, planned: Record<string, unknown>) {
  let changed = false;
  await withStack(
    name,
    () => Promise.resolve(program((before, after) => (changed ? after : before))),
    async (run) => {
      await run.up();
      expect(await run.drift()).toEqual({});
      changed = true;
      expect(await run.changes()).toEqual(planned);
      await run.up();
      expect(await run.drift()).toEqual({});
      expect(await run.changes()).toEqual({});
    },
    { endpoint: emulator.endpoint },
  );
}

test("methods, keys, plans and the API itself are changed in place", async () => {
  const inPlace = expect.stringMatching(/^update /);
  await changeInPlace(
    "rest-patches",
    (pick) => {
      const api = new aws.apigateway.RestApi("api", {
        binaryMediaTypes: pick(["image/png", "image/gif"], ["image/png", "audio/wav"]),
        minimumCompressionSize: pick("1024", "2048"),
        disableExecuteApiEndpoint: pick(false, true),
        endpointConfiguration: { types: pick("EDGE", "REGIONAL") },
      });
      new aws.apigateway.RestApi("private", {
        endpointConfiguration: { types: "PRIVATE", vpcEndpointIds: pick(["vpce-1"], ["vpce-2", "vpce-3"]) },
      });
      const pool = (id: string) => `arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_${id}`;
      const authorizer = new aws.apigateway.Authorizer("authorizer", {
        restApi: api.id,
        type: "COGNITO_USER_POOLS",
        providerArns: pick([pool("a")], [pool("b"), pool("c")]),
        authorizerResultTtlInSeconds: pick(60, 0),
      });
      const place = onePath(api);
      const method = new aws.apigateway.Method("method", {
        ...place,
        authorization: "COGNITO_USER_POOLS",
        authorizerId: authorizer.id,
        authorizationScopes: pick(["read"], ["write", "run"]),
        apiKeyRequired: pick(true, false),
        requestParameters: { [`method.request.querystring.${pick("name", "model")}`]: true },
        requestModels: pick<Record<string, string>>({}, { "application/json": "Empty" }),
      });
      const integration = new aws.apigateway.Integration(
        "integration",
        {
          ...place,
          type: "MOCK",
          timeoutMilliseconds: pick(29_000, 5_000),
          requestTemplates: { "application/json": pick('{"statusCode": 200}', '{"statusCode": 201}') },
          cacheKeyParameters: pick([], ["method.request.querystring.model"]),
        },
        { dependsOn: method },
      );
      const deployment = new aws.apigateway.Deployment("deployment", { restApi: api.id }, { dependsOn: integration });
      const stages = ["dev", "next"].map(
        (stageName) =>
          new aws.apigateway.Stage(stageName, {
            restApi: api.id,
            deployment: deployment.id,
            stageName,
            xrayTracingEnabled: pick(false, true),
            variables: { enabled: pick("false", "true") },
          }),
      );
      new aws.apigateway.ApiKey("key", { value: "0123456789012345678901234", enabled: pick(true, false) });
      const [dev, next] = stages.map((stage) => ({ apiId: api.id, stage: stage.stageName }));
      if (!dev || !next) throw new Error("no stages");
      new aws.apigateway.UsagePlan("plan", {
        apiStages: [
          { ...pick(dev, next), throttles: [{ path: "/predict/POST", rateLimit: pick(3, 4), burstLimit: 5 }] },
        ],
        throttleSettings: { rateLimit: pick(10, 0.5), burstLimit: pick(20, 30) },
        quotaSettings: { limit: pick(100, 200), offset: pick(0, 2), period: "WEEK" },
      });
    },
    Object.fromEntries(
      ["api", "authorizer", "dev", "integration", "key", "method", "next", "plan", "private"].map((one) => [
        one,
        inPlace,
      ]),
    ),
  );
});

test("a method's response is changed in place", async () => {
  await changeInPlace(
    "rest-responses",
    (pick) => {
      const place = onePath(new aws.apigateway.RestApi("api"));
      const method = new aws.apigateway.Method("method", { ...place, authorization: "NONE" });
      const header = (name: string) => `method.response.header.${name}`;
      new aws.apigateway.MethodResponse(
        "response",
        {
          ...place,
          statusCode: "200",
          responseParameters: pick(
            { [header("Vary")]: false, [header("Age")]: true },
            { [header("Vary")]: true, [header("Retry-After")]: false },
          ),
          responseModels: pick<Record<string, string>>({ "text/plain": "Empty" }, { "application/json": "Error" }),
        },
        { dependsOn: method },
      );
    },
    { response: "update responseModels,responseParameters" },
  );
});
