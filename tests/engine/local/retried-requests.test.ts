import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.dispose());

/** CreateRole as an SDK sends it: every attempt of a call carries the call's id. */
async function createRole(role: string, call: string, attempt: number) {
  const trust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  const response = await fetch(emulator.endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x",
      "amz-sdk-invocation-id": call,
      "amz-sdk-request": `attempt=${attempt}; max=25`,
    },
    body: new URLSearchParams({
      Action: "CreateRole",
      Version: "2010-05-08",
      RoleName: role,
      AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [trust] }),
    }),
  });
  return { status: response.status, body: await response.text() };
}

test("the second attempt of a call gets the first one's answer", async () => {
  const first = await createRole("retried", "call-1", 1);
  expect(first.status).toBe(200);
  expect(await createRole("retried", "call-1", 2)).toEqual(first);
  expect(await emulator.log()).toContain("attempt 2 gets the answer of the first");
});

test("another call for the same name is refused as a duplicate", async () => {
  await createRole("taken", "call-2", 1);
  expect((await createRole("taken", "call-3", 1)).status).toBe(409);
});

test("a second attempt whose first one never arrived is carried out", async () => {
  expect((await createRole("late", "call-4", 2)).status).toBe(200);
});
