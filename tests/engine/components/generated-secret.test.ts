import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import * as aws from "@pulumi/aws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GeneratedSecret } from "../../../components/data/generated-secret";
import { localAccountId } from "../../../local/aws-env";
import { withStack } from "../../support/inline-stack";
import { devContext } from "../../support/mocks";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});

afterAll(() => emulator?.dispose());

test("a secret stays from update to update, and a new one, put as the runbooks say, reaches all that reads it", async () => {
  const context = { ...devContext, system: "phi3", accountId: localAccountId };
  const program = () => {
    const secret = new GeneratedSecret("phi3-api-key", { context, description: "Key that callers send" });
    new aws.ssm.Parameter("reader", { name: "/reader", type: "SecureString", value: secret.value });
    return Promise.resolve({ name: secret.parameterName });
  };
  const ssm = new SSMClient({
    endpoint: emulator.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const readSecret = async (Name: string) =>
    (await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }))).Parameter?.Value;

  await withStack(
    "secret",
    program,
    async (run) => {
      const { outputs } = await run.up();
      const name = String(outputs["name"]?.value);
      const first = await readSecret(name);
      expect(first).toMatch(/^[A-Za-z0-9]{48}$/);
      expect(await readSecret("/reader")).toBe(first);
      expect(await run.changes()).toEqual({});

      const next = "n".repeat(48);
      await ssm.send(new PutParameterCommand({ Name: name, Value: next, Overwrite: true }));
      await run.stack.refresh({ target: ["**phi3-api-key-parameter"] });
      await run.up();
      expect(await readSecret(name)).toBe(next);
      expect(await readSecret("/reader")).toBe(next);
      expect(await run.changes()).toEqual({});
    },
    { endpoint: emulator.endpoint },
  );
});
