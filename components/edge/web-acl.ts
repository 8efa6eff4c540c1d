import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { partitionOf } from "../lib/context";
import { policyDocument } from "../lib/iam";
import type { LogRetentionDays } from "../lib/log-retention";
import { slug } from "../lib/names";
import { oneOf, wholeNumber } from "../lib/validation";
import type { Metric } from "../observability/metric";
import { type HopProof, hopProofHeader } from "./hop-proof";
import { visibility, webAclRules } from "./web-acl-rules";

const scopes = ["REGIONAL", "CLOUDFRONT"] as const;

export interface WebAclArgs extends ComponentArgs {
  /** `CLOUDFRONT` for distributions, `REGIONAL` for load balancers of the context's region. HTTP APIs can't have a web ACL. */
  readonly scope: (typeof scopes)[number];
  /** Requests that one address may make in 60 s, 10 or more. Further ones get 429. WAF counts about every ten seconds, so some more pass. */
  readonly requestsPerMinutePerIp: number;
  readonly logRetentionDays: LogRetentionDays;
  /**
   * The secret that CloudFront and API Gateway send along, for a load balancer behind them: what carries it is not counted by its address, and what API Gateway passes
   * on is counted by the address that called the API. Default: everything is counted by address, right only where callers reach the resource directly.
   */
  readonly trustedHops?: HopProof;
}

/** Where what belongs to CloudFront is kept. Source: https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-creating.html */
const cloudFrontRegion = "us-east-1";
const ownResources = { REGIONAL: "load balancer", CLOUDFRONT: "distribution" } as const;

/**
 * A web ACL of AWS WAF: a limit of requests for each address, AWS's managed rules (bad addresses, common attacks, known bad inputs), and a log of what it blocked or
 * counted, without credentials.
 *
 * Cost: $5 a month, $1 for each of its four or five rules, $0.60 per million requests (unverified), and the logs.
 */
export class WebAcl extends Component {
  /** Known at preview. */
  readonly name: string;
  readonly scope: WebAclArgs["scope"];
  readonly arn: pulumi.Output<string>;
  readonly logGroupName: string;
  readonly nodes: { readonly webAcl: aws.wafv2.WebAcl };
  /** Region of the ACL and its log. */
  private readonly region: string;

  constructor(name: string, args: WebAclArgs, opts?: pulumi.ComponentResourceOptions) {
    super("edge", "WebAcl", name, args, opts);
    this.check([
      oneOf("scope", args.scope, scopes),
      wholeNumber("requestsPerMinutePerIp", args.requestsPerMinutePerIp, 10, 2_000_000_000, "requests"),
    ]);
    this.name = this.physicalName("webAcl");
    this.scope = args.scope;
    this.region = args.scope === "CLOUDFRONT" ? cloudFrontRegion : this.context.region;
    // WAF writes to groups of this prefix only.
    this.logGroupName = `aws-waf-logs-${this.name}`;
    const webAcl = this.createAcl(args);
    this.nodes = { webAcl };
    this.arn = webAcl.arn;
    this.log(args.logRetentionDays);
    this.registerOutputs({ arn: this.arn });
  }

  /**
   * Puts the ACL in front of a load balancer. A distribution names its ACL itself.
   * @param what names the resource in logical names, such as `load-balancer`
   */
  protect(what: string, resourceArn: pulumi.Input<string>): pulumi.Resource {
    this.check([
      {
        path: "scope",
        ok: this.scope === "REGIONAL",
        message: `is ${this.scope}: give the ACL to the ${ownResources.CLOUDFRONT} as webAcl, or make one of scope REGIONAL.`,
      },
    ]);
    return new aws.wafv2.WebAclAssociation(
      this.childName(`protects-${slug(what)}`),
      { resourceArn, webAclArn: this.arn },
      { parent: this },
    );
  }

  /** Requests that any rule blocked, in each five minutes. */
  metricBlocked(): Metric {
    return this.metric("BlockedRequests");
  }

  /** Requests that no rule blocked, in each five minutes. */
  metricAllowed(): Metric {
    return this.metric("AllowedRequests");
  }

  /** Source: https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html */
  private metric(name: string): Metric {
    return {
      namespace: "AWS/WAFV2",
      name,
      dimensions: {
        WebACL: this.name,
        Rule: "ALL",
        ...(this.scope === "REGIONAL" ? { Region: this.region } : {}),
      },
      statistic: "Sum",
      periodSeconds: 300,
    };
  }

  private createAcl({ requestsPerMinutePerIp, trustedHops }: WebAclArgs): aws.wafv2.WebAcl {
    return new aws.wafv2.WebAcl(
      this.childName("acl"),
      {
        region: this.region,
        name: this.name,
        scope: this.scope,
        description: `In front of the ${ownResources[this.scope]} of ${this.context.system}`,
        defaultAction: { allow: {} },
        rules: webAclRules({ name: this.name, requestsPerMinutePerIp, trustedHops }),
        visibilityConfig: visibility(this.name),
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  /** Source: https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html */
  private log(retentionInDays: LogRetentionDays): void {
    const group = new aws.cloudwatch.LogGroup(
      this.childName("log-group"),
      { region: this.region, name: this.logGroupName, retentionInDays, tags: this.tags() },
      { parent: this },
    );
    const admission = this.admitDelivery();
    new aws.wafv2.WebAclLoggingConfiguration(
      this.childName("logging"),
      {
        region: this.region,
        resourceArn: this.arn,
        logDestinationConfigs: [group.arn],
        redactedFields: ["authorization", "cookie", hopProofHeader].map((name) => ({ singleHeader: { name } })),
        loggingFilter: {
          defaultBehavior: "DROP",
          filters: [
            {
              behavior: "KEEP",
              requirement: "MEETS_ANY",
              conditions: ["BLOCK", "COUNT"].map((action) => ({ actionCondition: { action } })),
            },
          ],
        },
      },
      { parent: this, dependsOn: [admission] },
    );
  }

  private admitDelivery(): pulumi.Resource {
    const { accountId } = this.context;
    const logs = `arn:${partitionOf(this.region)}:logs:${this.region}:${accountId}`;
    return new aws.cloudwatch.LogResourcePolicy(
      this.childName("log-policy"),
      {
        region: this.region,
        policyName: this.logGroupName,
        policyDocument: policyDocument([
          {
            sid: "LogsOfWebAcl",
            principals: { services: ["delivery.logs.amazonaws.com"] },
            actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
            resources: [`${logs}:log-group:${this.logGroupName}:log-stream:*`],
            conditions: {
              StringEquals: { "aws:SourceAccount": accountId },
              ArnLike: { "aws:SourceArn": `${logs}:*` },
            },
          },
        ]),
      },
      { parent: this },
    );
  }
}
