import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Bucket } from "../data/bucket";
import { Component, type ComponentArgs } from "../lib/component";
import { arnOf } from "../lib/context";
import { nameLimits, physicalName, sidPart } from "../lib/names";
import { wholeNumber } from "../lib/validation";
import { anyone, prefixListPeer } from "../network/peer";
import { SecurityGroup } from "../network/security-group";
import type { Vpc } from "../network/vpc";
import type { Metric } from "../observability/metric";
import { type Certificate, certificateChecks } from "./certificate";
import { conditionsOf, ruleChecks, type TargetRule } from "./listener-conditions";
import { type TargetArgs, targetChecks, targetGroupSettings } from "./targets";

export type { TargetArgs } from "./targets";

export interface LoadBalancerArgs extends ComponentArgs {
  /** Has public subnets in at least two zones. */
  readonly vpc: Vpc;
  /**
   * Certificate in the load balancer's region. With it the load balancer serves HTTPS (TLS 1.2 or later) to the internet, and port 80 answers 301. Default: it serves
   * plain HTTP, and only to CloudFront and to whom `allowFrom` lets in; for development.
   */
  readonly certificate?: Certificate;
  /** Without a certificate: whether CloudFront gets in, anybody's. Not needed where an API stands before the page too. Default true. */
  readonly cloudFront?: boolean;
  /** Seconds without a byte after which a request ends, 1 to 4000. Not shorter than the longest generation, which may send nothing until its end. */
  readonly idleTimeoutSeconds: number;
  /** Gets a line for each request, under `<logical name>/`. */
  readonly accessLogs: Bucket;
}

/** Where a load balancer sends requests. Fleets register their instances in it. */
export interface LoadBalancerTarget {
  readonly name: string;
  readonly port: number;
  readonly arn: pulumi.Output<string>;
  /** Part of the ARN that metrics are named by. */
  readonly arnSuffix: pulumi.Output<string>;
  readonly loadBalancer: LoadBalancer;
}

/** TLS 1.2 and 1.3 with forward secrecy only. Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html */
const tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";
/** Addresses from which CloudFront calls origins; counts as 55 of a group's 60 rules. Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html */
const cloudFrontPrefixList = "com.amazonaws.global.cloudfront.origin-facing";
const refuse: aws.types.input.lb.ListenerDefaultAction = {
  type: "fixed-response",
  fixedResponse: { statusCode: "403", contentType: "text/plain", messageBody: "Forbidden" },
};

/**
 * An Application Load Balancer in the public subnets. It answers 403 to all that no target's rule names, drops malformed headers, and logs each request.
 *
 * Cost: $0.0225 an hour and $0.008 per LCU-hour (us-east-1, unverified), and $0.005 an hour for the public address in each zone.
 */
export class LoadBalancer extends Component {
  /** Known at preview. */
  readonly name: string;
  readonly arn: pulumi.Output<string>;
  readonly dnsName: pulumi.Output<string>;
  readonly zoneId: pulumi.Output<string>;
  readonly securityGroup: SecurityGroup;
  readonly scheme: "http" | "https";
  /** 443 with a certificate, 80 without. */
  readonly listenerPort: number;
  /** The listener that serves. */
  readonly listenerArn: pulumi.Output<string>;
  readonly certificate: Certificate | undefined;
  readonly nodes: { readonly loadBalancer: aws.lb.LoadBalancer; readonly listener: aws.lb.Listener };
  private readonly vpc: Vpc;
  private readonly priorities = new Set<number>();

  constructor(name: string, args: LoadBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("edge", "LoadBalancer", name, args, opts);
    this.checkArgs(args);
    this.vpc = args.vpc;
    this.certificate = args.certificate;
    this.scheme = args.certificate ? "https" : "http";
    this.listenerPort = args.certificate ? 443 : 80;
    this.name = this.physicalName("loadBalancer");
    this.securityGroup = this.createSecurityGroup(args.cloudFront ?? true);
    const loadBalancer = this.createLoadBalancer(args);
    const listener = args.certificate ? this.serveHttps(loadBalancer, args.certificate) : this.serveHttp(loadBalancer);
    this.nodes = { loadBalancer, listener };
    this.arn = loadBalancer.arn;
    this.dnsName = loadBalancer.dnsName;
    this.zoneId = loadBalancer.zoneId;
    this.listenerArn = listener.arn;
    this.registerOutputs({ arn: this.arn, dnsName: this.dnsName });
  }

  /**
   * Sends requests to targets. The target group is named `<system>-<name>-<stack>`. Whoever registers members in it must let their security group and the load
   * balancer's talk on `port`.
   */
  addTarget(name: string, args: TargetArgs): LoadBalancerTarget {
    this.check(targetChecks(name, args, this.priorities));
    const targetGroup = this.createTargetGroup(name, args);
    for (const rule of args.rules) {
      this.priorities.add(rule.priority);
      new aws.lb.ListenerRule(
        this.childName(`${name}-rule-${rule.priority}`),
        {
          listenerArn: this.listenerArn,
          priority: rule.priority,
          conditions: conditionsOf(rule),
          actions: [{ type: "forward", targetGroupArn: targetGroup.arn }],
          tags: this.namedTags(name),
        },
        { parent: this },
      );
    }
    return { name, port: args.port, arn: targetGroup.arn, arnSuffix: targetGroup.arnSuffix, loadBalancer: this };
  }

  /** Answers 403 to paths that a target's wider rule would else get. `priority` is above that of rules whose requests may pass, below the wider one's. */
  refuse(name: string, { paths, priority }: Pick<TargetRule, "paths" | "priority">): void {
    this.check(ruleChecks([{ paths, priority }], this.priorities));
    this.priorities.add(priority);
    new aws.lb.ListenerRule(
      this.childName(`${name}-rule-${priority}`),
      {
        listenerArn: this.listenerArn,
        priority,
        conditions: conditionsOf({ paths, priority }),
        actions: [refuse],
        tags: this.namedTags(name),
      },
      { parent: this },
    );
  }

  /**
   * Lets the group's members call the load balancer, such as an API's VPC link.
   * @param why a short reason; becomes the rule's description
   */
  allowFrom(peer: SecurityGroup, why: string): pulumi.Resource {
    return this.securityGroup.allowFrom(peer, this.listenerPort, why);
  }

  /** Requests that got an answer, in each minute. */
  metricRequests(): Metric {
    return this.metric("RequestCount", { statistic: "Sum" });
  }

  /** The time in s that a percentile of targets' answers began within, such as `p99`, in each minute. */
  metricTargetResponseTime(percentile: `p${number}`): Metric {
    return this.metric("TargetResponseTime", { extendedStatistic: percentile });
  }

  /** Answers with 5xx in each minute: those the load balancer made itself, such as 504, and those of targets. */
  metricServerErrors(): { readonly ofLoadBalancer: Metric; readonly ofTargets: Metric } {
    return {
      ofLoadBalancer: this.metric("HTTPCode_ELB_5XX_Count", { statistic: "Sum" }),
      ofTargets: this.metric("HTTPCode_Target_5XX_Count", { statistic: "Sum" }),
    };
  }

  /** Targets that fail their health check, the most in each minute. */
  metricUnhealthyTargets(target: LoadBalancerTarget): Metric {
    return this.metric("UnHealthyHostCount", { statistic: "Maximum" }, { TargetGroup: target.arnSuffix });
  }

  /** Targets that pass their health check, the fewest in each minute. */
  metricHealthyTargets(target: LoadBalancerTarget): Metric {
    return this.metric("HealthyHostCount", { statistic: "Minimum" }, { TargetGroup: target.arnSuffix });
  }

  /** Requests for each healthy target in each minute; what target tracking scales by. */
  metricRequestsPerTarget(target: LoadBalancerTarget): Metric {
    return this.metric("RequestCountPerTarget", { statistic: "Sum" }, { TargetGroup: target.arnSuffix });
  }

  private metric(
    name: string,
    statistic: Pick<Metric, "statistic" | "extendedStatistic">,
    more: Metric["dimensions"] = {},
  ): Metric {
    return {
      namespace: "AWS/ApplicationELB",
      name,
      dimensions: { LoadBalancer: this.nodes.loadBalancer.arnSuffix, ...more },
      periodSeconds: 60,
      ...statistic,
    };
  }

  private checkArgs({ vpc, certificate, idleTimeoutSeconds }: LoadBalancerArgs): void {
    this.check([
      {
        path: "vpc",
        ok: vpc.publicSubnets.length >= 2,
        message: `has ${vpc.publicSubnets.length} public subnets; give one with publicSubnets in at least two zones.`,
      },
      wholeNumber("idleTimeoutSeconds", idleTimeoutSeconds, 1, 4000, "seconds"),
      ...certificateChecks("certificate", certificate, this.context.region),
    ]);
  }

  private createSecurityGroup(cloudFront: boolean): SecurityGroup {
    const group = new SecurityGroup(
      this.childName("sg"),
      { ...this.inherited(), vpcId: this.vpc.id, description: `Load balancer ${this.name}` },
      { parent: this },
    );
    if (this.certificate) {
      group.allowFrom(anyone, 443, "HTTPS from the internet");
      group.allowFrom(anyone, 80, "HTTP from the internet, answered with a redirect to HTTPS");
    } else if (cloudFront) {
      const { id } = aws.ec2.getManagedPrefixListOutput({ name: cloudFrontPrefixList }, { parent: this });
      group.allowFrom(prefixListPeer("cloudfront", id), 80, "HTTP from CloudFront");
    }
    return group;
  }

  private createLoadBalancer(args: LoadBalancerArgs): aws.lb.LoadBalancer {
    const logPolicy = this.admitLogs(args.accessLogs);
    return new aws.lb.LoadBalancer(
      this.childName("load-balancer"),
      {
        name: this.name,
        loadBalancerType: "application",
        internal: false,
        subnets: this.vpc.publicSubnetIds,
        securityGroups: [this.securityGroup.id],
        idleTimeout: args.idleTimeoutSeconds,
        dropInvalidHeaderFields: true,
        desyncMitigationMode: "defensive",
        enableDeletionProtection: this.context.protectData,
        accessLogs: { bucket: args.accessLogs.name, prefix: this.logicalName, enabled: true },
        tags: this.tags(),
      },
      { parent: this, dependsOn: [logPolicy] },
    );
  }

  /** Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html */
  private admitLogs(bucket: Bucket): pulumi.Resource {
    bucket.admit({
      sid: `LogsOf${sidPart(this.logicalName)}`,
      principals: { services: ["logdelivery.elasticloadbalancing.amazonaws.com"] },
      actions: ["s3:PutObject"],
      resources: [`${bucket.arn}/${this.logicalName}/AWSLogs/${this.context.accountId}/*`],
      conditions: {
        ArnLike: { "aws:SourceArn": arnOf(this.context, "elasticloadbalancing", `loadbalancer/app/${this.name}/*`) },
      },
    });
    return bucket.nodes.policy;
  }

  private serveHttps(loadBalancer: aws.lb.LoadBalancer, { arn }: Certificate): aws.lb.Listener {
    new aws.lb.Listener(
      this.childName("http"),
      {
        loadBalancerArn: loadBalancer.arn,
        port: 80,
        protocol: "HTTP",
        defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
        tags: this.tags(),
      },
      { parent: this },
    );
    return new aws.lb.Listener(
      this.childName("https"),
      {
        loadBalancerArn: loadBalancer.arn,
        port: 443,
        protocol: "HTTPS",
        sslPolicy: tlsPolicy,
        certificateArn: arn,
        defaultActions: [refuse],
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  private serveHttp(loadBalancer: aws.lb.LoadBalancer): aws.lb.Listener {
    return new aws.lb.Listener(
      this.childName("http"),
      { loadBalancerArn: loadBalancer.arn, port: 80, protocol: "HTTP", defaultActions: [refuse], tags: this.tags() },
      { parent: this },
    );
  }

  private createTargetGroup(name: string, args: TargetArgs): aws.lb.TargetGroup {
    const { system, stack } = this.context;
    return new aws.lb.TargetGroup(
      this.childName(name),
      {
        ...targetGroupSettings(args),
        name: physicalName(system, name, stack, nameLimits.targetGroup),
        vpcId: this.vpc.id,
        tags: this.tags(),
      },
      { parent: this },
    );
  }
}
