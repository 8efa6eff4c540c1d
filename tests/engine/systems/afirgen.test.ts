import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { managedPolicies } from "../../../components/edge/distribution-config";
import { localAccountId } from "../../../local/aws-env";
import { secretVariables, variableNames } from "../../../services/afirgen/backend/settings-variables";
import * as properties from "../../support/afirgen-properties";
import { type Deployed, deploy } from "../../support/deployed";
import { type Configuration, devDefaults, inTheClear } from "../../support/registered";
import { ask } from "../edge/ask";

/**
 * The whole of AFIRGen as the engine and the provider make it on the emulator, judged by the policy pack as a stack that is to cost nothing. What the machine does after its start is shown
 * elsewhere: no machine starts here.
 */
const first: Configuration = { ...devDefaults, environment: "free", accountId: localAccountId };
const second: Configuration = {
  ...first,
  settings: {
    openTo: "anyone",
    admin: { cidr: "198.51.100.7/32", keyName: "afirgen-key" },
    database: { maxConnections: 40, bufferPoolMiB: 256 },
    logRetentionDays: 7,
    usageReport: { costExplorer: true },
  },
};

let deployed: Deployed;
let now: properties.Afirgen;
beforeAll(async () => {
  deployed = await deploy("afirgen", first, "free");
  now = await deployed.look();
});
afterAll(() => deployed?.end());

const all: [string, (afirgen: properties.Afirgen) => void][] = [
  ["the network has the document's addresses", properties.network],
  ["four buckets are closed and encrypted, and two empty themselves", properties.buckets],
  ["the machine is micro, encrypted, and has a fixed address", properties.machine],
  ["the page's distribution is as the document says", properties.distribution],
  ["four alarms read four metrics and tell the topic", properties.alarms],
  ["logs forget after a week", properties.logs],
  ["the budget is the account's and tells of the first cent", properties.budget],
];

describe("the stack", () => {
  test("[afirgen P1] comes up with no finding of the policies, and the sum of each limit is told", () => {
    const output = deployed.stack.output();
    const judged = output.split("\n").filter((line) => /\[(?:mandatory|advisory)\]/.test(line));
    expect(judged.length).toBeGreaterThan(5);
    // Sums, and which exemptions there are, are said of the stack as a whole; findings name a resource.
    expect(judged.filter((line) => !line.includes("(pulumi:pulumi:Stack: "))).toEqual([]);
    expect(now.seen.resources.length).toBeGreaterThan(85);
    for (const sum of [
      "730 of 750 EC2 instance hours a month",
      "730 of 750 RDS instance hours a month",
      "30 of 30 GB of EBS",
      "20 of 20 GB of RDS storage",
      "4 of 10 standard alarms",
      "2 of 3 dashboards",
      "1 of 1 public IPv4 addresses; beyond it $0.00 a month ($3.65 each). On credits all of it takes $3.65 a month.",
    ]) {
      expect(output).toContain(`Free tier: ${sum}`);
    }
  });

  test.each(all)("%s", (_name, property) => property(now));

  test("the database is as the document says", () => properties.database(now));

  test("lets CloudFront alone in, and the machine alone to the database", () => {
    const rules = properties.ingress(now);
    expect(rules).toHaveLength(2);
    expect(rules).toContain("afirgen-machine-sg-group -> afirgen-mysql-sg-group:3306");
    expect(rules.find((rule) => rule.endsWith("afirgen-machine-sg-group:80"))).toMatch(/^pl-/);
  });

  test("keeps every variable of the application under one path, secrets as secrets", async () => {
    const ssm = new SSMClient({
      endpoint: deployed.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    const path = String(now.outputs["variablesPath"]);
    const found: { name: string; type: string | undefined; value: string | undefined }[] = [];
    let NextToken: string | undefined;
    do {
      const page = await ssm.send(new GetParametersByPathCommand({ Path: path, WithDecryption: true, NextToken }));
      for (const { Name = "", Type, Value } of page.Parameters ?? []) {
        found.push({ name: Name.slice(path.length + 1), type: Type, value: Value });
      }
      NextToken = page.NextToken;
    } while (NextToken);
    const names = found.map(({ name }) => name);
    expect(variableNames).toEqual(expect.arrayContaining(names));
    expect(names).toEqual(expect.arrayContaining(["DB_HOST", "DB_PASSWORD", "TEMP_BUCKET", "METRICS_NAMESPACE"]));
    const secret = found.filter(({ type }) => type === "SecureString").map(({ name }) => name);
    expect(secret.sort()).toEqual([...secretVariables].sort());
    expect(found.find(({ name }) => name === "DB_PASSWORD")?.value).toMatch(/^[A-Za-z0-9]{40}$/);
  });

  test("has no secret in the clear in its state", async () => {
    const { deployment } = await deployed.stack.stack.exportStack();
    const secrets = now.seen
      .ofType("aws:ssm/parameter:Parameter")
      .filter(({ inputs }) => inputs.type === "SecureString")
      .map(({ outputs }) => String(outputs.value));
    expect(secrets).toHaveLength(2);
    const clear = JSON.stringify(inTheClear(deployment));
    for (const secret of secrets) expect(clear.includes(secret)).toBe(false);
  });

  test("needs no second update, and is on AWS what it is in the state", async () => {
    expect(await deployed.stack.changes()).toEqual({});
    expect(await deployed.stack.drift()).toEqual({});
  });
});

describe("[afirgen P6] frontend asset delivery", () => {
  const from = (path: string, headers: Readonly<Record<string, string>>) =>
    ask(deployed.endpoint, { host: new URL(String(now.outputs["pageUrl"])).host, path, headers });
  const https = { "X-Forwarded-Proto": "https" };

  test("viewers without TLS are sent to HTTPS", async () => {
    const answer = await from("/index.html", { "X-Forwarded-Proto": "http" });
    expect(answer.status).toBe(301);
    expect(answer.headers.location).toMatch(/^https:\/\/[^/]+\/index\.html$/);
  });

  test("every file comes with its type, and with headers by which the edge keeps it for a day", async () => {
    const files = now.seen.ofType("aws:s3/bucketObjectv2:BucketObjectv2").filter(({ name }) => name.includes("-file-"));
    expect(files.length).toBeGreaterThan(1);
    for (const { inputs } of files) {
      const answer = await from(`/${inputs.key}`, https);
      expect(answer.status, inputs.key).toBe(200);
      expect(answer.headers["content-type"]).toBe(inputs.contentType);
      const browser = inputs.key.endsWith(".html") ? 0 : 300;
      expect(answer.headers["cache-control"]).toBe(`public, max-age=${browser}, s-maxage=86400, must-revalidate`);
    }
  });

  test("the page is the root, and has a policy of what it may load", async () => {
    const answer = await from("/", https);
    expect(answer.status).toBe(200);
    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
  });

  test("files of the bucket are read by this distribution alone", () => {
    const policy = now.seen.resources.find(({ name }) => name === "afirgen-page-files-policy")?.inputs.policy;
    const allowed = JSON.parse(policy).Statement.filter(({ Effect }: { Effect: string }) => Effect === "Allow");
    const { outputs } = now.seen.only("aws:cloudfront/distribution:Distribution");
    expect(allowed).toHaveLength(1);
    const [{ Principal, Action, Condition }] = allowed;
    expect([Principal.Service].flat()).toEqual(["cloudfront.amazonaws.com"]);
    expect([Action].flat()).toEqual(["s3:GetObject"]);
    expect(Condition).toEqual({ StringEquals: { "aws:SourceArn": outputs.arn } });
  });

  test("what has no header of its own is kept for a day, and nothing for more than a year", () => {
    // CachingOptimized: least 1 s, default 86,400 s, most 31,536,000 s. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
    const { inputs } = now.seen.only("aws:cloudfront/distribution:Distribution");
    expect(inputs.defaultCacheBehavior.cachePolicyId).toBe(managedPolicies.cachingOptimized);
    expect(inputs.orderedCacheBehaviors[0].cachePolicyId).toBe(managedPolicies.cachingDisabled);
  });
});

describe("another configuration of the same stack", () => {
  test("replaces nothing that holds data or has a name", async () => {
    deployed.configure(second);
    const changes = await deployed.stack.changes();
    const replaced = Object.entries(changes).filter(([, change]) =>
      /^(?:replace|create-replacement|delete)/.test(change),
    );
    // The way in is another one, and EC2 takes a key pair at the start only.
    expect(
      replaced.map(([name]) => name).filter((name) => !/-sg-from-|machine-server|address-association/.test(name)),
    ).toEqual([]);
    await deployed.stack.up();
    now = await deployed.look();
  });

  test("opens what it says to whom it says", () => {
    expect(properties.ingress(now)).toEqual([
      "0.0.0.0/0 -> afirgen-machine-sg-group:443",
      "0.0.0.0/0 -> afirgen-machine-sg-group:80",
      "198.51.100.7/32 -> afirgen-machine-sg-group:22",
      "afirgen-machine-sg-group -> afirgen-mysql-sg-group:3306",
    ]);
    expect(now.seen.only("aws:ec2/instance:Instance").inputs.keyName).toBe("afirgen-key");
  });

  test("needs no second update, and is on AWS what it is in the state", async () => {
    expect(await deployed.stack.changes()).toEqual({});
    expect(await deployed.stack.drift()).toEqual({});
  });
});
