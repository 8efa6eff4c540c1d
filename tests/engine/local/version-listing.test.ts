import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as aws from "@pulumi/aws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { awsEnv } from "../../../local/aws-env";
import { withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});

afterAll(() => emulator?.dispose());

test("the provider empties a bucket of versioned objects whose names have to be encoded", async () => {
  const name = "names-to-encode";
  const env = awsEnv(emulator.endpoint);
  const credentials = {
    accessKeyId: env["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: env["AWS_SECRET_ACCESS_KEY"] ?? "",
  };
  const client = new S3Client({ endpoint: emulator.endpoint, region: "us-east-1", forcePathStyle: true, credentials });
  const program = () => {
    const bucket = new aws.s3.Bucket("bucket", { bucket: name, forceDestroy: true });
    const versioningConfiguration = { status: "Enabled" };
    new aws.s3.BucketVersioning("versioning", { bucket: bucket.bucket, versioningConfiguration });
    return Promise.resolve();
  };
  await withStack(
    "version-listing",
    program,
    async (stack) => {
      await stack.up();
      for (const Key of ["a+b", "a b", "a & <b>", "ü/ñ", "100%"]) {
        for (const Body of ["one", "two"]) await client.send(new PutObjectCommand({ Bucket: name, Key, Body }));
      }
    },
    { endpoint: emulator.endpoint },
  );
  client.destroy();
  const gone = await fetch(`${emulator.endpoint}/${name}`, { method: "HEAD" });
  expect(gone.status).toBe(404);
});
