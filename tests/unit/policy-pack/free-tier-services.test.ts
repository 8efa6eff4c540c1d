import { describe, expect, test } from "vitest";
import { type Resource, unknown } from "../../support/policy-harness";
import type { Props } from "./cases";
import { freeCases, judgeFree, judgeStack, many, sumsOf } from "./free";
import { judge, pass, serve, unverifiable, violation } from "./rules";

const lambda = "aws:lambda/function:Function";
const alarm = "aws:cloudwatch/metricAlarm:MetricAlarm";
const composite = "aws:cloudwatch/compositeAlarm:CompositeAlarm";
const dashboard = "aws:cloudwatch/dashboard:Dashboard";
const filter = "aws:cloudwatch/logMetricFilter:LogMetricFilter";
const secret = "aws:secretsmanager/secret:Secret";
const distribution = "aws:cloudfront/distribution:Distribution";
const certificate = "aws:acm/certificate:Certificate";
const budget = "aws:budgets/budget:Budget";
const action = "aws:budgets/budgetAction:BudgetAction";
const free = { tags: { CostTier: "free" } };

describe("ft-lambda-shape", () => {
  const id = "ft-lambda-shape";
  freeCases(id, lambda, [
    ["passes the defaults", {}, pass],
    ["passes the largest", { memorySize: 1024, timeout: 60, ephemeralStorage: { size: 512 } }, pass],
    ["refuses more memory", { memorySize: 1025 }, violation("memorySize: 1025 MB of memory are more than 1024")],
    ["refuses more time", { timeout: 61 }, violation("timeout: 61 seconds are more than 60")],
    [
      "refuses more storage",
      { ephemeralStorage: { size: 513 } },
      violation("ephemeralStorage.size: 513 MB of temporary storage are more than 512"),
    ],
    [
      "takes the sizes from the config",
      { memorySize: 2048, timeout: 120 },
      pass,
      { memoryMb: 2048, timeoutSeconds: 120 },
    ],
    [
      "can't judge unknowns, and they hide nothing",
      { memorySize: unknown, timeout: 900, ephemeralStorage: unknown },
      { ...violation("timeout: 900 seconds are more than 60"), unknowns: ["memorySize", "ephemeralStorage"] },
    ],
  ]);
  freeCases(id, "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig", [
    ["refuses provisioned concurrency", {}, violation("provisioned concurrency is billed while nothing runs")],
  ]);

  test("tells how often the longest runs fit into the free time", async () => {
    const sized = (name: string, memorySize: number | string, timeout: number): Resource => ({
      type: lambda,
      name,
      props: { memorySize, timeout },
      from: { memorySize: [name] },
    });
    const text = "GB-s a month; beyond it $0.0000166667 a GB-s.";
    expect(await sumsOf(id, [sized("a", 1024, 60), sized("b", 512, 120)])).toEqual([
      `one longest run of every Lambda function (2) takes 120 GB-s: 3,333 times in 400,000 free ${text}`,
    ]);
    expect(await sumsOf(id, [{ type: lambda }])).toEqual([
      `one longest run of every Lambda function (1) takes 0.38 GB-s: 1,066,666 times in 400,000 free ${text}`,
    ]);
    expect(await sumsOf(id, [sized("a", unknown, 60)])).toEqual([
      "one longest run of every Lambda function (1) takes at least 0 GB-s; beyond it $0.0000166667 a GB-s.",
    ]);
    expect(await sumsOf(id, [])).toEqual([]);
  });
});

describe("ft-cloudwatch-counts", () => {
  const id = "ft-cloudwatch-counts";
  const short = (path: string) => violation(`${path}: a period of 30 s makes this an alarm of high resolution`);
  freeCases(id, alarm, [
    ["passes a minute", { metricName: "Errors", period: 60 }, pass],
    ["passes without a period", {}, pass],
    ["refuses less", { period: 30 }, short("period")],
    ["refuses less in a query", { metricQueries: [{ period: 60 }, { period: 30 }] }, short("metricQueries[1].period")],
    [
      "refuses less in a query's metric",
      { metricQueries: [{ metric: { period: 30 } }] },
      short("metricQueries[0].metric.period"),
    ],
    ["can't judge an unknown period", { period: unknown }, unverifiable("period")],
  ]);
  freeCases(id, composite, [
    ["refuses composite alarms", {}, violation("a composite alarm costs $0.50 a month")],
    ["takes the price from the config", {}, violation("a composite alarm costs $2.00 a month"), { compositePrice: 2 }],
  ]);

  const over = (what: string, limit: number, money: string) =>
    violation(`the stack has ${what}, the limit is ${limit}: ${money} a month beyond it`);

  test("alarms count the metrics that they read", async () => {
    expect(await judgeStack(id, many(10, alarm))).toEqual(pass);
    expect(await judgeStack(id, many(11, alarm))).toEqual(over("11 standard alarms", 10, "$0.10"));
    const reading: Props = {
      metricQueries: [{ metric: { metricName: "a" } }, { metric: { metricName: "b" } }, { expression: "a/b" }],
    };
    expect(await judgeStack(id, many(5, alarm, reading))).toEqual(pass);
    expect(await judgeStack(id, many(6, alarm, reading))).toEqual(over("12 standard alarms", 10, "$0.20"));
    expect(await judgeStack(id, many(11, alarm), { alarms: 11 })).toEqual(pass);
    const open = { type: alarm, name: "open", props: { metricQueries: unknown }, from: { metricQueries: ["open"] } };
    expect(await judgeStack(id, [...many(10, alarm), open])).toEqual(unverifiable("metricQueries"));
  });

  test("the finding stands at the alarm that passes the limit", async () => {
    const pack = await serve({ profile: "free" }, { all: "disabled", [id]: "mandatory" });
    const found = (await pack.analyzeStack(many(12, alarm))).filter(({ level }) => level === "mandatory");
    expect(found.map(({ urn }) => urn.split("::").at(-1))).toEqual(["a10"]);
  });

  test("dashboards", async () => {
    expect(await judgeStack(id, many(3, dashboard))).toEqual(pass);
    expect(await judgeStack(id, many(4, dashboard))).toEqual(over("4 dashboards", 3, "$3.00"));
  });

  test("log metric filters make metrics, two of one name the same", async () => {
    const filters = (count: number, name: (index: number) => string): readonly Resource[] =>
      Array.from({ length: count }, (_, index) => ({
        type: filter,
        name: `f${index}`,
        props: { metricTransformation: { namespace: "Shop", name: name(index) } },
      }));
    expect(await judgeStack(id, filters(10, String))).toEqual(pass);
    expect(await judgeStack(id, filters(11, String))).toEqual(over("11 custom metrics", 10, "$0.30"));
    expect(
      await judgeStack(
        id,
        filters(11, () => "Errors"),
      ),
    ).toEqual(pass);
    expect(
      await judgeStack(
        id,
        filters(11, () => unknown),
      ),
    ).toEqual(over("11 custom metrics", 10, "$0.30"));
  });

  test("tells all three sums", async () => {
    const transformation = { metricTransformation: { namespace: "Shop", name: "Errors" } };
    const stack = [...many(8, alarm), { type: dashboard }, { type: filter, props: transformation }];
    expect(await sumsOf(id, stack)).toEqual([
      "8 of 10 standard alarms; beyond it $0.00 a month ($0.10 each).",
      "1 of 3 dashboards; beyond it $0.00 a month ($3.00 each).",
      "1 of 10 custom metrics; beyond it $0.00 a month ($0.30 each).",
    ]);
  });
});

describe("ft-kms-cmk", () => {
  const costs = violation("the key costs $1.00 a month, and more after it was rotated");
  test.each(["key:Key", "replicaKey:ReplicaKey", "externalKey:ExternalKey", "replicaExternalKey:ReplicaExternalKey"])(
    "refuses %s",
    async (type) => {
      expect(await judgeFree("ft-kms-cmk", { type: `aws:kms/${type}` })).toEqual(costs);
    },
  );

  test("passes aliases, and in dev what is not tagged as free", async () => {
    expect(await judgeFree("ft-kms-cmk", { type: "aws:kms/alias:Alias" })).toEqual(pass);
    expect(await judge("ft-kms-cmk", { type: "aws:kms/key:Key" })).toEqual(pass);
    expect(await judge("ft-kms-cmk", { type: "aws:kms/key:Key", props: free })).toEqual(costs);
  });
});

describe("ft-secrets", () => {
  const id = "ft-secrets";
  freeCases(id, secret, [
    ["refuses a secret", {}, violation("the secret costs $0.40 a month")],
    [
      "counts its replicas",
      { replicas: [{ region: "eu-west-1" }, { region: "eu-west-2" }] },
      violation("the secret costs $1.20 a month"),
    ],
    ["takes the price from the config", {}, violation("the secret costs $1.00 a month"), { monthPrice: 1 }],
  ]);
  for (const type of ["aws:rds/instance:Instance", "aws:rds/cluster:Cluster"]) {
    freeCases(id, type, [
      [`passes ${type} without a managed password`, {}, pass],
      [
        `refuses ${type} with one`,
        { manageMasterUserPassword: true },
        violation("manageMasterUserPassword: RDS makes a secret for it, $0.40 a month"),
      ],
      [
        `can't judge ${type} with an unknown`,
        { manageMasterUserPassword: unknown },
        unverifiable("manageMasterUserPassword"),
      ],
    ]);
  }
});

describe("ft-waf", () => {
  test.each(["aws:wafv2/webAcl:WebAcl", "aws:waf/webAcl:WebAcl", "aws:wafregional/webAcl:WebAcl"])(
    "refuses %s",
    async (type) => {
      expect(await judgeFree("ft-waf", { type, props: { rules: [{ name: "a" }, { name: "b" }] } })).toEqual(
        violation("the web ACL with its rules (2) costs $7.00 a month"),
      );
    },
  );

  test("takes prices from the config", async () => {
    const resource = { type: "aws:wafv2/webAcl:WebAcl", props: { rules: [{ name: "a" }] } };
    expect(await judgeFree("ft-waf", resource, { aclPrice: 1, rulePrice: 2 })).toEqual(
      violation("the web ACL with its rules (1) costs $3.00 a month"),
    );
  });
});

describe("ft-cloudfront", () => {
  const id = "ft-cloudfront";
  const cheap = { priceClass: "PriceClass_100" };
  freeCases(id, distribution, [
    ["passes the cheapest class", cheap, pass],
    [
      "refuses none, which is all",
      {},
      violation("priceClass: edge locations at higher prices serve too (PriceClass_All)"),
    ],
    [
      "refuses another",
      { priceClass: "PriceClass_200" },
      violation("priceClass: edge locations at higher prices serve too (PriceClass_200)"),
    ],
    ["passes TLS by name", { ...cheap, viewerCertificate: { sslSupportMethod: "sni-only" } }, pass],
    [
      "refuses addresses for TLS",
      { ...cheap, viewerCertificate: { sslSupportMethod: "vip" } },
      violation("viewerCertificate.sslSupportMethod: IP addresses for TLS cost $600.00 a month"),
    ],
    [
      "refuses static ones",
      { ...cheap, viewerCertificate: { sslSupportMethod: "static-ip" } },
      violation("viewerCertificate.sslSupportMethod: IP addresses for TLS cost $600.00 a month"),
    ],
    [
      "refuses real-time logs",
      { ...cheap, defaultCacheBehavior: { realtimeLogConfigArn: unknown } },
      violation("defaultCacheBehavior.realtimeLogConfigArn: real-time logs are billed for each line and stream"),
    ],
    [
      "refuses them on a path",
      { ...cheap, orderedCacheBehaviors: [{}, { realtimeLogConfigArn: "arn" }] },
      violation("orderedCacheBehaviors[1].realtimeLogConfigArn: real-time logs are billed for each line and stream"),
    ],
    ["passes an empty ARN", { ...cheap, defaultCacheBehavior: { realtimeLogConfigArn: "" } }, pass],
    [
      "can't judge unknowns",
      { priceClass: unknown, viewerCertificate: unknown, orderedCacheBehaviors: unknown },
      unverifiable("priceClass", "viewerCertificate", "orderedCacheBehaviors"),
    ],
  ]);

  test("tells what is free", async () => {
    expect(await sumsOf(id, many(2, distribution))).toEqual([
      "1,024 GB out and 10,000,000 requests a month are free for all CloudFront distributions together, 2 in this stack.",
    ]);
    expect(await sumsOf(id, [])).toEqual([]);
  });
});

describe("ft-apigw", () => {
  const id = "ft-apigw";
  freeCases(id, "aws:apigateway/stage:Stage", [
    ["passes without a cache", {}, pass],
    ["passes a cache that is off", { cacheClusterEnabled: false }, pass],
    [
      "refuses a cache",
      { cacheClusterEnabled: true },
      violation("cacheClusterEnabled: the stage's cache is billed by the hour"),
    ],
    ["can't judge an unknown", { cacheClusterEnabled: unknown }, unverifiable("cacheClusterEnabled")],
  ]);

  test("tells what calls of REST APIs cost", async () => {
    const rest = "aws:apigateway/restApi:RestApi";
    const more = "and an HTTP API's cost less than a third as much.";
    expect(await sumsOf(id, many(1, rest))).toEqual([`1 REST API; no call is free, ${more}`]);
    expect(await sumsOf(id, many(2, rest), { plan: "legacy12" })).toEqual([
      `2 REST APIs; 1,000,000 calls a month are free, ${more}`,
    ]);
    expect(await sumsOf(id, [])).toEqual([]);
  });
});

describe("ft-acm-export", () => {
  const id = "ft-acm-export";
  freeCases(id, certificate, [
    ["passes a public one", { domainName: "example.com", options: { export: "DISABLED" } }, pass],
    [
      "refuses one that can be exported",
      { options: { export: "ENABLED" } },
      violation("options.export: a certificate that can be exported is billed at each issue"),
    ],
    [
      "refuses a private one",
      { certificateAuthorityArn: unknown },
      violation("certificateAuthorityArn: private certificates are billed"),
    ],
    ["passes an empty authority", { certificateAuthorityArn: "" }, pass],
    ["can't judge unknown options", { options: unknown }, unverifiable("options")],
  ]);
  freeCases(id, "aws:acmpca/certificateAuthority:CertificateAuthority", [
    ["refuses a private authority", {}, violation("a private certificate authority costs $400.00 a month")],
  ]);
});

describe("ft-budget-present", () => {
  const id = "ft-budget-present";
  const missing = violation("no budget in the stack tells anyone of its costs");
  const root = { type: "pulumi:pulumi:Stack", name: "shop-free" };
  const queue = { type: "aws:sqs/queue:Queue", name: "q" };
  const telling = (notification: Props): Resource => ({ type: budget, props: { notifications: [notification] } });

  test("a stack without a budget has one finding, at the stack", async () => {
    const pack = await serve({ profile: "free" }, { all: "disabled", [id]: "mandatory" });
    const found = async (...stack: Resource[]) =>
      (await pack.analyzeStack(stack))
        .filter(({ level }) => level === "mandatory")
        .map(({ urn }) => urn.split("::").at(-1));
    expect(await found(queue, root)).toEqual(["shop-free"]);
    expect(await found(queue)).toEqual(["q"]);
    expect(await found(root)).toEqual([]);
    const dev = await serve({ profile: "dev" }, { all: "disabled", [id]: "mandatory" });
    const undecided = { ...queue, name: "u", props: { tags: { CostTier: unknown } } };
    const tagged = { ...queue, name: "f", props: free };
    const [one, ...others] = await dev.analyzeStack([undecided, tagged, root]);
    expect([one?.urn.split("::").at(-1), others]).toEqual(["f", []]);
  });

  test.each<[string, Props, object]>([
    ["mails someone", { subscriberEmailAddresses: ["me@example.com"] }, pass],
    ["tells a topic", { subscriberSnsTopicArns: [unknown] }, pass],
    ["tells nobody", { threshold: 80 }, missing],
    ["mails an empty address", { subscriberEmailAddresses: [""] }, missing],
    [
      "tells unknown topics",
      { subscriberSnsTopicArns: unknown },
      unverifiable("notifications[0].subscriberSnsTopicArns"),
    ],
  ])("a budget that %s", async (_, notification, verdict) => {
    expect(await judgeStack(id, [queue, telling(notification)])).toEqual(verdict);
  });

  test("the account's budget serves", async () => {
    expect(await judgeStack(id, [queue], { accountBudget: "zero-spend" })).toEqual(pass);
  });

  test("more than two budgets that act cost", async () => {
    const told = telling({ subscriberEmailAddresses: ["me@example.com"] });
    const acting = (...names: string[]): readonly Resource[] =>
      names.map((budgetName, index) => ({ type: action, name: `act${index}`, props: { budgetName } }));
    expect(await judgeStack(id, [told, ...acting("a", "b", "a")])).toEqual(pass);
    expect(await judgeStack(id, [told, ...acting("a", "b", "c")])).toEqual(
      violation("3 budgets act by themselves, 2 are free"),
    );
    expect(await judgeStack(id, [told, ...acting(unknown, unknown, unknown)])).toEqual(
      violation("3 budgets act by themselves, 2 are free"),
    );
    expect(await judgeStack(id, [told, ...acting("a", "b", "c")], { actionBudgets: 3 })).toEqual(pass);
  });

  test("in dev asks for one where something is tagged as free", async () => {
    expect(await judge(id, [root, queue])).toEqual(pass);
    expect(await judge(id, [root, queue, { ...queue, name: "f", props: free }])).toEqual(missing);
    expect(await judge(id, [root, { ...queue, props: { tags: unknown } }])).toEqual(unverifiable("tags"));
    expect(await judge(id, [{ ...queue, props: free }, telling({ subscriberEmailAddresses: ["a@b.c"] })])).toEqual(
      pass,
    );
  });

  test("is advice where a budget may be the account's", async () => {
    const levels = await Promise.all(
      (["dev", "prod", "free"] as const).map(async (profile) => (await serve({ profile })).levels[id]),
    );
    expect(levels).toEqual(["advisory", "mandatory", "advisory"]);
  });

  test("tells what only the bill shows, of the services in the stack", async () => {
    const stack = [queue, { type: "aws:s3/bucket:Bucket" }, { type: "aws:ec2/vpc:Vpc" }];
    expect(await sumsOf(id, stack)).toEqual([
      "what only the bill shows, each month: 1,000,000 SQS requests, 5 GB in S3 (first year), 100 GB out to the internet.",
    ]);
    expect(await sumsOf(id, [{ type: "aws:ec2/eip:Eip" }])).toEqual([]);
  });
});
