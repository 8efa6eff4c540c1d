import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { lambdaDeprecations } from "../../../policy-pack/lib/lambda-runtimes";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { type Case, cure, holds } from "./holds";
import { pass, unverifiable, violation } from "./rules";

type Props = Record<string, Json>;

describe("rel-asg-elb-health", () => {
  const id = "rel-asg-elb-health";
  const group = (props: Props, from?: Resource["from"]): Resource => ({
    type: "aws:autoscaling/group:Group",
    name: "fleet",
    props,
    from,
  });
  const attachment = (props: Props, from = "fleet", type = "attachment:Attachment"): Resource => ({
    type: `aws:autoscaling/${type}`,
    name: "attachment",
    props: { autoscalingGroupName: unknown, ...props },
    from: { autoscalingGroupName: [from] },
  });
  const targets = { targetGroupArns: ["arn:1"] };
  const refused = violation("healthCheckType: instances that fail the load balancer's health check stay in the group");

  holds(id, [
    ["passes ELB", group({ ...targets, healthCheckType: "ELB" }), pass],
    ["passes ELB among others", group({ ...targets, healthCheckType: "EBS,ELB" }), pass],
    ["passes VPC Lattice", group({ ...targets, healthCheckType: "VPC_LATTICE" }), pass],
    ["passes a group without targets", group({ targetGroupArns: [] }), pass],
    ["passes undefined targets", group({}), pass],
    ["refuses EC2", group({ ...targets, healthCheckType: "EC2" }), refused],
    ["refuses an undefined type, whose default is EC2", group(targets), refused],
    ["refuses unknown target groups", group({ targetGroupArns: unknown }), refused],
    ["refuses an unknown target group", group({ targetGroupArns: [unknown] }), refused],
    ["refuses classic load balancers", group({ loadBalancers: ["web"] }), refused],
    ["refuses traffic sources", group({ trafficSources: [{ identifier: unknown }] }), refused],
    ["cannot judge an unknown type", group({ ...targets, healthCheckType: unknown }), unverifiable("healthCheckType")],
    ["needs no type without targets", group({ healthCheckType: unknown }), pass],
  ]);

  describe("with attachments", () => {
    holds(id, [
      ["refuses an attached target group", [group({}), attachment({})], refused],
      [
        "refuses an attached traffic source",
        [group({}), attachment({}, "fleet", "trafficSourceAttachment:TrafficSourceAttachment")],
        refused,
      ],
      [
        "refuses a type that only the provider does not know yet",
        [group({ healthCheckType: unknown }), attachment({})],
        refused,
      ],
      ["passes ELB", [group({ healthCheckType: "ELB" }), attachment({})], pass],
      ["passes a group without", [group({})], pass],
      [
        "passes another group's",
        [group({}), { ...group({ healthCheckType: "ELB" }), name: "other" }, attachment({}, "other")],
        pass,
      ],
      [
        "finds it by name after an update",
        [group({ name: "fleet-1" }), attachment({ autoscalingGroupName: "fleet-1" })],
        refused,
      ],
      ["passes another name's", [group({ name: "fleet-1" }), attachment({ autoscalingGroupName: "fleet-2" })], pass],
      [
        "cannot judge an unknown type",
        [group({ healthCheckType: unknown }, { healthCheckType: ["fleet"] }), attachment({})],
        unverifiable("healthCheckType"),
      ],
    ]);
  });

  test("remediation asks the load balancer", async () => {
    expect(await cure(id, group({ ...targets, tags: unknown }))).toEqual({
      ...targets,
      tags: unknown,
      healthCheckType: "ELB",
    });
    expect(await cure(id, group({}))).toBeUndefined();
    expect(await cure(id, group({ ...targets, healthCheckType: "ELB" }))).toBeUndefined();
    expect(await cure(id, group({ ...targets, healthCheckType: unknown }))).toBeUndefined();
  });
});

describe("rel-asg-launch-template", () => {
  const group = (props: Props): Resource => ({ type: "aws:autoscaling/group:Group", props });
  const refused = violation("launchConfiguration: the group uses a launch configuration");

  holds("rel-asg-launch-template", [
    ["passes a template", group({ launchTemplate: { id: unknown } }), pass],
    ["passes an undefined configuration", group({}), pass],
    ["passes an empty one", group({ launchConfiguration: "" }), pass],
    ["refuses a configuration", group({ launchConfiguration: "old" }), refused],
    ["counts an unknown configuration as there", group({ launchConfiguration: unknown }), refused],
  ]);
});

describe("rel-tg-healthcheck", () => {
  const group = (props: Props, module = "lb"): Resource => ({ type: `aws:${module}/targetGroup:TargetGroup`, props });
  const refused = violation("healthCheck.path: the health check names no path");

  holds("rel-tg-healthcheck", [
    ["passes a path", group({ protocol: "HTTP", healthCheck: { path: "/health" } }), pass],
    ["counts an unknown path as there", group({ protocol: "HTTP", healthCheck: { path: unknown } }), pass],
    ["refuses an undefined path", group({ protocol: "HTTP", healthCheck: {} }), refused],
    ["refuses an empty path", group({ protocol: "HTTP", healthCheck: { path: "" } }), refused],
    ["refuses HTTPS without a check", group({ protocol: "HTTPS" }), refused],
    ["refuses the other name of the resource", group({ protocol: "HTTP" }, "alb"), refused],
    ["passes TCP", group({ protocol: "TCP" }), pass],
    ["passes functions", group({ protocol: "HTTP", targetType: "lambda" }), pass],
    ["passes an undefined protocol", group({}), pass],
    ["cannot judge an unknown check", group({ protocol: "HTTP", healthCheck: unknown }), unverifiable("healthCheck")],
    ["cannot judge an unknown protocol", group({ protocol: unknown }), unverifiable("protocol")],
  ]);
});

describe("rel-sqs-dlq", () => {
  const queue = (name: string, props: Props = {}, from?: Resource["from"]): Resource => ({
    type: "aws:sqs/queue:Queue",
    name,
    props: { arn: unknown, url: unknown, id: unknown, ...props },
    from,
  });
  const reader = (from: string): Resource => ({
    type: "aws:lambda/eventSourceMapping:EventSourceMapping",
    name: `reader-of-${from}`,
    props: { eventSourceArn: unknown },
    from: { eventSourceArn: [from] },
  });
  const redrivePolicy = (queueName: string, target: string): Resource => ({
    type: "aws:sqs/redrivePolicy:RedrivePolicy",
    name: "redrive",
    props: { queueUrl: unknown, redrivePolicy: unknown },
    from: { queueUrl: [queueName], redrivePolicy: [target] },
  });
  const jobs = queue("jobs");
  const refused = violation("redrivePolicy: the queue feeds a function and has no dead-letter queue");
  const arn = (name: string) => `arn:aws:sqs:us-east-1:111122223333:${name}`;
  const policyFor = (name: string) => JSON.stringify({ deadLetterTargetArn: arn(name), maxReceiveCount: 5 });

  holds("rel-sqs-dlq", [
    ["refuses a queue that feeds a function", [jobs, reader("jobs")], refused],
    [
      "refuses a queue that feeds a pipe",
      [jobs, { type: "aws:pipes/pipe:Pipe", name: "pipe", props: { source: unknown }, from: { source: ["jobs"] } }],
      refused,
    ],
    [
      "refuses what only the provider does not know yet",
      [queue("jobs", { redrivePolicy: unknown }), reader("jobs")],
      refused,
    ],
    ["refuses empty policies", [queue("jobs", { redrivePolicy: "", redriveAllowPolicy: "" }), reader("jobs")], refused],
    [
      "refuses what only the provider does not know of dead-letter queues",
      [queue("jobs", { redriveAllowPolicy: unknown }), reader("jobs")],
      refused,
    ],
    ["passes a queue that nothing reads", [jobs], pass],
    ["passes a queue beside one that is read", [jobs, queue("other", { redrivePolicy: "{}" }), reader("other")], pass],
    [
      "passes an inline redrive policy",
      [queue("jobs", { redrivePolicy: unknown }, { redrivePolicy: ["failed"] }), queue("failed"), reader("jobs")],
      pass,
    ],
    [
      "passes a separate redrive policy",
      [jobs, queue("failed"), reader("jobs"), redrivePolicy("jobs", "failed")],
      pass,
    ],
    [
      "refuses another queue's redrive policy",
      [jobs, queue("other"), queue("failed"), reader("jobs"), redrivePolicy("other", "failed")],
      refused,
    ],
    [
      "passes a dead-letter queue that is read",
      [queue("jobs", { redrivePolicy: unknown }, { redrivePolicy: ["failed"] }), queue("failed"), reader("failed")],
      pass,
    ],
    [
      "passes one whose ARN is known before the policy",
      [
        queue("jobs", { redrivePolicy: unknown }, { redrivePolicy: ["failed"] }),
        queue("failed", { arn: arn("failed") }),
        reader("failed"),
      ],
      pass,
    ],
    [
      "passes one of a separate policy",
      [jobs, queue("failed"), reader("failed"), redrivePolicy("jobs", "failed")],
      pass,
    ],
    ["passes one that says so itself", [queue("failed", { redriveAllowPolicy: "{}" }), reader("failed")], pass],
    [
      "knows a dead-letter queue by its ARN after an update",
      [
        queue("jobs", { redrivePolicy: policyFor("failed") }),
        queue("failed", { arn: arn("failed") }),
        reader("failed"),
      ],
      pass,
    ],
    [
      "does not take another ARN for it",
      [queue("jobs", { redrivePolicy: policyFor("other") }), queue("failed", { arn: arn("failed") }), reader("failed")],
      refused,
    ],
    [
      "cannot judge a reader of unknown origin",
      [jobs, { ...reader("jobs"), from: {} }],
      unverifiable("reader-of-jobs.eventSourceArn"),
    ],
    ["passes undefined queues", [reader("jobs")], pass],
  ]);
});

describe("rel-lambda-runtime", () => {
  const lambda = (props: Props): Resource => ({ type: "aws:lambda/function:Function", props });
  const refused = (runtime: string, day: string) => violation(`runtime: AWS has deprecated ${runtime} on ${day}`);
  const onDay: (day: string) => Case[] = (day) => [
    [
      "passes a current runtime",
      lambda({ runtime: "nodejs22.x" }),
      day < "2027-04-30" ? pass : refused("nodejs22.x", "2027-04-30"),
    ],
    ["refuses a deprecated one", lambda({ runtime: "nodejs16.x" }), refused("nodejs16.x", "2024-06-12")],
  ];

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-06-15T12:00:00Z") });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  holds("rel-lambda-runtime", [
    ...onDay("2026-06-15"),
    ["passes an unknown name, which is newer than the table", lambda({ runtime: "nodejs99.x" }), pass],
    ["passes undefined", lambda({ packageType: "Image" }), pass],
    ["passes container images", lambda({ packageType: "Image", runtime: "nodejs16.x" }), pass],
    [
      "refuses a package in spite of its type",
      lambda({ packageType: "Zip", runtime: "go1.x" }),
      refused("go1.x", "2024-01-08"),
    ],
    [
      "takes days from the config",
      lambda({ runtime: "nodejs22.x" }),
      refused("nodejs22.x", "2026-06-15"),
      { dates: { "nodejs22.x": "2026-06-15" } },
    ],
    [
      "lets the config put a day off",
      lambda({ runtime: "nodejs16.x" }),
      pass,
      { dates: { "nodejs16.x": "2026-06-16" } },
    ],
    ["cannot judge an unknown", lambda({ runtime: unknown }), unverifiable("runtime")],
    [
      "cannot judge an unknown package type",
      lambda({ runtime: "go1.x", packageType: unknown }),
      unverifiable("packageType"),
    ],
  ]);

  describe("a year later", () => {
    beforeEach(() => {
      vi.setSystemTime(new Date("2027-06-15T12:00:00Z"));
    });
    holds("rel-lambda-runtime", onDay("2027-06-15"));
  });

  test("all days of the table are days", () => {
    for (const day of Object.values(lambdaDeprecations)) {
      expect(new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10)).toBe(day);
    }
  });
});
