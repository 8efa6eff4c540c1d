import { createHash, createHmac } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reachableApiUrl } from "../../../local/urls";
import { withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

// A REST API as the Lambda + EFS system uses it: what the provider creates, and what callers without a right meet.

const handler = `exports.handler = async (event) => ({
  statusCode: 201,
  headers: { "Content-Type": event.headers.accept === "image/png" ? "image/png" : "application/json", "X-From": "function" },
  isBase64Encoded: event.headers.accept === "image/png",
  body: event.headers.accept === "image/png" ? Buffer.from([1, 2, 255]).toString("base64") : JSON.stringify({ method: event.httpMethod, body: event.body, query: event.queryStringParameters }),
});`;

const keyValue = "0123456789012345678901234";

function program() {
  const trust = (service: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } }],
    });
  const role = new aws.iam.Role("role", { assumeRolePolicy: trust("lambda.amazonaws.com") });
  const code = new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset(handler) });
  const predict = new aws.lambda.Function("predict", {
    name: "predict",
    runtime: "nodejs22.x",
    handler: "index.handler",
    role: role.arn,
    code,
  });
  const logRole = new aws.iam.Role("log-role", { assumeRolePolicy: trust("apigateway.amazonaws.com") });
  new aws.apigateway.Account("account", { cloudwatchRoleArn: logRole.arn });

  const api = new aws.apigateway.RestApi("api", {
    endpointConfiguration: { types: "REGIONAL" },
    binaryMediaTypes: ["image/png"],
  });
  const restApi = api.id;
  new aws.lambda.Permission("from-api", {
    action: "lambda:InvokeFunction",
    function: predict.name,
    principal: "apigateway.amazonaws.com",
    sourceArn: pulumi.interpolate`${api.executionArn}/*/*`,
  });
  const denied = new aws.apigateway.Response("denied", {
    restApiId: restApi,
    responseType: "INVALID_API_KEY",
    statusCode: "403",
    responseParameters: { "gatewayresponse.header.Access-Control-Allow-Origin": "'https://demo.example.com'" },
    responseTemplates: { "application/json": '{"error":"no key"}' },
  });
  const validator = new aws.apigateway.RequestValidator("validator", { restApi, validateRequestParameters: true });

  const methods = [
    { path: "predict", authorization: "NONE", apiKeyRequired: true },
    { path: "admin", authorization: "AWS_IAM", apiKeyRequired: false },
    { path: "checked", authorization: "NONE", apiKeyRequired: false, query: "name" },
    { path: "limited", authorization: "NONE", apiKeyRequired: false },
  ].map(({ path, query, ...method }) => {
    const resource = new aws.apigateway.Resource(path, { restApi, parentId: api.rootResourceId, pathPart: path });
    const made = new aws.apigateway.Method(`${path}-post`, {
      restApi,
      resourceId: resource.id,
      httpMethod: "POST",
      ...method,
      ...(query
        ? { requestValidatorId: validator.id, requestParameters: { [`method.request.querystring.${query}`]: true } }
        : {}),
    });
    const integration = new aws.apigateway.Integration(
      `${path}-integration`,
      {
        restApi,
        resourceId: resource.id,
        httpMethod: "POST",
        type: "AWS_PROXY",
        integrationHttpMethod: "POST",
        uri: predict.invokeArn,
      },
      { dependsOn: [made] },
    );
    return { resource, integration };
  });

  const predictResource = methods[0]?.resource;
  if (!predictResource) throw new Error("no resource");
  const place = { restApi, resourceId: predictResource.id, httpMethod: "OPTIONS" };
  const options = new aws.apigateway.Method("options", { ...place, authorization: "NONE" });
  const mock = new aws.apigateway.Integration(
    "options-mock",
    { ...place, type: "MOCK", requestTemplates: { "application/json": '{"statusCode": 204}' } },
    { dependsOn: [options] },
  );
  const cors = "method.response.header.Access-Control-Allow";
  const answer = new aws.apigateway.MethodResponse(
    "options-answer",
    { ...place, statusCode: "204", responseParameters: { [`${cors}-Origin`]: true, [`${cors}-Headers`]: true } },
    { dependsOn: [options] },
  );
  const mapped = new aws.apigateway.IntegrationResponse(
    "options-mapped",
    {
      ...place,
      statusCode: "204",
      responseParameters: {
        [`${cors}-Origin`]: "'https://demo.example.com'",
        [`${cors}-Headers`]: "'Content-Type,X-Api-Key'",
      },
    },
    { dependsOn: [mock, answer] },
  );

  const deployment = new aws.apigateway.Deployment(
    "deployment",
    { restApi },
    { dependsOn: [...methods.map(({ integration }) => integration), mapped, denied] },
  );
  const stage = new aws.apigateway.Stage("stage", { restApi, deployment: deployment.id, stageName: "dev" });
  new aws.apigateway.MethodSettings("limits", {
    restApi,
    stageName: stage.stageName,
    methodPath: "limited/POST",
    settings: { throttlingBurstLimit: 2, throttlingRateLimit: 0.01 },
  });
  const key = new aws.apigateway.ApiKey("key", { value: keyValue });
  // AWS makes the value of a key that is given none.
  const strayKey = new aws.apigateway.ApiKey("stray-key");
  const plan = new aws.apigateway.UsagePlan("plan", { apiStages: [{ apiId: restApi, stage: stage.stageName }] });
  new aws.apigateway.UsagePlanKey("plan-key", { keyId: key.id, keyType: "API_KEY", usagePlanId: plan.id });
  return Promise.resolve({ url: stage.invokeUrl, strayKey: strayKey.value });
}

let emulator: TestEmulator;
let base = "";

beforeAll(async () => {
  emulator = await startTestEmulator();
});

afterAll(() => emulator?.dispose());

async function post(path: string, headers: Record<string, string> = {}, body = "{}") {
  const response = await fetch(`${base}/${path}`, { method: "POST", body, headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Headers of a SigV4 request without a query (https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html). */
function signed(url: string, body: string): Record<string, string> {
  const { host, pathname } = new URL(url);
  const date = `${new Date().toISOString().replace(/[-:]|\.\d{3}/g, "")}`;
  const scope = `${date.slice(0, 8)}/us-east-1/execute-api/aws4_request`;
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const canonical = [
    "POST",
    pathname,
    "",
    `host:${host}`,
    `x-amz-date:${date}`,
    "",
    "host;x-amz-date",
    hash(body),
  ].join("\n");
  let key: Buffer | string = "AWS4test";
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
  const signature = createHmac("sha256", key)
    .update(["AWS4-HMAC-SHA256", date, scope, hash(canonical)].join("\n"))
    .digest("hex");
  return {
    "x-amz-date": date,
    authorization: `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  };
}

async function checkKeys(strayKey: string) {
  const answer = await post("predict?k=v", { "x-api-key": keyValue });
  expect(answer.status).toBe(201);
  expect(JSON.parse(answer.text)).toEqual({ method: "POST", body: "{}", query: { k: "v" } });
  expect(answer.headers.get("x-from")).toBe("function");
  for (const key of [undefined, "wrong", strayKey]) {
    const refused = await post("predict", key ? { "x-api-key": key } : {});
    expect([key, refused.status, refused.text]).toEqual([key, 403, '{"error":"no key"}']);
    expect(refused.headers.get("access-control-allow-origin")).toBe("https://demo.example.com");
  }
}

async function checkPreflight() {
  const response = await fetch(`${base}/predict`, {
    method: "OPTIONS",
    headers: { origin: "https://demo.example.com", "access-control-request-method": "POST" },
  });
  expect(response.status).toBe(204);
  expect(response.headers.get("access-control-allow-origin")).toBe("https://demo.example.com");
  expect(response.headers.get("access-control-allow-headers")).toBe("Content-Type,X-Api-Key");
}

async function checkIam() {
  const refused = await post("admin");
  expect([refused.status, JSON.parse(refused.text)]).toEqual([403, { message: "Missing Authentication Token" }]);
  expect((await post("admin", { authorization: "Bearer x" })).status).toBe(403);
  expect((await post("admin", signed(`${base}/admin`, "{}"))).status).toBe(201);
}

async function checkValidationAndLimits() {
  expect((await post("checked")).status).toBe(400);
  expect((await post("checked?name=x")).status).toBe(201);
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await post("limited")).status);
  expect(statuses).toEqual([201, 201, 429]);
}

async function checkBinary() {
  const response = await fetch(`${base}/checked?name=x`, {
    method: "POST",
    body: "{}",
    headers: { accept: "image/png" },
  });
  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 255]);
}

test("a REST API checks keys, signatures, parameters and limits, and a second update has nothing to do", async () => {
  await withStack(
    "rest",
    program,
    async (run) => {
      const { outputs } = await run.up();
      base = reachableApiUrl(outputs["url"]?.value, emulator.endpoint).replace(/\/$/, "");
      const strayKey: string = outputs["strayKey"]?.value;
      expect(strayKey.length).toBeGreaterThanOrEqual(20);
      await checkKeys(strayKey);
      await checkPreflight();
      await checkIam();
      await checkValidationAndLimits();
      await checkBinary();
      expect(await run.changes()).toEqual({});
    },
    { endpoint: emulator.endpoint },
  );
});
