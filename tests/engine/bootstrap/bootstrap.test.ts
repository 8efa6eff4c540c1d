import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localDir } from "../../../automation/lib/paths";
import { shortHash } from "../../../components/lib/names";
import { llm, type Run } from "../../support/llm";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

/**
 * Bootstrap and copies of states whole, by the command line, against an emulator of their own. That AWS gives GitHub's jobs the roles, and that what the roles may do is
 * enough for a deployment, only an account can show.
 */
let emulator: TestEmulator;
let folder: string;
let env: Record<string, string>;
let s3: S3Client;
const bucket = `platform-pulumi-state-dev-${shortHash("000000000000/us-east-1")}`;

beforeAll(async () => {
  mkdirSync(localDir, { recursive: true });
  folder = mkdtempSync(join(localDir, "bootstrap-test-"));
  emulator = await startTestEmulator({ stateDir: join(folder, "emulator") });
  env = { LLM_STACKS_LOCAL_DIR: folder, LLM_STACKS_EMULATOR_PORT: String(emulator.port) };
  s3 = new S3Client({
    endpoint: emulator.endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
});

afterAll(async () => {
  s3?.destroy();
  await emulator?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const bootstrap = (...flags: string[]): Promise<Run> =>
  llm(["bootstrap", "dev", "--repository", "owner/name", "--local", "--yes", ...flags], { env });
const keys = async (Prefix: string) =>
  ((await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }))).Contents ?? []).map(({ Key }) => Key);

test("[operations 4] bootstrap makes what an environment needs, moves its state into the bucket, and finds it there again", async () => {
  const first = await bootstrap();
  expect(first.status, first.output).toBe(0);
  expect(first.stdout).toContain(`pulumi login 's3://${bucket}?region=us-east-1`);
  expect(first.stdout).toContain(
    "AWS_ROLE_ARN --repo owner/name --env dev --body 'arn:aws:iam::000000000000:role/platform-deploy-dev'",
  );
  expect(first.output).toMatch(/violations: none/);
  const rules = (await s3.send(new GetBucketEncryptionCommand({ Bucket: bucket }))).ServerSideEncryptionConfiguration
    ?.Rules;
  expect(rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm).toBe("aws:kms");
  expect(await keys(".pulumi/stacks/")).toContain(".pulumi/stacks/llm-stacks-bootstrap/dev.json");
  expect(readdirSync(join(folder, "bootstrap"))).toEqual([]);

  const second = await bootstrap();
  expect(second.status, second.output).toBe(0);
  expect(second.stdout).not.toMatch(/\d+ (?:to (?:create|update|delete|replace)|created|updated|deleted|replaced)/);
  expect(second.stdout).toMatch(/\d+ unchanged/);
});

test("[ollama P35] state versioning: each state that was written to the bucket can be had back", async () => {
  const Key = ".pulumi/stacks/llm-stacks/versions.json";
  const written = ["first", "second", "third"];
  for (const Body of written) await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: Key }));
  const read = await Promise.all(
    Versions.map(async ({ VersionId }) =>
      (await s3.send(new GetObjectCommand({ Bucket: bucket, Key, VersionId }))).Body?.transformToString(),
    ),
  );
  expect(read.sort()).toEqual([...written].sort());
});

test("[operations 4] it is not removed while it holds the state of a stack", async () => {
  const run = await bootstrap("--destroy");
  expect(run.status).toBe(1);
  expect(run.stderr).toContain(".pulumi/stacks/llm-stacks/versions.json");
  await s3.send(new HeadBucketCommand({ Bucket: bucket }));
});

test("[operations 4] a copy of a state comes back, and not over a newer one or another stack's", async () => {
  const up = await llm(["up", "dev", "--local", "--yes", "--systems", "lambda-efs"], { env });
  expect(up.status, up.output).toBe(0);
  const copy = await llm(["state", "backup", "dev", "--local", "--to", join(folder, "copies")], { env });
  expect(copy.status, copy.output).toBe(0);
  const file = /: (\/\S+\.json)$/m.exec(copy.stdout)?.[1] ?? "";
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const inBucket = await llm(["state", "backup", "dev", "--local", "--to", `s3://${bucket}/state-backups`], { env });
  expect(inBucket.stdout, inBucket.output).toContain(`s3://${bucket}/state-backups/llm-stacks/dev/`);

  const backup = JSON.parse(readFileSync(file, "utf8"));
  expect(backup.state.deployment.resources.length).toBeGreaterThan(50);
  const damaged = join(folder, "damaged.json");
  writeFileSync(
    damaged,
    JSON.stringify({ ...backup, sha256: backup.sha256.replace(/^./, (digit: string) => (digit === "0" ? "1" : "0")) }),
  );
  const broken = await llm(["state", "restore", "dev", damaged, "--local", "--yes"], { env });
  expect(broken.status).toBe(1);
  expect(broken.stderr).toContain("is damaged");
  const other = await llm(["state", "restore", "staging", file, "--local", "--yes", "--force"], { env });
  expect(other.status).toBe(1);
  expect(other.stderr).toContain("it is of stack dev, and this is staging");

  const down = await llm(["down", "dev", "--local", "--yes"], { env });
  expect(down.status, down.output).toBe(0);
  const restored = await llm(["state", "restore", "dev", file, "--local", "--yes"], { env });
  expect(restored.status, restored.output).toBe(0);
  expect(restored.stdout).toContain(`${backup.state.deployment.resources.length} resources of stack dev are back`);
  const kept = /as it was: (\/\S+\.json)$/m.exec(restored.stdout)?.[1] ?? "";
  expect(kept.startsWith(join(folder, "state-backups"))).toBe(true);

  // Back to nothing: it forgets resources, which takes --force.
  const refused = await llm(["state", "restore", "dev", kept, "--local", "--yes"], { env });
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("Pulumi would forget them");
  const forced = await llm(["state", "restore", "dev", kept, "--local", "--yes", "--force"], { env });
  expect(forced.status, forced.output).toBe(0);
});

test("[operations 4] bootstrap is removed whole, state and all", async () => {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "state-backups/other", Body: "kept until now" }));
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: ".pulumi/stacks/llm-stacks/versions.json" }));
  const run = await bootstrap("--destroy");
  expect(run.status, run.output).toBe(0);
  await expect(s3.send(new HeadBucketCommand({ Bucket: bucket }))).rejects.toThrow();
});
