import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { awsEnv, providerConfig } from "../../../local/aws-env";

test("a user's own AWS settings do not reach a local run", async () => {
  const seen: { host: string | undefined; authorization: string | undefined; token: unknown }[] = [];
  const server = createServer((request, response) => {
    const { host, authorization } = request.headers;
    seen.push({ host, authorization, token: request.headers["x-amz-security-token"] });
    response.setHeader("content-type", "application/xml");
    response.end("<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const users = {
    PATH: process.env["PATH"],
    AWS_PROFILE: "production",
    AWS_ACCESS_KEY_ID: "AKIAREALREALREALREAL",
    AWS_SECRET_ACCESS_KEY: "real",
    AWS_SESSION_TOKEN: "real",
    AWS_REGION: "eu-west-1",
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
  };
  const script = `const { S3Client, ListBucketsCommand } = require("@aws-sdk/client-s3"); new S3Client({}).send(new ListBucketsCommand({}));`;
  await promisify(execFile)(process.execPath, ["-e", script], {
    env: { ...users, ...awsEnv(`http://127.0.0.1:${port}`, "us-west-2") },
  });
  server.close();
  expect(seen).toEqual([
    {
      host: `127.0.0.1:${port}`,
      authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=test\/\d{8}\/us-west-2\/s3\/aws4_request/),
      token: undefined,
    },
  ]);
});

test("the region is us-east-1 unless the stack has another", () => {
  const { AWS_REGION, AWS_DEFAULT_REGION } = awsEnv("http://127.0.0.1:4566");
  expect([AWS_REGION, AWS_DEFAULT_REGION]).toEqual(["us-east-1", "us-east-1"]);
});

test("the provider asks for no account, no metadata and no bucket host names", () => {
  expect(providerConfig).toEqual({
    "aws:skipCredentialsValidation": "true",
    "aws:skipMetadataApiCheck": "true",
    "aws:s3UsePathStyle": "true",
    "aws:skipRequestingAccountId": "true",
  });
});
