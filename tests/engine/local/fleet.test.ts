import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

// Resources that the real provider can't create, or not twice, on ministack as it comes.

function program() {
  const vpc = new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16" });
  const subnets = ["us-east-1a", "us-east-1b"].map(
    (availabilityZone, i) =>
      new aws.ec2.Subnet(`subnet-${i}`, { vpcId: vpc.id, cidrBlock: `10.0.${i}.0/24`, availabilityZone }),
  );
  const subnetIds = subnets.map((subnet) => subnet.id);
  const group = new aws.ec2.SecurityGroup("group", { vpcId: vpc.id });

  const template = new aws.ec2.LaunchTemplate("template", { imageId: "ami-12345678", instanceType: "t3.micro" });
  const targets = new aws.lb.TargetGroup("targets", { port: 8000, protocol: "HTTP", vpcId: vpc.id });
  const fleet = new aws.autoscaling.Group("fleet", {
    minSize: 0,
    maxSize: 2,
    vpcZoneIdentifiers: subnetIds,
    targetGroupArns: [targets.arn],
    capacityRebalance: true,
    defaultInstanceWarmup: 120,
    enabledMetrics: ["GroupInServiceInstances", "GroupTotalInstances"],
    suspendedProcesses: ["AZRebalance"],
    mixedInstancesPolicy: {
      launchTemplate: {
        launchTemplateSpecification: { launchTemplateId: template.id, version: "$Latest" },
        overrides: [{ instanceType: "g5.xlarge" }, { instanceType: "g6.xlarge" }],
      },
      instancesDistribution: {
        onDemandBaseCapacity: 1,
        onDemandPercentageAboveBaseCapacity: 0,
        spotAllocationStrategy: "price-capacity-optimized",
      },
    },
    waitForCapacityTimeout: "0",
  });
  const scaling = { autoscalingGroupName: fleet.name };
  const grow = new aws.autoscaling.Policy("grow", {
    ...scaling,
    policyType: "StepScaling",
    adjustmentType: "ChangeInCapacity",
    stepAdjustments: [{ scalingAdjustment: 1, metricIntervalLowerBound: "0" }],
  });
  const track = new aws.autoscaling.Policy("track", {
    ...scaling,
    policyType: "TargetTrackingScaling",
    targetTrackingConfiguration: {
      targetValue: 50,
      predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
    },
  });
  const shrink = new aws.autoscaling.Policy("shrink", {
    ...scaling,
    policyType: "StepScaling",
    adjustmentType: "ChangeInCapacity",
    stepAdjustments: [{ scalingAdjustment: -1, metricIntervalUpperBound: "0" }],
  });

  const burst = { ami: "ami-12345678", subnetId: subnetIds[0], vpcSecurityGroupIds: [group.id] };
  const plain = new aws.ec2.Instance("plain", { ...burst, instanceType: "t3.micro" });
  const unlimited = new aws.ec2.Instance("unlimited", {
    ...burst,
    instanceType: "t4g.micro",
    creditSpecification: { cpuCredits: "unlimited" },
  });
  const standard = new aws.ec2.Instance("standard", {
    ...burst,
    instanceType: "t3.micro",
    creditSpecification: { cpuCredits: "standard" },
  });

  const balancer = new aws.lb.LoadBalancer("balancer", {
    internal: true,
    loadBalancerType: "application",
    subnets: subnetIds,
    securityGroups: [group.id],
  });
  const listener = new aws.lb.Listener("listener", {
    loadBalancerArn: balancer.arn,
    port: 80,
    protocol: "HTTP",
    defaultActions: [
      {
        type: "fixed-response",
        fixedResponse: { contentType: "text/plain", messageBody: "default", statusCode: "403" },
      },
    ],
  });
  new aws.lb.ListenerRule("rule", {
    listenerArn: listener.arn,
    priority: 10,
    conditions: [{ pathPattern: { values: ["/v1/*"] } }],
    actions: [
      {
        type: "fixed-response",
        fixedResponse: { contentType: "text/plain", messageBody: "through", statusCode: "200" },
      },
    ],
  });
  const link = new aws.apigatewayv2.VpcLink("link", {
    subnetIds,
    securityGroupIds: [group.id],
    tags: { Service: "edge" },
  });
  const api = new aws.apigatewayv2.Api("api", { protocolType: "HTTP" });
  const integration = new aws.apigatewayv2.Integration("integration", {
    apiId: api.id,
    integrationType: "HTTP_PROXY",
    integrationMethod: "ANY",
    connectionType: "VPC_LINK",
    connectionId: link.id,
    integrationUri: listener.arn,
  });
  new aws.apigatewayv2.Route("route", {
    apiId: api.id,
    routeKey: "$default",
    target: integration.id.apply((id) => `integrations/${id}`),
  });
  new aws.apigatewayv2.Stage("stage", { apiId: api.id, name: "$default", autoDeploy: true });
  new aws.cloudfront.ResponseHeadersPolicy("headers", {
    securityHeadersConfig: { contentTypeOptions: { override: true } },
  });
  networkRecords(vpc, subnetIds, group);
  new aws.cloudwatch.MetricAlarm("slow", {
    name: "slow",
    namespace: "AWS/ApplicationELB",
    metricName: "TargetResponseTime",
    extendedStatistic: "p99",
    comparisonOperator: "GreaterThanThreshold",
    threshold: 5,
    period: 60,
    evaluationPeriods: 2,
  });
  const errors = { namespace: "AWS/ApplicationELB", period: 60, stat: "Sum" };
  new aws.cloudwatch.MetricAlarm("failing", {
    name: "failing",
    metricQueries: [
      { id: "watched", expression: "100 * failed / requests", label: "failed, in percent", returnData: true },
      { id: "failed", metric: { ...errors, metricName: "HTTPCode_Target_5XX_Count" } },
      { id: "requests", metric: { ...errors, metricName: "RequestCount", dimensions: { LoadBalancer: "app/a/1" } } },
    ],
    comparisonOperator: "GreaterThanThreshold",
    threshold: 5,
    evaluationPeriods: 3,
  });
  return Promise.resolve({
    policies: [grow.arn, track.arn, shrink.arn],
    credits: [plain, unlimited, standard].map((instance) => instance.creditSpecification),
    apiId: api.id,
    connectionId: integration.connectionId,
    linkId: link.id,
  });
}

function networkRecords(vpc: aws.ec2.Vpc, subnetIds: pulumi.Output<string>[], group: aws.ec2.SecurityGroup) {
  const tags = { Service: "network" };
  const trust = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "vpc-flow-logs.amazonaws.com" } }],
  });
  new aws.ec2.FlowLog("flows", {
    vpcId: vpc.id,
    trafficType: "ALL",
    logDestination: new aws.cloudwatch.LogGroup("flow-records", {}).arn,
    iamRoleArn: new aws.iam.Role("flow-role", { assumeRolePolicy: trust }).arn,
    maxAggregationInterval: 60,
    tags,
  });
  new aws.ec2.VpcEndpoint("ssm", {
    vpcId: vpc.id,
    serviceName: "com.amazonaws.us-east-1.ssm",
    vpcEndpointType: "Interface",
    subnetIds,
    securityGroupIds: [group.id],
    privateDnsEnabled: true,
    tags,
  });
  const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE4vP2kT4d1u4sD2cZ1uV8Q0mRr0Kc6c8iQm3m8p0X1y a@b";
  new aws.ec2.KeyPair("key", { publicKey, tags });
}

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});

afterAll(() => emulator?.dispose());

test("a fleet, its network and a private integration come up as asked for, and a second update has nothing to do", async () => {
  await withStack(
    "fleet",
    program,
    async (run) => {
      const { outputs } = await run.up();
      expect(new Set(outputs["policies"]?.value).size).toBe(3);
      const credits = outputs["credits"]?.value as ({ cpuCredits?: string } | undefined)[];
      expect(credits.slice(1).map((credit) => credit?.cpuCredits)).toEqual(["unlimited", "standard"]);
      expect(outputs["connectionId"]?.value).toBe(outputs["linkId"]?.value);
      expect(await run.changes()).toEqual({});

      const through = await fetch(
        `${emulator.endpoint}/_aws/execute-api/${outputs["apiId"]?.value}/$default/v1/completions`,
      );
      expect([through.status, await through.text()]).toEqual([200, "through"]);
      const refused = await fetch(`${emulator.endpoint}/_aws/execute-api/${outputs["apiId"]?.value}/$default/admin`);
      expect([refused.status, await refused.text()]).toEqual([403, "default"]);
    },
    { endpoint: emulator.endpoint },
  );
});
