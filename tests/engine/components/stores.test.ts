import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { GeneratedSecret } from "../../../components/data/generated-secret";
import { PostgresDatabase } from "../../../components/data/postgres-database";
import { RedisCache } from "../../../components/data/redis-cache";
import type { SystemContext } from "../../../components/lib/context";
import { Queue } from "../../../components/messaging/queue";
import { Vpc } from "../../../components/network/vpc";
import { withStack } from "../../support/inline-stack";
import { devContext } from "../../support/mocks";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

/**
 * Database, cache and queue through the real engine and provider, judged by the pack. The local AWS keeps what it is told of them; that PostgreSQL refuses a client
 * without TLS, and that Redis asks for its password, it can't show.
 */
let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});

afterAll(() => emulator?.dispose());

const context: SystemContext = { ...devContext, stack: "test", accountId: "000000000000" };

async function stores() {
  const vpc = new Vpc("lambda-efs-network", {
    context,
    cidr: "10.0.0.0/16",
    availabilityZones: ["us-east-1a", "us-east-1b"],
    flowLogRetentionDays: 14,
  });
  const database = new PostgresDatabase("lambda-efs-database", {
    context,
    vpc,
    instanceClass: "db.t4g.small",
    multiAz: true,
    databaseName: "jobs",
    logRetentionDays: 14,
  });
  const cache = new RedisCache("lambda-efs-cache", {
    context,
    vpc,
    nodeType: "cache.t4g.micro",
    nodes: 2,
    authToken: new GeneratedSecret("lambda-efs-cache-token", { context, description: "Password of Redis" }),
  });
  const jobs = new Queue("lambda-efs-jobs", { context, visibilityTimeoutSeconds: 120 });
  return {
    host: database.host,
    secretArn: database.secretArn,
    cacheUrl: cache.url,
    queueArn: jobs.nodes.queue.arn,
    knownQueueArn: jobs.arn,
    failedArn: jobs.deadLetters.nodes.queue.arn,
    knownFailedArn: jobs.deadLetters.arn,
  };
}

/** What Secrets Manager of the local AWS answers. */
async function secretOf(arn: string): Promise<{ username: string; password: string }> {
  const response = await fetch(emulator.endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager.GetSecretValue",
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=x",
    },
    body: JSON.stringify({ SecretId: arn }),
  });
  const { SecretString = "" } = (await response.json()) as { SecretString?: string };
  return JSON.parse(SecretString);
}

test("database, cache and queue come up, break no policy, and stay as they are", async () => {
  await withStack(
    "llm-stacks",
    stores,
    async (stack) => {
      const { outputs } = await stack.up();
      const value = (name: string) => outputs[name]?.value as string;
      expect(value("queueArn")).toBe(value("knownQueueArn"));
      expect(value("failedArn")).toBe(value("knownFailedArn"));
      expect(value("cacheUrl")).toMatch(/^rediss:\/\/[^@:]+:6379$/);
      expect(value("secretArn")).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:rds!db-/);
      const { username, password } = await secretOf(value("secretArn"));
      expect(username).toBe("postgres");
      expect(password.length).toBeGreaterThan(15);
      expect(stack.output()).not.toContain(password);
      const said = stack.output().split("\n");
      const judged = said.filter((line) => /^\s+\[[a-z0-9-]+\]/.test(line));
      expect(judged.filter((line) => !/cannot be known at preview: policy/.test(line))).toEqual([]);
      expect(await stack.changes()).toEqual({});
    },
    { endpoint: emulator.endpoint, policyPacks: [join(repoRoot, "policy-pack")], keepResources: true },
  );
});
