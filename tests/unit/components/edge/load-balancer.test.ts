import { describe, expect, test } from "vitest";
import { LoadBalancer, type LoadBalancerArgs } from "../../../../components/edge/load-balancer";
import type { TargetArgs } from "../../../../components/edge/targets";
import { requiredTagKeys } from "../../../../components/lib/tags";
import { SecurityGroup } from "../../../../components/network/security-group";
import { record, resolved } from "../../../support/mocks";
import { calls, certificate, context, makeBalancer, makeBucket, makeVpc, target } from "./fixtures";

const build = <T>(program: () => T) => record(program, { calls });
const make = (args: Partial<LoadBalancerArgs> = {}) => build(() => makeBalancer(args));
const withTarget = (args: Partial<TargetArgs> = {}) =>
  build(() => makeBalancer().addTarget("engine", { ...target, ...args }));

const forbidden = {
  type: "fixed-response",
  fixedResponse: { statusCode: "403", contentType: "text/plain", messageBody: "Forbidden" },
};

describe("[phi3 5.1] a load balancer", () => {
  test("stands in the public subnets, hardened and logged", async () => {
    const { recording } = await make();
    const { inputs, parent } = recording.named("phi3-alb-load-balancer");
    expect(parent).toBe("phi3-alb");
    expect(inputs).toMatchObject({
      name: "phi3-alb-dev",
      loadBalancerType: "application",
      internal: false,
      subnets: ["phi3-network-public-a-id", "phi3-network-public-b-id"],
      securityGroups: ["phi3-alb-sg-group-id"],
      idleTimeout: 180,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: "defensive",
      enableDeletionProtection: false,
      accessLogs: { prefix: "phi3-alb", enabled: true },
    });
    expect(recording.orphans()).toEqual([]);
    expect(recording.misnamed()).toEqual([]);
    expect(recording.untagged(requiredTagKeys)).toEqual([]);
  });

  test("can't be deleted where data is protected", async () => {
    const { recording } = await make({ context: { ...context, protectData: true, disposableData: false } });
    expect(recording.named("phi3-alb-load-balancer").inputs.enableDeletionProtection).toBe(true);
  });

  test("waits for its bucket's policy, which lets it and no other load balancer write its logs", async () => {
    const { recording } = await make();
    expect(recording.named("phi3-alb-load-balancer").dependencies).toContain("phi3-logs-policy");
    const bucket = recording.named("phi3-logs-bucket").inputs.bucket;
    expect(recording.document("phi3-logs-policy").Statement[1]).toEqual({
      Sid: "LogsOfPhi3Alb",
      Effect: "Allow",
      Principal: { Service: ["logdelivery.elasticloadbalancing.amazonaws.com"] },
      Action: ["s3:PutObject"],
      Resource: [`arn:aws:s3:::${bucket}/phi3-alb/AWSLogs/123456789012/*`],
      Condition: {
        ArnLike: {
          "aws:SourceArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/phi3-alb-dev/*",
        },
      },
    });
  });

  test("[phi3 2.2] without a certificate serves HTTP to CloudFront only", async () => {
    const { result, recording } = await make();
    const rules = recording.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule");
    expect(rules.map(({ inputs }) => [inputs.prefixListId, inputs.cidrIpv4, inputs.fromPort, inputs.toPort])).toEqual([
      ["pl-cloudfront", undefined, 80, 80],
    ]);
    expect(recording.ofType("aws:lb/listener:Listener").map(({ inputs }) => inputs)).toMatchObject([
      { port: 80, protocol: "HTTP", defaultActions: [forbidden] },
    ]);
    expect([result.scheme, result.listenerPort]).toEqual(["http", 80]);
  });

  test("[phi3 2.2] with a certificate serves HTTPS to everyone and redirects port 80", async () => {
    const { result, recording } = await make({ certificate });
    const rules = recording.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule");
    expect(rules.map(({ inputs }) => [inputs.cidrIpv4, inputs.fromPort, inputs.toPort]).sort()).toEqual([
      ["0.0.0.0/0", 443, 443],
      ["0.0.0.0/0", 80, 80],
    ]);
    expect(recording.named("phi3-alb-https").inputs).toMatchObject({
      port: 443,
      protocol: "HTTPS",
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
      certificateArn: certificate.arn,
      defaultActions: [forbidden],
    });
    expect(recording.named("phi3-alb-http").inputs).toMatchObject({
      port: 80,
      protocol: "HTTP",
      defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
    });
    expect([result.scheme, result.listenerPort]).toEqual(["https", 443]);
    expect(await resolved(result.listenerArn)).toContain("phi3-alb-https");
  });

  test("allowFrom opens the serving port to a group", async () => {
    const { recording } = await build(() => {
      const vpc = makeVpc();
      const link = new SecurityGroup("phi3-link", { context, vpcId: vpc.id, description: "Link" });
      makeBalancer({ vpc, certificate }).allowFrom(link, "Requests of the API");
    });
    expect(recording.named("phi3-alb-sg-from-link-tcp-443").inputs).toMatchObject({
      referencedSecurityGroupId: "phi3-link-group-id",
      fromPort: 443,
      toPort: 443,
      description: "Requests of the API",
    });
  });

  test("tells all mistakes of its arguments together", async () => {
    const building = build(() =>
      makeBalancer({
        vpc: makeVpc({ publicSubnets: false }),
        idleTimeoutSeconds: 4001,
        certificate: { arn: "arn:aws:acm:eu-west-1:123456789012:certificate/1", domainName: "origin" },
      }),
    );
    await expect(building).rejects.toThrow(
      /4 mistakes[\s\S]*vpc: has 0 public subnets[\s\S]*idleTimeoutSeconds: is 4001[\s\S]*certificate.arn: .*in us-east-1[\s\S]*certificate.domainName: is "origin"/,
    );
  });
});

describe("[phi3 5.2] a target", () => {
  test("is a target group with a health check", async () => {
    const { result, recording } = await withTarget();
    expect(recording.named("phi3-alb-engine")).toMatchObject({
      parent: "phi3-alb",
      inputs: {
        name: "phi3-engine-dev",
        vpcId: "phi3-network-vpc-id",
        targetType: "instance",
        port: 8000,
        protocol: "HTTP",
        loadBalancingAlgorithmType: "least_outstanding_requests",
        slowStart: 0,
        deregistrationDelay: 120,
        stickiness: { type: "lb_cookie", enabled: false, cookieDuration: 86_400 },
        healthCheck: {
          path: "/health",
          protocol: "HTTP",
          port: "traffic-port",
          interval: 30,
          timeout: 5,
          healthyThreshold: 2,
          unhealthyThreshold: 3,
          matcher: "200",
        },
      },
    });
    expect([result.name, result.port, await resolved(result.arnSuffix)]).toEqual([
      "engine",
      8000,
      "targetgroup/phi3-alb-engine",
    ]);
  });

  test("with a slow start is dealt requests in turn, since AWS has no other way then", async () => {
    const { recording } = await withTarget({ slowStartSeconds: 60, sticky: true });
    expect(recording.named("phi3-alb-engine").inputs).toMatchObject({
      loadBalancingAlgorithmType: "round_robin",
      slowStart: 60,
      stickiness: { enabled: true },
    });
  });

  test("gets the requests that its rules name", async () => {
    const { recording } = await withTarget({
      rules: [
        {
          paths: ["/api/chat", "/v1/*"],
          methods: ["POST"],
          header: { name: "Authorization", values: ["Bearer key"] },
          priority: 20,
        },
        { paths: ["/health"], priority: 10 },
      ],
    });
    expect(recording.named("phi3-alb-engine-rule-20").inputs).toMatchObject({
      listenerArn: "arn:aws:mock:us-east-1:123456789012:phi3-alb-http",
      priority: 20,
      conditions: [
        { pathPattern: { values: ["/api/chat", "/v1/*"] } },
        { httpRequestMethod: { values: ["POST"] } },
        { httpHeader: { httpHeaderName: "Authorization", values: ["Bearer key"] } },
      ],
      actions: [{ type: "forward", targetGroupArn: "arn:aws:mock:us-east-1:123456789012:phi3-alb-engine" }],
    });
    expect(recording.named("phi3-alb-engine-rule-10").inputs.conditions).toEqual([
      { pathPattern: { values: ["/health"] } },
    ]);
  });

  test.each<[string, Partial<TargetArgs>, RegExp]>([
    ["no rule", { rules: [] }, /targets\["engine"\]\.rules: is empty/],
    ["no path", { rules: [{ paths: [], priority: 1 }] }, /rules\[0\]\.paths: is empty/],
    [
      "six values",
      { rules: [{ paths: ["/a", "/b", "/c"], methods: ["GET", "PUT", "POST"], priority: 1 }] },
      /rules\[0\]: has 6 paths.*AWS takes 5/,
    ],
    ["six wildcards", { rules: [{ paths: ["/*/*/*/*/*/*"], priority: 1 }] }, /has 6 wildcards/],
    ["a relative path", { rules: [{ paths: ["v1/*"], priority: 1 }] }, /holds "v1\/\*"/],
    ["a method in small letters", { rules: [{ paths: ["/"], methods: ["post"], priority: 1 }] }, /holds "post"/],
    [
      "a header without values",
      { rules: [{ paths: ["/"], header: { name: "X", values: [] }, priority: 1 }] },
      /0 values/,
    ],
    [
      "a priority twice",
      {
        rules: [
          { paths: ["/a"], priority: 1 },
          { paths: ["/b"], priority: 1 },
        ],
      },
      /rules\[1\]\.priority: is 1/,
    ],
    [
      "a time-out as long as the interval",
      { health: { path: "/", intervalSeconds: 5, timeoutSeconds: 5 } },
      /timeoutSeconds: is 5/,
    ],
    ["a delay over an hour", { deregistrationDelaySeconds: 3601 }, /deregistrationDelaySeconds: is 3601/],
    ["a port that is none", { port: 0 }, /port: is 0/],
  ])("is refused with %s", async (_what, args, message) => {
    await expect(withTarget(args)).rejects.toThrow(message);
  });

  test("keeps paths from a wider rule: they get 403", async () => {
    const { recording } = await build(() => makeBalancer().refuse("without-key", { paths: ["/v1/*"], priority: 30 }));
    expect(recording.named("phi3-alb-without-key-rule-30").inputs).toMatchObject({
      priority: 30,
      conditions: [{ pathPattern: { values: ["/v1/*"] } }],
      actions: [forbidden],
    });
    const twice = build(() => {
      const balancer = makeBalancer();
      balancer.refuse("one", { paths: ["/v1/*"], priority: 30 });
      balancer.refuse("two", { paths: ["/v2/*"], priority: 30 });
    });
    await expect(twice).rejects.toThrow("is 30; give a whole number");
  });

  test("can't take a priority of another target", async () => {
    const building = build(() => {
      const balancer = makeBalancer();
      balancer.addTarget("engine", target);
      balancer.addTarget("web", target);
    });
    await expect(building).rejects.toThrow('targets["web"].rules[0].priority: is 10');
  });
});

describe("metrics of a load balancer", () => {
  test("are named by the suffixes of its ARN and its target's", async () => {
    const { result } = await withTarget();
    const { loadBalancer } = result;
    const dimensions = await resolved(loadBalancer.metricUnhealthyTargets(result).dimensions);
    expect(dimensions).toEqual({
      LoadBalancer: "app/phi3-alb-load-balancer",
      TargetGroup: "targetgroup/phi3-alb-engine",
    });
    const metrics = [
      loadBalancer.metricRequests(),
      loadBalancer.metricTargetResponseTime("p99"),
      loadBalancer.metricServerErrors().ofLoadBalancer,
      loadBalancer.metricServerErrors().ofTargets,
      loadBalancer.metricUnhealthyTargets(result),
      loadBalancer.metricHealthyTargets(result),
      loadBalancer.metricRequestsPerTarget(result),
    ];
    expect(metrics.map((each) => [each.namespace, each.name, each.statistic ?? each.extendedStatistic])).toEqual([
      ["AWS/ApplicationELB", "RequestCount", "Sum"],
      ["AWS/ApplicationELB", "TargetResponseTime", "p99"],
      ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum"],
      ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum"],
      ["AWS/ApplicationELB", "UnHealthyHostCount", "Maximum"],
      ["AWS/ApplicationELB", "HealthyHostCount", "Minimum"],
      ["AWS/ApplicationELB", "RequestCountPerTarget", "Sum"],
    ]);
  });
});

test("two load balancers can log to one bucket", async () => {
  const { recording } = await build(() => {
    const accessLogs = makeBucket();
    const vpc = makeVpc();
    makeBalancer({ vpc, accessLogs });
    makeSecond(vpc, accessLogs);
  });
  expect(recording.document("phi3-logs-policy").Statement.map(({ Sid }) => Sid)).toEqual([
    "DenyWithoutTls",
    "LogsOfPhi3Alb",
    "LogsOfPhi3Inner",
  ]);
});

function makeSecond(vpc: LoadBalancerArgs["vpc"], accessLogs: LoadBalancerArgs["accessLogs"]) {
  return new LoadBalancer("phi3-inner", { context, vpc, accessLogs, idleTimeoutSeconds: 60 });
}
