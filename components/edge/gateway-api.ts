import * as aws from "@pulumi/aws";
import { Component } from "../lib/component";
import { SecurityGroup } from "../network/security-group";
import type { Vpc } from "../network/vpc";
import type { Metric } from "../observability/metric";
import type { LoadBalancer } from "./load-balancer";

/** What AWS calls an API's metrics. */
export interface ApiMetrics {
  readonly dimensions: Metric["dimensions"];
  readonly clientErrors: string;
  readonly serverErrors: string;
}

/** A load balancer that an API calls. */
export interface LinkedLoadBalancer {
  /** The link's interfaces stand in its private subnets. Not every zone has VPC links; AWS then says which. */
  readonly vpc: Vpc;
  readonly loadBalancer: LoadBalancer;
}

/** What both kinds of API of API Gateway have: metrics, and a way to a load balancer. */
export abstract class GatewayApi extends Component {
  /** Known at preview. */
  abstract readonly name: string;

  protected abstract get metrics(): ApiMetrics;

  /** Requests, in each five minutes. */
  metricRequests(): Metric {
    return this.metric("Count", { statistic: "Sum" });
  }

  /** Requests answered with 4xx, in each five minutes. */
  metricClientErrors(): Metric {
    return this.metric(this.metrics.clientErrors, { statistic: "Sum" });
  }

  /** Requests answered with 5xx, in each five minutes. */
  metricServerErrors(): Metric {
    return this.metric(this.metrics.serverErrors, { statistic: "Sum" });
  }

  /** The time in ms that a percentile of requests was answered within, such as `p99`, in each five minutes. */
  metricLatency(percentile: `p${number}`): Metric {
    return this.metric("Latency", { extendedStatistic: percentile });
  }

  /** A VPC link (v2) to a load balancer: one with the other's leave, on the port that serves, and nothing else. Free of charge. */
  protected createLink({ vpc, loadBalancer }: LinkedLoadBalancer): aws.apigatewayv2.VpcLink {
    const group = new SecurityGroup(
      this.childName("link"),
      { ...this.inherited(), vpcId: vpc.id, description: `VPC link of ${this.name}` },
      { parent: this },
    );
    group.allowTo(loadBalancer.securityGroup, loadBalancer.listenerPort, "Requests of the API to the load balancer");
    loadBalancer.allowFrom(group, `Requests of the API ${this.name}`);
    return new aws.apigatewayv2.VpcLink(
      this.childName("vpc-link"),
      {
        name: this.physicalName("vpcLink"),
        subnetIds: vpc.privateSubnetIds,
        securityGroupIds: [group.id],
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  private metric(name: string, statistic: Pick<Metric, "statistic" | "extendedStatistic">): Metric {
    return { namespace: "AWS/ApiGateway", name, dimensions: this.metrics.dimensions, periodSeconds: 300, ...statistic };
  }
}
