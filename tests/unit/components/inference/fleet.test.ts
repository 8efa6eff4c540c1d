import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { FleetArgs } from "../../../../components/inference/fleet";
import { cpuUtilisation } from "../../../../components/inference/fleet-metrics";
import { requiredTagKeys } from "../../../../components/lib/tags";
import { AlarmTopic } from "../../../../components/observability/alarm-topic";
import { agentMetrics, vllmMetrics } from "../../../../userdata/agent";
import { record } from "../../../support/mocks";
import { buildFleet, calls, context, prod, recordFleet } from "./fixtures";

const name = "phi3-engines";
const groupArn = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/phi3-engines-dev";
const tags = (service: string, more = {}) => ({
  Project: "llm-stacks",
  Environment: "dev",
  Stack: "dev",
  System: "phi3",
  ManagedBy: "pulumi",
  Service: service,
  CostTier: "accelerated",
  Deployment: "phi3-dev",
  ...more,
});
const hooks = [
  {
    name: "hold-until-healthy",
    lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
    heartbeatTimeout: 1800,
    defaultResult: "ABANDON",
  },
  {
    name: "drain-before-termination",
    lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
    heartbeatTimeout: 300,
    defaultResult: "CONTINUE",
  },
];

describe("[phi3 4.1] the launch template", () => {
  test("starts the newest Deep Learning AMI on an encrypted 100 GB disk, with sessions for metadata and no key", async () => {
    const { recording } = await recordFleet();
    const { userData, ...inputs } = recording.named(`${name}-template-launch-template`).inputs;
    const named = tags("inference", { Name: "phi3-engines-dev" });
    expect(inputs).toEqual({
      name: "phi3-engines-dev",
      description: "Starts the instances of phi3-engines-dev",
      updateDefaultVersion: true,
      imageId: "ami-0123456789abcdef0",
      instanceType: "g5.xlarge",
      iamInstanceProfile: { arn: `arn:aws:mock:us-east-1:123456789012:${name}-profile` },
      vpcSecurityGroupIds: [`${name}-sg-group-id`],
      ebsOptimized: "true",
      monitoring: { enabled: true },
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        {
          deviceName: "/dev/sda1",
          ebs: { volumeType: "gp3", volumeSize: 100, encrypted: "true", deleteOnTermination: "true" },
        },
      ],
      tagSpecifications: [
        { resourceType: "instance", tags: named },
        { resourceType: "volume", tags: named },
        { resourceType: "network-interface", tags: named },
      ],
      tags: tags("inference"),
    });
    expect(gunzipSync(Buffer.from(userData, "base64")).toString()).toBe("#!/bin/sh\necho phi3-engines-dev\n");
  });

  test.each([
    [["g6.xlarge"], "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id"],
    [["t3.medium"], "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"],
    [["t4g.large"], "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"],
  ])("of %j takes its image from the parameter for such types", async (instanceTypes, parameter) => {
    const asked: unknown[] = [];
    const image = {
      get "aws:ssm/getParameter:getParameter"() {
        return { insecureValue: "ami-00000000" };
      },
    };
    const spying = new Proxy(image, {
      get: (target, token) => {
        asked.push(token);
        return Reflect.get({ ...calls, ...target }, token);
      },
    });
    const { recording } = await record(() => buildFleet({ instanceTypes }), { calls: spying });
    expect(asked).toContain("aws:ssm/getParameter:getParameter");
    expect(recording.named(`${name}-template-launch-template`).inputs.imageId).toBe("ami-00000000");
    const { defaultAmi } = await import("../../../../components/inference/ami");
    const { hardwareOf } = await import("../../../../components/inference/hardware");
    expect(defaultAmi(hardwareOf(instanceTypes[0] ?? ""))).toEqual({ ssmParameter: parameter });
  });

  test("with an AMI's id asks nobody, and takes the size of its disk", async () => {
    const build = () => buildFleet({ ami: { id: "ami-0aaaaaaaaaaaaaaaa" }, rootVolumeGiB: 40 });
    const { recording } = await record(build, {
      calls: { "aws:ec2/getManagedPrefixList:getManagedPrefixList": { id: "pl-cloudfront" } },
    });
    const { imageId, blockDeviceMappings } = recording.named(`${name}-template-launch-template`).inputs;
    expect([imageId, blockDeviceMappings[0].ebs.volumeSize]).toEqual(["ami-0aaaaaaaaaaaaaaaa", 40]);
  });
});

describe("[phi3 4.2] the Auto Scaling group", () => {
  test("holds its size in the private subnets of two zones, serves the target and is updated without a gap", async () => {
    const { recording } = await recordFleet();
    const { tags: listed, ...inputs } = recording.named(`${name}-group`).inputs;
    expect(inputs).toEqual({
      name: "phi3-engines-dev",
      minSize: 1,
      maxSize: 4,
      desiredCapacity: 1,
      vpcZoneIdentifiers: ["phi3-network-private-a-id", "phi3-network-private-b-id"],
      targetGroupArns: ["arn:aws:mock:us-east-1:123456789012:phi3-alb-engines"],
      healthCheckType: "ELB",
      healthCheckGracePeriod: 180,
      defaultInstanceWarmup: 180,
      launchTemplate: { id: `${name}-template-launch-template-id`, version: expect.any(String) },
      instanceMaintenancePolicy: { minHealthyPercentage: 100, maxHealthyPercentage: 110 },
      instanceRefresh: {
        strategy: "Rolling",
        preferences: {
          minHealthyPercentage: 100,
          maxHealthyPercentage: 110,
          instanceWarmup: "180",
          skipMatching: true,
          autoRollback: true,
        },
      },
      initialLifecycleHooks: hooks,
      enabledMetrics: [
        "GroupMinSize",
        "GroupMaxSize",
        "GroupDesiredCapacity",
        "GroupInServiceInstances",
        "GroupPendingInstances",
        "GroupTerminatingInstances",
        "GroupTotalInstances",
      ],
      metricsGranularity: "1Minute",
      waitForCapacityTimeout: "40m",
    });
    expect(listed).toEqual(
      Object.entries(tags("inference", { Name: "phi3-engines-dev" })).map(([key, value]) => ({
        key,
        value,
        propagateAtLaunch: true,
      })),
    );
  });

  test("keeps both hooks by resources of their own, and gives the longest request a minute more", async () => {
    const { recording } = await recordFleet({ longestGenerationSeconds: 600, launchTimeoutSeconds: 900 });
    const kept = recording.ofType("aws:autoscaling/lifecycleHook:LifecycleHook").map(({ inputs }) => inputs);
    expect(kept).toEqual([
      { ...hooks[1], heartbeatTimeout: 660, autoscalingGroupName: "phi3-engines-dev" },
      { ...hooks[0], heartbeatTimeout: 900, autoscalingGroupName: "phi3-engines-dev" },
    ]);
    expect(recording.named(`${name}-group`).inputs.initialLifecycleHooks).toEqual(
      [...kept].reverse().map(({ autoscalingGroupName, ...hook }) => hook),
    );
  });

  test("mixes types and spot above an on-demand base, and starts a new instance before AWS takes one back", async () => {
    const { recording } = await recordFleet({
      instanceTypes: ["g5.xlarge", "g6.xlarge"],
      spot: { onDemandBase: 1, onDemandPercentageAbove: 25 },
    });
    const { launchTemplate, mixedInstancesPolicy, capacityRebalance } = recording.named(`${name}-group`).inputs;
    expect(launchTemplate).toBeUndefined();
    expect(capacityRebalance).toBe(true);
    expect(mixedInstancesPolicy).toEqual({
      launchTemplate: {
        launchTemplateSpecification: {
          launchTemplateId: `${name}-template-launch-template-id`,
          version: expect.any(String),
        },
        overrides: [{ instanceType: "g5.xlarge" }, { instanceType: "g6.xlarge" }],
      },
      instancesDistribution: {
        onDemandAllocationStrategy: "prioritized",
        onDemandBaseCapacity: 1,
        onDemandPercentageAboveBaseCapacity: 25,
        spotAllocationStrategy: "price-capacity-optimized",
      },
    });
  });

  test("with several types and no spot is on demand alone", async () => {
    const { recording } = await recordFleet({ instanceTypes: ["g5.xlarge", "g6.xlarge"] });
    const { mixedInstancesPolicy, capacityRebalance } = recording.named(`${name}-group`).inputs;
    expect(capacityRebalance).toBe(false);
    expect(mixedInstancesPolicy.instancesDistribution.onDemandPercentageAboveBaseCapacity).toBe(100);
  });

  test("keeps a warm pool if asked", async () => {
    const { recording } = await recordFleet({ warmPool: { minSize: 1, maxPrepared: 3 } });
    expect(recording.named(`${name}-group`).inputs.warmPool).toEqual({
      minSize: 1,
      maxGroupPreparedCapacity: 3,
      poolState: "Stopped",
    });
  });

  test("waits for its way out and for all permissions, those granted after it was made too", async () => {
    const { recording } = await record(
      () => {
        const fleet = buildFleet();
        fleet.allow("weights-read", [
          { sid: "Read", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::weights/*"] },
        ]);
      },
      { calls },
    );
    const { dependencies } = recording.named(`${name}-group`);
    expect(dependencies).toEqual(
      expect.arrayContaining([
        `${name}-instance-weights-read`,
        `${name}-instance-session-manager`,
        `${name}-instance-telemetry`,
        `${name}-instance-own-lifecycle`,
        "phi3-network-private-a-routes-of-a",
      ]),
    );
  });

  test("without targets is checked by EC2 alone", async () => {
    const { recording } = await recordFleet({ targets: [] });
    expect(recording.named(`${name}-group`).inputs).toMatchObject({ healthCheckType: "EC2", targetGroupArns: [] });
  });
});

describe("[phi3 4.2] scaling", () => {
  test("adds an instance above 70 % GPU for 3 minutes and takes one away below 30 % for 15", async () => {
    const { recording } = await recordFleet();
    const step = {
      autoscalingGroupName: "phi3-engines-dev",
      policyType: "StepScaling",
      metricAggregationType: "Average",
    };
    expect(recording.named(`${name}-policies-when-busy`).inputs).toEqual({
      ...step,
      name: "when-busy",
      adjustmentType: "ChangeInCapacity",
      stepAdjustments: [{ scalingAdjustment: 1, metricIntervalLowerBound: "0" }],
    });
    expect(recording.named(`${name}-policies-when-idle`).inputs).toEqual({
      ...step,
      name: "when-idle",
      adjustmentType: "ChangeInCapacity",
      stepAdjustments: [{ scalingAdjustment: -1, metricIntervalUpperBound: "0" }],
    });
    const alarm = {
      namespace: "phi3",
      metricName: agentMetrics.gpuUtilization,
      dimensions: { AutoScalingGroupName: "phi3-engines-dev" },
      statistic: "Average",
      period: 60,
      treatMissingData: "notBreaching",
      tags: tags("inference"),
    };
    expect(recording.named(`${name}-policies-busy-alarm`).inputs).toEqual({
      ...alarm,
      name: "phi3-engines-busy-dev",
      alarmDescription: `${agentMetrics.gpuUtilization} of phi3-engines-dev stayed above 70 %: one more instance.`,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 70,
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
      alarmActions: [`arn:aws:mock:us-east-1:123456789012:${name}-policies-when-busy`],
    });
    expect(recording.named(`${name}-policies-idle-alarm`).inputs).toEqual({
      ...alarm,
      name: "phi3-engines-idle-dev",
      alarmDescription: `${agentMetrics.gpuUtilization} of phi3-engines-dev stayed below 30 %: one instance less, down to the least.`,
      comparisonOperator: "LessThanThreshold",
      threshold: 30,
      evaluationPeriods: 15,
      datapointsToAlarm: 15,
      alarmActions: [`arn:aws:mock:us-east-1:123456789012:${name}-policies-when-idle`],
    });
  });

  test("follows what waits for each instance that serves, upwards only", async () => {
    const { recording } = await recordFleet();
    const dimensions = [{ name: "AutoScalingGroupName", value: "phi3-engines-dev" }];
    expect(recording.named(`${name}-policies-per-instance`).inputs).toEqual({
      name: "per-instance",
      autoscalingGroupName: "phi3-engines-dev",
      policyType: "TargetTrackingScaling",
      targetTrackingConfiguration: {
        targetValue: 2,
        disableScaleIn: true,
        customizedMetricSpecification: {
          metrics: [
            {
              id: "total",
              metricStat: {
                metric: { namespace: "phi3", metricName: vllmMetrics.requestsWaiting, dimensions },
                stat: "Sum",
              },
              returnData: false,
            },
            {
              id: "instances",
              metricStat: {
                metric: { namespace: "AWS/AutoScaling", metricName: "GroupInServiceInstances", dimensions },
                stat: "Average",
              },
              returnData: false,
            },
            { id: "each", expression: "total / instances", label: "For each instance", returnData: true },
          ],
        },
      },
    });
  });

  test("by CPU tells a topic, and has the names a document fixes", async () => {
    const { recording } = await record(
      () =>
        buildFleet({
          instanceTypes: ["t3.medium"],
          scaling: {
            utilisation: { metric: cpuUtilisation(), upAbove: 70, downBelow: 30 },
            notify: new AlarmTopic("phi3-alarms", { context, encrypted: false }),
            runbooks: { busy: "docs/runbooks/phi3.md#busy", idle: "docs/runbooks/phi3.md#idle" },
          },
          physicalRoles: {
            group: "asg",
            launchTemplate: "template",
            role: "ec2-role",
            profile: "ec2-profile",
            securityGroup: "app-sg",
            busyAlarm: "high-cpu",
            idleAlarm: "low-cpu",
          },
        }),
      { calls },
    );
    expect(recording.named(`${name}-policies-busy-alarm`).inputs).toMatchObject({
      name: "phi3-high-cpu-dev",
      namespace: "AWS/EC2",
      metricName: "CPUUtilization",
      alarmActions: [expect.stringContaining("when-busy"), expect.stringContaining("phi3-alarms")],
      alarmDescription: expect.stringMatching(/: one more instance\. Runbook: docs\/runbooks\/phi3\.md#busy$/),
    });
    expect(recording.ofType("aws:autoscaling/policy:Policy")).toHaveLength(2);
    const physical = [
      "policies-idle-alarm",
      "group",
      "template-launch-template",
      "instance-role",
      "profile",
      "sg-group",
    ];
    expect(physical.map((suffix) => recording.named(`${name}-${suffix}`).inputs.name)).toEqual([
      "phi3-low-cpu-dev",
      "phi3-asg-dev",
      "phi3-template-dev",
      "phi3-ec2-role-dev",
      "phi3-ec2-profile-dev",
      "phi3-app-sg-dev",
    ]);
  });

  test("follows schedules in their time zone", async () => {
    const { recording } = await recordFleet({
      schedules: [
        { name: "evening", cron: "0 20 * * *", min: 0, max: 4, desired: 0 },
        { name: "morning", cron: "0 7 * * MON-FRI", timeZone: "Europe/Berlin", min: 2, max: 4, desired: 2 },
      ],
    });
    expect(recording.ofType("aws:autoscaling/schedule:Schedule").map(({ inputs }) => inputs)).toEqual([
      {
        scheduledActionName: "evening",
        autoscalingGroupName: "phi3-engines-dev",
        recurrence: "0 20 * * *",
        timeZone: "Etc/UTC",
        minSize: 0,
        maxSize: 4,
        desiredCapacity: 0,
      },
      {
        scheduledActionName: "morning",
        autoscalingGroupName: "phi3-engines-dev",
        recurrence: "0 7 * * MON-FRI",
        timeZone: "Europe/Berlin",
        minSize: 2,
        maxSize: 4,
        desiredCapacity: 2,
      },
    ]);
  });
});

describe("[phi3 4.3] the instances' role", () => {
  test("opens sessions, sends telemetry and reports to its own group, each by exact actions", async () => {
    const { recording } = await recordFleet();
    expect(recording.document(`${name}-instance-role`, "assumeRolePolicy").Statement).toEqual([
      { Sid: "Assume", Effect: "Allow", Principal: { Service: ["ec2.amazonaws.com"] }, Action: ["sts:AssumeRole"] },
    ]);
    expect(recording.document(`${name}-instance-session-manager`).Statement).toEqual([
      {
        Sid: "Register",
        Effect: "Allow",
        Action: ["ssm:UpdateInstanceInformation"],
        Resource: ["arn:aws:ec2:us-east-1:123456789012:instance/*"],
      },
      {
        Sid: "OpenSessions",
        Effect: "Allow",
        Action: [
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ],
        Resource: ["*"],
      },
    ]);
    expect(recording.document(`${name}-instance-telemetry`).Statement).toEqual([
      {
        Sid: "SendMetrics",
        Effect: "Allow",
        Action: ["cloudwatch:PutMetricData"],
        Resource: ["*"],
        Condition: { StringEquals: { "cloudwatch:namespace": "phi3" } },
      },
      {
        Sid: "WriteLogs",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        Resource: [
          "arn:aws:logs:us-east-1:123456789012:log-group:/phi3/dev/engine:*",
          "arn:aws:logs:us-east-1:123456789012:log-group:/phi3/dev/system:*",
        ],
      },
    ]);
    expect(recording.document(`${name}-instance-own-lifecycle`).Statement).toEqual([
      {
        Sid: "ReportToOwnGroup",
        Effect: "Allow",
        Action: [
          "autoscaling:CompleteLifecycleAction",
          "autoscaling:RecordLifecycleActionHeartbeat",
          "autoscaling:SetInstanceHealth",
        ],
        Resource: [groupArn],
      },
    ]);
    expect(recording.ofType("aws:iam/rolePolicy:RolePolicy")).toHaveLength(3);
    expect(recording.named(`${name}-profile`).inputs).toEqual({
      name: "phi3-engines-dev",
      role: "phi3-engines-instance-dev",
      tags: tags("inference"),
    });
  });

  test("pulls images of one repository where one is given", async () => {
    const { recording } = await recordFleet({ imageRepository: "vllm" });
    expect(recording.document(`${name}-instance-pull-images`).Statement).toEqual([
      { Sid: "LogInToRegistry", Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: ["*"] },
      {
        Sid: "PullImages",
        Effect: "Allow",
        Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        Resource: ["arn:aws:ecr:us-east-1:123456789012:repository/vllm"],
      },
    ]);
  });
});

describe("the network", () => {
  const rules = async (args: Partial<FleetArgs> = {}) => {
    const { recording } = await recordFleet(args);
    const told = (type: string) =>
      recording
        .ofType(`aws:vpc/${type}:${type.charAt(0).toUpperCase()}${type.slice(1)}`)
        .map(({ inputs: { description, tags: _, ...rule } }) => rule)
        .filter(({ securityGroupId, referencedSecurityGroupId }) =>
          [securityGroupId, referencedSecurityGroupId].includes(`${name}-sg-group-id`),
        );
    return { into: told("securityGroupIngressRule"), out: told("securityGroupEgressRule"), recording };
  };
  const engine = { ipProtocol: "tcp", fromPort: 8000, toPort: 8000 };

  test("lets in the load balancer alone, on the target's port, and out by HTTPS alone", async () => {
    const { into, out, recording } = await rules();
    expect(into).toEqual([
      { ...engine, securityGroupId: `${name}-sg-group-id`, referencedSecurityGroupId: "phi3-alb-sg-group-id" },
    ]);
    expect(out).toEqual([
      { ...engine, securityGroupId: "phi3-alb-sg-group-id", referencedSecurityGroupId: `${name}-sg-group-id` },
      { ipProtocol: "tcp", fromPort: 443, toPort: 443, securityGroupId: `${name}-sg-group-id`, cidrIpv4: "0.0.0.0/0" },
    ]);
    expect(recording.named(`${name}-template-launch-template`).inputs.keyName).toBeUndefined();
  });

  test("lets administrators in by SSH only with a block of addresses and a key", async () => {
    const { into, recording } = await rules({ admin: { cidr: "203.0.113.0/24", keyName: "ollama-key" } });
    expect(into).toContainEqual({
      ipProtocol: "tcp",
      fromPort: 22,
      toPort: 22,
      securityGroupId: `${name}-sg-group-id`,
      cidrIpv4: "203.0.113.0/24",
    });
    expect(recording.named(`${name}-template-launch-template`).inputs.keyName).toBe("ollama-key");
  });
});

test("everything has a parent, a name under it and the tags", async () => {
  const { result, recording } = await recordFleet({ spot: { onDemandBase: 1, onDemandPercentageAbove: 0 } });
  expect(recording.untagged(requiredTagKeys)).toEqual([]);
  expect(recording.misnamed()).toEqual([]);
  expect(recording.orphans()).toEqual([]);
  expect([result.groupName, result.roleName]).toEqual(["phi3-engines-dev", "phi3-engines-instance-dev"]);
  expect(result.facts).toEqual({
    region: "us-east-1",
    groupName: "phi3-engines-dev",
    launchHookName: "hold-until-healthy",
    terminationHookName: "drain-before-termination",
  });
  const metric = { namespace: "AWS/AutoScaling", dimensions: { AutoScalingGroupName: "phi3-engines-dev" } };
  expect(result.metricInService()).toMatchObject({ ...metric, name: "GroupInServiceInstances" });
  expect(result.metricWanted()).toMatchObject({ ...metric, name: "GroupDesiredCapacity" });
});

describe("mistakes", () => {
  const schedule = { name: "night", cron: "0 20 * * *", min: 1, max: 4, desired: 1 };
  const scaling = (upAbove: number, downBelow: number) => ({
    scaling: { utilisation: { metric: cpuUtilisation(), upAbove, downBelow } },
  });
  test.each<[string, Partial<FleetArgs>, string]>([
    ["an unknown type", { instanceTypes: ["g5.tiny"] }, 'instanceTypes[0]: is "g5.tiny"; give one of g4dn.xlarge,'],
    ["no type", { instanceTypes: [] }, "instanceTypes: is []; give at least one type, each once."],
    ["GPUs and none", { instanceTypes: ["g5.xlarge", "t3.large"] }, "instanceTypes: mixes types with GPUs and without"],
    ["two architectures", { instanceTypes: ["t4g.large", "t3.large"] }, "one image must start on all of them."],
    ["no minimum", { size: { min: 0, max: 1 } }, "size.min: is 0; give a whole number from 1 to 1000"],
    ["a maximum below", { size: { min: 2, max: 1 } }, "size.max: is 1; give a whole number from 2 to 1000"],
    [
      "a start outside",
      { size: { min: 2, max: 3, desired: 1 } },
      "size.desired: is 1; give a whole number from 2 to 3",
    ],
    [
      "a bad image",
      { ami: { id: "ubuntu" } },
      'ami: is {"id":"ubuntu"}; give { id: "ami-…" } or { ssmParameter: "/…" }.',
    ],
    ["a bad cron", { schedules: [{ ...schedule, cron: "8pm" }] }, 'schedules[0].cron: is "8pm"; give minute, hour,'],
    [
      "a bad zone",
      { schedules: [{ ...schedule, timeZone: "Berlin" }] },
      'schedules[0].timeZone: is "Berlin"; give an IANA name',
    ],
    ["a schedule twice", { schedules: [schedule, schedule] }, 'schedules[1].name: is "night"; give lower case letters'],
    [
      "a schedule above",
      { schedules: [{ ...schedule, max: 5 }] },
      "schedules[0].max: is 5; give a whole number from 0 to 4",
    ],
    [
      "spot above the size",
      { spot: { onDemandBase: 5, onDemandPercentageAbove: 101 } },
      "spot.onDemandBase: is 5; give a whole number from 0 to 4",
    ],
    [
      "a pool with spot",
      { spot: { onDemandBase: 1, onDemandPercentageAbove: 0 }, warmPool: { minSize: 1 } },
      "warmPool: needs an on-demand fleet of one instance type",
    ],
    [
      "a pool of two types",
      { instanceTypes: ["g5.xlarge", "g6.xlarge"], warmPool: { minSize: 1 } },
      "warmPool: needs an on-demand fleet of one instance type",
    ],
    [
      "thresholds upside down",
      scaling(30, 70),
      "scaling.utilisation: scales up above 30 and down below 70; give percents",
    ],
    [
      "thresholds that swing",
      scaling(70, 40),
      "brings the other to 80 %, above 70 %; give downBelow at most half of upAbove.",
    ],
    [
      "everyone's SSH",
      { admin: { cidr: "0.0.0.0/0", keyName: "key" } },
      'admin.cidr: is "0.0.0.0/0"; give the addresses of your office',
    ],
    ["no block", { admin: { cidr: "office", keyName: "" } }, 'admin.keyName: is ""; give the name of a key pair'],
    [
      "AWS's namespace",
      { telemetry: { namespace: "AWS/EC2", logGroups: [] } },
      'telemetry.namespace: is "AWS/EC2"; give a name of your own',
    ],
    [
      "a long generation",
      { longestGenerationSeconds: 7200 },
      "longestGenerationSeconds: is 7200; give a whole number from 1 to 7140",
    ],
    [
      "a long start",
      { launchTimeoutSeconds: 10_000 },
      "launchTimeoutSeconds: is 10000; give a whole number from 60 to 7200",
    ],
    ["a small disk", { rootVolumeGiB: 4 }, "rootVolumeGiB: is 4; give a whole number from 8 to 16384 (GiB)."],
    [
      "a target of nothing",
      { scaling: { ...scaling(70, 30).scaling, perInstance: { metric: cpuUtilisation(), target: 0 } } },
      "scaling.perInstance.target: is 0; give a number above 0.",
    ],
  ])("%s is told by its path", async (_, args, message) => {
    await expect(recordFleet(args)).rejects.toThrow(message);
  });

  test("in one zone, or in a script that EC2 would not take, are told too", async () => {
    const long = Array.from({ length: 30_000 }, (_, index) => String((index * 7919) % 10_007)).join("");
    await expect(recordFleet({ userData: () => long })).rejects.toThrow(
      /userData: the user data is \d+ bytes when compressed/,
    );
    await expect(recordFleet({ size: { min: 0, max: 0 } }, prod)).rejects.toThrow("2 mistakes");
  });
});
