/**
 * What holds for every stack with afirgen that is to cost nothing, judged on what the program registers. tests/engine/systems/afirgen.test.ts says what the local AWS made of it.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { requiredTagKeys } from "../../../components/lib/tags";
import { idleUsdPerMonth, listPrices } from "../../../stacks/afirgen-cost";
import { afirgenSchema } from "../../../stacks/afirgen-settings";
import { ConfigError } from "../../../stacks/config";
import * as properties from "../../support/afirgen-properties";
import {
  type Configuration,
  devDefaults,
  inTheClear,
  madeUpSecret,
  type Registered,
  registered,
  stackNames,
} from "../../support/registered";
import { seenInRecording } from "../../support/seen";
import { judgeStack } from "../policy-pack/whole-stacks";
import { releaseSha256 } from "./afirgen-fixtures";

vi.mock("../../../components/serverless/release-archive", async () =>
  (await import("./afirgen-fixtures")).withoutPacking(),
);
vi.mock("../../../components/serverless/bundle", async (original) =>
  (await import("./afirgen-fixtures")).withoutBundling(original as never),
);
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const free: Configuration = { ...devDefaults, stack: "free", environment: "free" };
const freeWith = (settings: object) => registered("afirgen", { ...free, settings: { ...settings } });
const seen = ({ recording, ...rest }: Registered): properties.Afirgen => ({
  seen: seenInRecording(recording),
  ...rest,
});

/** Rules that look for a resource's companions by what the engine knows of dependencies. */
const byDependencies = ["enc-s3-tls-only", "lp-s3-bpa-present", "rel-s3-versioning"];
/** policy-exemptions.yaml has them, with reasons. */
const exempt = ["enc-cf-origin-tls", "log-cf-access", "lp-imds-hop-limit"];

/** What the pack finds in it as a stack that is to cost nothing; sums are no findings. */
async function findings({ recording, configuration }: Registered): Promise<string[]> {
  const diagnostics = await judgeStack(recording, { profile: "free", stack: configuration.stack });
  return diagnostics
    .filter(
      ({ message, policy }) => !/cannot be known at preview|^Free tier: /.test(message) && policy !== "pack-exemptions",
    )
    .map(({ policy }) => policy)
    .filter((policy) => !byDependencies.includes(policy) && !exempt.includes(policy));
}

let all: Registered;
beforeAll(async () => {
  all = await freeWith({});
});

describe("every resource", () => {
  test("has a name after its parent, a parent, and all required tags if it takes tags", () => {
    const { recording } = all;
    expect(recording.resources.length).toBeGreaterThan(100);
    expect(recording.misnamed()).toEqual([]);
    expect(recording.orphans()).toEqual([]);
    expect(recording.untagged(requiredTagKeys)).toEqual([]);
  });

  test("holds a secret as a secret only", () => {
    const inputs = all.recording.resources.map((resource) => resource.inputs);
    expect(JSON.stringify(inputs)).toContain(madeUpSecret);
    expect(JSON.stringify(inTheClear(inputs))).not.toContain(madeUpSecret);
    expect(properties.scriptOf(seen(all))).not.toContain(madeUpSecret);
  });

  test.each<[string, (afirgen: properties.Afirgen) => void]>([
    ["network", properties.network],
    ["buckets", properties.buckets],
    ["database", properties.database],
    ["distribution", properties.distribution],
    ["alarms", properties.alarms],
    ["logs", properties.logs],
    ["budget", properties.budget],
  ])("the %s are as the document says", (_name, holds) => holds(seen(all)));
});

describe("[afirgen P1] free tier limit compliance", () => {
  const configurations = fc.record({
    stack: stackNames,
    settings: fc.record(
      {
        openTo: fc.constantFrom("anyone", "cloudfront"),
        admin: fc.constant({ cidr: "198.51.100.7/32", keyName: "ops" }),
        rootVolumeGiB: fc.integer({ min: 16, max: 30 }),
        swapGiB: fc.integer({ min: 0, max: 8 }),
        pageCacheSeconds: fc.integer({ min: 0, max: 31_536_000 }),
        logRetentionDays: fc.constantFrom(1, 3, 7, 14),
        database: fc.record(
          {
            instanceClass: fc.constantFrom("db.t3.micro", "db.t4g.micro"),
            storageType: fc.constantFrom("gp2", "gp3"),
            backupDays: fc.integer({ min: 7, max: 35 }),
          },
          { requiredKeys: [] },
        ),
        usageReport: fc.record({ hourUtc: fc.integer({ min: 0, max: 23 }), costExplorer: fc.boolean() }),
      },
      { requiredKeys: [] },
    ),
  });

  test("whatever is configured within the limits, no policy finds a thing", () =>
    fc.assert(
      fc.asyncProperty(configurations, async ({ stack, settings }) => {
        expect(await findings(await registered("afirgen", { ...free, stack, settings }))).toEqual([]);
      }),
      { numRuns: 8, endOnFailure: true },
    ));

  test("and what passes a limit is found, at any level", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom<[string, (level: number) => object]>(
          ["ft-ebs-total", (level) => ({ rootVolumeGiB: 30 + level })],
          ["ft-rds-storage", (level) => ({ database: { storageGiB: 20 + level } })],
          [
            "ft-rds-shape",
            (level) => ({ database: { instanceClass: level % 2 === 0 ? "db.t3.small" : "db.t3.medium" } }),
          ],
          ["ft-ec2-type", (level) => ({ instanceType: level % 2 === 0 ? "t3.medium" : "t3.large" })],
        ),
        fc.integer({ min: 1, max: 500 }),
        async ([rule, settingsAt], level) => {
          expect(await findings(await freeWith(settingsAt(level)))).toContain(rule);
        },
      ),
      { numRuns: 8, endOnFailure: true },
    ));
});

describe("who may do what", () => {
  const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:123456789012:${resource}`;

  test("the machine: its buckets, its variables, its log, metrics of its namespace, its topic", () => {
    const bucket = (role: string) => `arn:aws:s3:::${String(all.outputs[`${role}BucketName`])}`;
    const found = properties.permissions(seen(all), "afirgen-machine-instance");
    expect(found.filter((one) => !one.startsWith("ssmmessages:"))).toEqual(
      [
        "cloudwatch:PutMetricData *",
        `logs:CreateLogStream ${arn("logs", "log-group:/aws/ec2/afirgen-app-free:*")}`,
        `logs:DescribeLogStreams ${arn("logs", "log-group:/aws/ec2/afirgen-app-free:*")}`,
        `logs:PutLogEvents ${arn("logs", "log-group:/aws/ec2/afirgen-app-free:*")}`,
        `s3:GetObject ${bucket("backups")}/*`,
        `s3:GetObject ${bucket("models")}/*`,
        `s3:GetObject ${bucket("temp")}/uploads/*`,
        `s3:ListBucket ${bucket("models")}`,
        `s3:PutObject ${bucket("backups")}/*`,
        `s3:PutObject ${bucket("temp")}/uploads/*`,
        `sns:Publish ${arn("sns", "afirgen-alarms-free")}`,
        `ssm:GetParameter ${arn("ssm", "parameter/afirgen/free/env")}`,
        `ssm:GetParameter ${arn("ssm", "parameter/afirgen/free/env/*")}`,
        `ssm:GetParameter ${arn("ssm", "parameter/afirgen/free/release")}`,
        `ssm:GetParametersByPath ${arn("ssm", "parameter/afirgen/free/env")}`,
        `ssm:GetParametersByPath ${arn("ssm", "parameter/afirgen/free/env/*")}`,
        `ssm:UpdateInstanceInformation ${arn("ec2", "instance/*")}`,
      ].sort(),
    );
    expect(all.recording.document("afirgen-machine-instance-telemetry").Statement[0]?.Condition).toEqual({
      StringEquals: { "cloudwatch:namespace": "afirgen/free" },
    });
  });

  test("Cost Explorer is asked only where that is set, for it costs", async () => {
    const actions = (of: Registered) =>
      properties.permissions(seen(of), "afirgen-usage-report-execution").filter((one) => one.startsWith("ce:"));
    expect(actions(all)).toEqual([]);
    expect(actions(await freeWith({ usageReport: { costExplorer: true } }))).toEqual(["ce:GetCostAndUsage *"]);
  });
});

describe("settings", () => {
  test("choose the plan's machine, and another where one is named", async () => {
    const type = (of: Registered) => seen(of).seen.only("aws:ec2/instance:Instance").inputs.instanceType;
    expect(type(all)).toBe("t3.micro");
    expect(type(await freeWith({ freeTier: { plan: "legacy12" } }))).toBe("t2.micro");
    expect(type(await freeWith({ instanceType: "t3.medium" }))).toBe("t3.medium");
  });

  test("with a domain open the ports to all, for its certificate, and CloudFront calls it by HTTPS", async () => {
    const withDomain = seen(await freeWith({ domainName: "fir.example.com" }));
    expect(properties.ingress(withDomain).filter((rule) => rule.includes("machine-sg-group:"))).toEqual([
      "0.0.0.0/0 -> afirgen-machine-sg-group:443",
      "0.0.0.0/0 -> afirgen-machine-sg-group:80",
    ]);
    const [, origin] = withDomain.seen.only("aws:cloudfront/distribution:Distribution").inputs.origins;
    expect(origin).toMatchObject({
      domainName: "fir.example.com",
      customOriginConfig: { originProtocolPolicy: "https-only" },
    });
    expect(properties.scriptOf(withDomain)).toContain("DOMAIN_NAME=fir.example.com");
  });

  test("that can't work are refused, told together", async () => {
    const wrong = {
      domainName: "fir.example.com",
      openTo: "cloudfront",
      backups: { glacierAfterDays: 90, expireAfterDays: 60 },
      database: { bufferPoolMiB: 300 },
    };
    await expect(freeWith(wrong)).rejects.toThrow(ConfigError);
    await expect(freeWith(wrong)).rejects.toThrow(
      /3 mistakes[\s\S]*bufferPoolMiB is 300[\s\S]*openTo: is cloudfront[\s\S]*expireAfterDays: is 60/,
    );
  });

  test("keep data where they say so", async () => {
    const kept = (await freeWith({ keepData: true })).recording;
    expect(kept.named("afirgen-models-bucket").inputs.forceDestroy).toBe(false);
    expect(kept.named("afirgen-mysql-instance").inputs).toMatchObject({ skipFinalSnapshot: false });
    expect(all.recording.named("afirgen-models-bucket").inputs.forceDestroy).toBe(true);
  });
});

test("the release is named by its checksum, and the machine follows the parameter that names it", () => {
  const key = `release/${releaseSha256}.tar.gz`;
  expect(all.recording.named("afirgen-models-release").inputs).toMatchObject({ key });
  expect(JSON.parse(all.recording.named("afirgen-release-parameter").inputs.insecureValue)).toEqual({ key });
  expect(properties.scriptOf(seen(all))).toContain("RELEASE_PARAMETER='/afirgen/free/release'");
});

test("what it costs at list prices is the sum of its lines", () => {
  const settings = afirgenSchema({ environment: "free", region: "us-east-1", secrets: new Set() }).parse({});
  const lines = Object.fromEntries(listPrices(settings).map(({ what, usdPerMonth }) => [what, usdPerMonth]));
  expect(lines["public IPv4 address"]).toBeCloseTo(3.65, 2);
  expect(lines["EC2 t3.micro"]).toBeCloseTo(7.59, 2);
  expect(idleUsdPerMonth(settings)).toBeCloseTo(28.36, 1);
});
