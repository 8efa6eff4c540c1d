import { Bucket } from "../components/data/bucket";
import { GeneratedSecret } from "../components/data/generated-secret";
import type { Distribution } from "../components/edge/distribution";
import { LoadBalancer, type LoadBalancerTarget } from "../components/edge/load-balancer";
import { WebAcl } from "../components/edge/web-acl";
import type { Fleet, FleetArgs } from "../components/inference/fleet";
import { hardwareOf } from "../components/inference/hardware";
import type { SystemContext } from "../components/lib/context";
import type { LogRetentionDays } from "../components/lib/log-retention";
import type { NatMode } from "../components/network/nat-gateways";
import { anyone } from "../components/network/peer";
import { Vpc } from "../components/network/vpc";
import { Alarm, type AlarmArgs } from "../components/observability/alarm";
import type { AlarmTopic } from "../components/observability/alarm-topic";
import type { Graph } from "../components/observability/dashboard";
import type { Metric, MetricMath } from "../components/observability/metric";
import type { EdgeApi } from "./edge-settings";
import { type ScheduleSettings, withSizes } from "./inference-settings";

/** What the compositions of phi3 and ollama have in common: a fleet behind a load balancer, a distribution and web ACLs. */

/** Days that access logs are kept: long enough to look into an incident that is found late. */
const accessLogDays = 90;
/** Part of requests, in percent, that may fail before someone is woken. */
const errorPercent = 5;

interface NetworkSettings {
  readonly cidr: string;
  readonly availabilityZones: readonly string[];
  readonly nat: NatMode;
  readonly flowLogs: boolean;
  readonly logRetentionDays: LogRetentionDays;
}

interface FrontSettings {
  readonly logRetentionDays: LogRetentionDays;
  readonly domain?: { readonly name: string; readonly certificateArn: string };
  readonly longestGenerationSeconds: number;
  readonly requestsPerMinutePerIp: number;
  /** With `rest` what CloudFront has for the load balancer comes by the API. Default: CloudFront calls the load balancer itself. */
  readonly edge?: { readonly api: EdgeApi };
}

/** What stands between clients and a fleet. */
export interface Front {
  readonly accessLogs: Bucket;
  readonly loadBalancer: LoadBalancer;
  /** For distributions. */
  readonly edgeFirewall: WebAcl;
  readonly firewall: WebAcl;
  /** For what passes requests on to the load balancer. */
  readonly hopProof: GeneratedSecret;
}

/** Public subnets for the load balancer, private ones with a way out for the fleet. */
export function inferenceNetwork(context: SystemContext, settings: NetworkSettings): Vpc {
  return new Vpc(`${context.system}-network`, {
    context,
    cidr: settings.cidr,
    availabilityZones: settings.availabilityZones,
    publicSubnets: true,
    nat: settings.nat,
    flowLogRetentionDays: settings.flowLogs ? settings.logRetentionDays : undefined,
  });
}

/** The load balancer `<system>-alb`, its web ACL, and what a distribution in front of it needs. */
export function inferenceFront(context: SystemContext, vpc: Vpc, settings: FrontSettings): Front {
  const { system } = context;
  const { domain, logRetentionDays, requestsPerMinutePerIp } = settings;
  const accessLogs = new Bucket(`${system}-access-logs`, {
    context,
    expireAfterDays: { "AWSLogs/": accessLogDays, [`${system}-alb/`]: accessLogDays },
  });
  const loadBalancer = new LoadBalancer(`${system}-alb`, {
    context,
    vpc,
    accessLogs,
    idleTimeoutSeconds: settings.longestGenerationSeconds,
    certificate: domain && { arn: domain.certificateArn, domainName: domain.name },
    cloudFront: settings.edge?.api !== "rest",
  });
  const hopProof = new GeneratedSecret(`${system}-hop-proof`, {
    context,
    description: "Sent by CloudFront and API Gateway, so that the load balancer's web ACL knows whom to count",
  });
  const limits = { context, requestsPerMinutePerIp, logRetentionDays };
  const firewall = new WebAcl(`${system}-firewall`, { ...limits, scope: "REGIONAL", trustedHops: hopProof.value });
  firewall.protect("load-balancer", loadBalancer.arn);
  const edgeFirewall = new WebAcl(`${system}-edge-firewall`, { ...limits, scope: "CLOUDFRONT" });
  return { accessLogs, loadBalancer, edgeFirewall, firewall, hopProof };
}

interface FleetSettings
  extends Pick<FleetArgs, "instanceTypes" | "size" | "spot" | "admin" | "longestGenerationSeconds"> {
  readonly amiId?: string;
  readonly schedules: readonly ScheduleSettings[];
}

/** A fleet's arguments that are settings. */
export function fleetArgsOf(
  settings: FleetSettings,
): Omit<FleetSettings, "amiId" | "schedules"> & Pick<FleetArgs, "ami" | "schedules"> {
  const { instanceTypes, size, spot, schedules, admin, longestGenerationSeconds, amiId } = settings;
  return {
    instanceTypes,
    size,
    spot,
    schedules: schedules.map((schedule) => withSizes(schedule, size)),
    admin,
    longestGenerationSeconds,
    ami: amiId === undefined ? undefined : { id: amiId },
  };
}

/** Ubuntu's package archives are reached over HTTP; their packages are signed. */
export function allowPackages(fleet: Fleet): void {
  fleet.securityGroup.allowTo(anyone, 80, "HTTP to package archives of Ubuntu, whose packages are signed");
}

export type AlarmSubject = Pick<
  AlarmArgs,
  "metric" | "description" | "comparison" | "threshold" | "periods" | "treatMissingData"
>;
/** Makes an alarm `<system>-<name>` whose runbook is the heading of that name. */
export type MakeAlarm = (name: string, what: AlarmSubject) => Alarm;

export function alarmsOf(context: SystemContext, topic: AlarmTopic): MakeAlarm {
  const { system } = context;
  return (name, what) =>
    new Alarm(`${system}-${name}`, { context, topic, runbook: `docs/runbooks/${system}.md#${name}`, ...what });
}

/** Requests that the load balancer or its targets answered with 5xx, in percent. */
export function errorRate(loadBalancer: LoadBalancer): MetricMath {
  const { ofLoadBalancer, ofTargets } = loadBalancer.metricServerErrors();
  return {
    // Requests that found no target are not in RequestCount, but they failed: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    expression:
      "100 * (FILL(own, 0) + FILL(targets, 0)) / MAX([FILL(requests, 0) + FILL(own, 0), FILL(requests, 0) * 0 + 1])",
    using: { requests: loadBalancer.metricRequests(), own: ofLoadBalancer, targets: ofTargets },
    label: "Requests that failed, in percent",
  };
}

/** Rings when requests fail, when members fail their health check, and when the group can't get the instances it wants. */
export function watchServing(alarm: MakeAlarm, fleet: Fleet, target: LoadBalancerTarget): void {
  const { loadBalancer } = target;
  alarm("errors", {
    metric: errorRate(loadBalancer),
    description: `More than ${errorPercent} % of requests were answered with a server error.`,
    comparison: ">",
    threshold: errorPercent,
    periods: { evaluated: 5, breaching: 3 },
    treatMissingData: "notBreaching",
  });
  alarm("unhealthy-targets", {
    metric: loadBalancer.metricUnhealthyTargets(target),
    description: "An instance that should serve fails its health check.",
    comparison: ">",
    threshold: 0,
    periods: { evaluated: 5, breaching: 5 },
    treatMissingData: "notBreaching",
  });
  alarm("missing-instances", {
    metric: {
      expression: "wanted - serving",
      using: { wanted: fleet.metricWanted(), serving: fleet.metricInService() },
      label: "Instances that are wanted and do not serve",
    },
    description:
      "The group has had fewer instances than it wants for an hour; EC2 may have none of that type, or they fail at start.",
    comparison: ">",
    threshold: 0,
    periods: { evaluated: 60, breaching: 60 },
    treatMissingData: "notBreaching",
  });
}

/** Graphs of the load balancer: latency, requests, errors. @param slow seconds that the latency alarm rings at */
export function trafficGraphs(loadBalancer: LoadBalancer, slow: number): Graph[] {
  const latency = (["p50", "p95", "p99"] as const).map((percentile) => ({
    ...loadBalancer.metricTargetResponseTime(percentile),
    label: percentile,
  }));
  const { ofLoadBalancer, ofTargets } = loadBalancer.metricServerErrors();
  return [
    {
      title: "Latency until the answer begins (s)",
      signals: latency,
      axis: { min: 0 },
      limit: { value: slow, label: "alarm (p99)" },
    },
    {
      title: "Requests per second",
      signals: [perSecond(loadBalancer.metricRequests(), "requests per second")],
      axis: { min: 0 },
    },
    {
      title: "Server errors per minute",
      signals: [
        { ...ofLoadBalancer, label: "of the load balancer" },
        { ...ofTargets, label: "of targets" },
      ],
      axis: { min: 0 },
      view: "stacked",
    },
  ];
}

/** Graphs of the group: instances, and what they cost on demand. */
export function fleetGraphs(fleet: Fleet, instanceTypes: readonly string[]): Graph[] {
  const [preferred = ""] = instanceTypes;
  const price = hardwareOf(preferred).usdPerHour.value;
  return [
    {
      title: "Instances",
      signals: [
        { ...fleet.metricInService(), label: "serving" },
        { ...fleet.metricWanted(), label: "wanted" },
      ],
      axis: { min: 0 },
    },
    {
      title: `Estimated cost of instances (USD per hour, on demand at $${price})`,
      signals: [
        { expression: `serving * ${price}`, using: { serving: fleet.metricInService() }, label: "USD per hour" },
      ],
      view: "number",
    },
  ];
}

/** A sum over a minute as a rate. */
export function perSecond(metric: Metric, label: string): MetricMath {
  return { expression: "FILL(sum, 0) / PERIOD(sum)", using: { sum: metric }, label };
}

/** Graphs of web ACLs and, if there is one, the distribution. */
export function edgeGraphs({ firewall, edgeFirewall }: Front, distribution: Distribution): Graph[] {
  const region = "us-east-1" as const;
  return [
    {
      title: "Requests at the edge, in 5 minutes",
      signals: [{ ...distribution.metricRequests(), label: "requests" }],
      axis: { min: 0 },
      region,
    },
    {
      title: "Errors at the edge (%)",
      signals: [
        { ...distribution.metricClientErrorRate(), label: "4xx" },
        { ...distribution.metricServerErrorRate(), label: "5xx" },
      ],
      axis: { min: 0 },
      region,
    },
    {
      title: "Blocked by the edge's web ACL, in 5 minutes",
      signals: [{ ...edgeFirewall.metricBlocked(), label: "blocked" }],
      axis: { min: 0 },
      region,
    },
    {
      title: "Blocked by the load balancer's web ACL, in 5 minutes",
      signals: [{ ...firewall.metricBlocked(), label: "blocked" }],
      axis: { min: 0 },
    },
  ];
}
