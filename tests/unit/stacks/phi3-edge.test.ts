import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { signals } from "../../support/phi3-properties";
import { devDefaults, type Registered, registered } from "../../support/registered";
import { seenInRecording } from "../../support/seen";
import { certificateArn, devWith, named, prod } from "./phi3-fixtures";

// What stands between callers and the fleet, and what watches both.

// A run of the program takes half a second, and a minute where twenty others want the processor.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let inDev: Registered;
let inProd: Registered;
beforeAll(async () => {
  inDev = await registered("phi3", devDefaults);
  inProd = await registered("phi3", prod);
});

describe("[phi3 2.2] security groups", () => {
  const open = ({ recording }: Registered, direction: "Ingress" | "Egress") =>
    Object.fromEntries(
      recording
        .ofType(`aws:vpc/securityGroup${direction}Rule:SecurityGroup${direction}Rule`)
        .map(({ name, inputs }) => [
          name.replace(/^phi3-/, ""),
          inputs.cidrIpv4 ?? inputs.prefixListId ?? inputs.referencedSecurityGroupId,
        ]),
    );

  test("with a certificate let everyone ask the load balancer, and it alone the instances", () => {
    expect(open(inProd, "Ingress")).toEqual({
      "alb-sg-from-anyone-tcp-443": "0.0.0.0/0",
      "alb-sg-from-anyone-tcp-80": "0.0.0.0/0",
      "alb-sg-from-api-link-tcp-443": "phi3-api-link-group-id",
      "engines-sg-from-alb-sg-tcp-8000": "phi3-alb-sg-group-id",
    });
  });

  test("without one let CloudFront and the API ask the load balancer, and nobody else", () => {
    expect(open(inDev, "Ingress")).toEqual({
      "alb-sg-from-cloudfront-tcp-80": "pl-cloudfront",
      "alb-sg-from-api-link-tcp-80": "phi3-api-link-group-id",
      "engines-sg-from-alb-sg-tcp-8000": "phi3-alb-sg-group-id",
    });
  });

  test("let instances out to AWS, image registries and package archives", () => {
    expect(open(inDev, "Egress")).toEqual({
      "alb-sg-to-engines-sg-tcp-8000": "phi3-engines-sg-group-id",
      "api-link-to-alb-sg-tcp-80": "phi3-alb-sg-group-id",
      "engines-sg-to-anyone-tcp-443": "0.0.0.0/0",
      "engines-sg-to-anyone-tcp-80": "0.0.0.0/0",
    });
  });
});

describe("the edge", () => {
  test("[phi3 5.1] [phi3 5.2] refuses all that is no route; redirects to HTTPS; asks instances every 30 s", () => {
    const forbidden = [{ type: "fixed-response", fixedResponse: expect.objectContaining({ statusCode: "403" }) }];
    expect(named(inDev, "phi3-alb-http").defaultActions).toEqual(forbidden);
    expect(named(inProd, "phi3-alb-https")).toMatchObject({
      port: 443,
      certificateArn,
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
      defaultActions: forbidden,
    });
    expect(named(inProd, "phi3-alb-http").defaultActions).toEqual([
      { type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } },
    ]);
    expect(named(inDev, "phi3-alb-engine")).toMatchObject({
      port: 8000,
      healthCheck: { path: "/health", interval: 30, healthyThreshold: 2, unhealthyThreshold: 3 },
    });
    const rules = ["10", "20"].map((priority) => named(inProd, `phi3-alb-engine-rule-${priority}`));
    expect(rules.map(({ listenerArn }) => listenerArn)).toEqual(
      Array(2).fill("arn:aws:mock:us-east-1:123456789012:phi3-alb-https"),
    );
    expect(rules.map(({ conditions }) => conditions)).toEqual([
      [{ pathPattern: { values: ["/health", "/v1/models"] } }, { httpRequestMethod: { values: ["GET"] } }],
      [
        { pathPattern: { values: ["/v1/completions", "/v1/chat/completions"] } },
        { httpRequestMethod: { values: ["POST"] } },
      ],
    ]);
  });

  test("[phi3 7.1] the API's routes ask the load balancer through the VPC, for 30 s", () => {
    expect(named(inDev, "phi3-api-integration")).toMatchObject({
      connectionType: "VPC_LINK",
      integrationUri: "arn:aws:mock:us-east-1:123456789012:phi3-alb-http",
      timeoutMilliseconds: 30_000,
    });
    expect(named(inDev, "phi3-api-stage").defaultRouteSettings).toMatchObject({
      throttlingRateLimit: 50,
      throttlingBurstLimit: 100,
    });
  });

  test("[phi3 7.2] an address may ask a hundred times a minute, of CloudFront and of the load balancer", () => {
    for (const name of ["phi3-firewall-acl", "phi3-edge-firewall-acl"]) {
      const { rules } = named(inDev, name);
      const limits = (rules.value ?? rules).flatMap(
        (rule: { statement: { rateBasedStatement?: { limit: number; evaluationWindowSec: number } } }) => {
          const { limit, evaluationWindowSec } = rule.statement.rateBasedStatement ?? {};
          return limit === undefined ? [] : [[limit, evaluationWindowSec]];
        },
      );
      expect(limits.length).toBeGreaterThan(0);
      for (const limit of limits) expect(limit).toEqual([100, 60]);
    }
    expect(named(inDev, "phi3-page-cdn-distribution").webAclId).toBe(
      "arn:aws:mock:us-east-1:123456789012:phi3-edge-firewall-acl",
    );
  });

  const guards = ({ recording }: Registered) =>
    Object.fromEntries(
      recording
        .ofType("aws:apigatewayv2/route:Route")
        .map(({ inputs }) => [inputs.routeKey, inputs.authorizationType ?? "NONE"]),
    );

  test("[phi3 7.3] callers show a key, but where /health is asked", async () => {
    expect(guards(inDev)).toEqual({
      "GET /health": "NONE",
      "GET /v1/models": "CUSTOM",
      "POST /v1/chat/completions": "CUSTOM",
      "POST /v1/completions": "CUSTOM",
    });
    const { recording, outputs } = await devWith({ apiKey: false });
    expect(new Set(Object.values(guards({ ...inDev, recording })))).toEqual(new Set(["NONE"]));
    for (const type of ["aws:apigatewayv2/authorizer:Authorizer", "aws:lambda/function:Function"])
      expect(recording.ofType(type)).toEqual([]);
    expect(recording.ofType("aws:ssm/parameter:Parameter").map(({ name }) => name)).toEqual([
      "phi3-hop-proof-parameter",
    ]);
    expect(recording.ofType("aws:iam/rolePolicy:RolePolicy").map(({ inputs }) => inputs.name)).not.toContain(
      "api-key-read",
    );
    expect(outputs["apiKeyParameter"]).toBeUndefined();
  });

  test("[phi3 9.3] only the page's pages may call the API, or those of the site that is configured", async () => {
    const origins = (of: Registered) => named(of, "phi3-api-api").corsConfiguration.allowOrigins;
    expect(origins(inDev)).toEqual([inDev.outputs["pageUrl"]]);
    const stack = await devWith({ corsOrigin: "https://app.example.com" });
    expect(origins(stack)).toEqual(["https://app.example.com"]);
    expect(stack.outputs["corsOrigin"]).toBe("https://app.example.com");
  });

  test("[phi3 9.1] the page comes from a closed bucket, and its calls go to the load balancer, never cached", () => {
    const distribution = named(inDev, "phi3-page-cdn-distribution");
    expect(distribution.defaultCacheBehavior).toMatchObject({
      targetOriginId: "files",
      viewerProtocolPolicy: "redirect-to-https",
    });
    const calls = distribution.orderedCacheBehaviors.map(
      (each: { pathPattern: string; targetOriginId: string; cachePolicyId: string }) => [
        each.pathPattern,
        each.targetOriginId,
        each.cachePolicyId,
      ],
    );
    const uncached = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
    expect(calls).toEqual([
      ["/v1/*", "load-balancer", uncached],
      ["/health", "load-balancer", uncached],
    ]);
    const readers = inDev.recording
      .document("phi3-page-files-policy")
      .Statement.filter((statement) => statement["Effect"] === "Allow");
    expect(readers).toMatchObject([{ Principal: { Service: ["cloudfront.amazonaws.com"] }, Action: ["s3:GetObject"] }]);
    const { securityHeadersConfig } = named(inDev, "phi3-page-cdn-headers");
    expect(securityHeadersConfig.contentSecurityPolicy.contentSecurityPolicy).toMatch(/^default-src 'none';/);
  });
});

describe("[phi3 8.2] alarms", () => {
  const all = ({ recording }: Registered) =>
    recording.ofType("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs);

  test("are latency, errors, requests that wait, instances that fail or are missing, and the API's errors", () => {
    expect(all(inDev).map(({ name }) => name)).toEqual([
      "phi3-api-server-errors-dev",
      "phi3-engines-busy-dev",
      "phi3-engines-idle-dev",
      "phi3-errors-dev",
      "phi3-latency-dev",
      "phi3-missing-instances-dev",
      "phi3-unhealthy-targets-dev",
      "phi3-waiting-requests-dev",
    ]);
    expect(named(inDev, "phi3-latency-alarm")).toMatchObject({
      metricName: "TargetResponseTime",
      extendedStatistic: "p99",
      threshold: 5,
      comparisonOperator: "GreaterThanThreshold",
    });
    expect(named(inDev, "phi3-errors-alarm").metricQueries[0].expression).toBe(
      "100 * (FILL(own, 0) + FILL(targets, 0)) / MAX([FILL(requests, 0) + FILL(own, 0), FILL(requests, 0) * 0 + 1])",
    );
    // Five waiting on each of the most instances.
    expect([inDev, inProd].map((stack) => named(stack, "phi3-waiting-requests-alarm").threshold)).toEqual([10, 20]);
  });

  test("say what is wrong; those that call someone say where it is written what to do", () => {
    expect(all(inDev).filter(({ alarmDescription }) => !alarmDescription)).toEqual([]);
    const calling = all(inDev).filter(({ okActions }) => okActions !== undefined);
    expect(calling).toHaveLength(6);
    const runbook = join(repoRoot, "docs/runbooks/phi3.md");
    const headings = [...readFileSync(runbook, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    );
    for (const { alarmDescription, alarmActions } of calling) {
      expect(alarmActions).toEqual(["arn:aws:mock:us-east-1:123456789012:phi3-alarms-topic"]);
      const [, anchor] = /Runbook: docs\/runbooks\/phi3\.md#(\S+)$/.exec(alarmDescription) ?? [];
      expect(headings).toContain(anchor);
    }
  });

  test("go to the address that is configured, and nowhere without one", async () => {
    expect(named(inDev, "phi3-alarms-email")).toMatchObject({ protocol: "email", endpoint: "ops@example.com" });
    const { recording } = await registered("phi3", { ...devDefaults, alarmEmail: undefined });
    expect(recording.ofType("aws:sns/topicSubscription:TopicSubscription")).toEqual([]);
  });
});

test("[phi3 8.3] the dashboard draws latency, throughput, GPUs, instances, cost, the API and the edge", () => {
  const group = "AutoScalingGroupName=phi3-engines-dev";
  const balancer = "LoadBalancer=app/phi3-alb-load-balancer";
  const serving = `AWS/AutoScaling GroupInServiceInstances ${group} Average`;
  const rate = (metric: string) => `FILL(sum, 0) / PERIOD(sum) with sum = ${metric}`;
  expect(signals(seenInRecording(inDev.recording)).map(({ what }) => what)).toEqual([
    ...["p50", "p95", "p99"].map((percentile) => `AWS/ApplicationELB TargetResponseTime ${balancer} ${percentile}`),
    rate(`AWS/ApplicationELB RequestCount ${balancer} Sum`),
    ...["ELB", "Target"].map((whose) => `AWS/ApplicationELB HTTPCode_${whose}_5XX_Count ${balancer} Sum`),
    rate(`phi3 vllm:generation_tokens_total ${group} Sum`),
    rate(`phi3 vllm:prompt_tokens_total ${group} Sum`),
    ...["running", "waiting"].map((what) => `phi3 vllm:num_requests_${what} ${group} Sum`),
    ...["Average", "Maximum"].map((statistic) => `phi3 vllm:kv_cache_usage_perc ${group} ${statistic}`),
    `phi3 nvidia_smi_utilization_gpu ${group} Average`,
    ...["used", "total"].map((what) => `phi3 nvidia_smi_memory_${what} ${group} Average`),
    `phi3 nvidia_smi_temperature_gpu ${group} Maximum`,
    `phi3 disk_used_percent ${group} Maximum`,
    `phi3 mem_used_percent ${group} Average`,
    serving,
    `AWS/AutoScaling GroupDesiredCapacity ${group} Average`,
    `serving * 1.006 with serving = ${serving}`,
    ...["p50", "p95", "p99"].map((percentile) => `AWS/ApiGateway Latency ApiId=phi3-api-api-id ${percentile}`),
    ...["Count", "4xx", "5xx"].map((count) => `AWS/ApiGateway ${count} ApiId=phi3-api-api-id Sum`),
    ...["Requests Sum", "4xxErrorRate Average", "5xxErrorRate Average"].map((signal) => {
      const [name, statistic] = signal.split(" ");
      return `AWS/CloudFront ${name} DistributionId=phi3-page-cdn-distribution-id Region=Global ${statistic}`;
    }),
    expect.stringMatching(/^AWS\/WAFV2 BlockedRequests .*phi3-edge-firewall-dev.* Sum$/),
    expect.stringMatching(/^AWS\/WAFV2 BlockedRequests .*phi3-firewall-dev.* Sum$/),
  ]);
});

describe("what it costs", () => {
  const limit = (of: Registered) => named(of, "phi3-budget-budget").limitAmount;

  test("is watched by a budget: the largest size around the clock, and a tenth", async () => {
    // 1.006 $ an hour, 730 hours a month, two or four instances.
    expect([limit(inDev), limit(inProd)]).toEqual(["1620", "3240"]);
    expect(limit(await devWith({ budgetUsdPerMonth: 200 }))).toBe("200");
  });

  test("is told by log groups that forget after 30 days", () => {
    const days = (of: Registered) =>
      of.recording.ofType("aws:cloudwatch/logGroup:LogGroup").map(({ inputs }) => inputs.retentionInDays);
    expect(days(inDev)).toEqual(Array(7).fill(30));
    expect(days(inProd)).toEqual(Array(7).fill(30));
  });
});
