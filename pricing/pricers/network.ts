import { hoursPerMonth } from "../../components/inference/capacity";
import { always, combine, times } from "../price";
import { at, listAt, type Pricer, textAt } from "../resource";

const hours = always(hoursPerMonth);

export const networkPricers: Readonly<Record<string, Pricer>> = {
  "aws:ec2/natGateway:NatGateway": (_, { line, usage }) => [
    line("hours", "natGatewayHour", hours),
    line("traffic", "natGb", usage.natGb),
  ],
  "aws:ec2/eip:Eip": (_, { line }) => [line("public IPv4 address", "publicIpv4Hour", hours)],
  "aws:ec2/vpcEndpoint:VpcEndpoint": (endpoint, { line, usage }) => {
    // Those for S3 and DynamoDB, the default kind, cost nothing.
    if ((textAt(endpoint.inputs, "vpcEndpointType") ?? "Gateway") !== "Interface") return [];
    const zones = Math.max(1, listAt(endpoint.inputs, "subnetIds").length);
    return [
      line("hours", "interfaceEndpointHour", times(hours, zones)),
      line("traffic", "interfaceEndpointGb", usage.endpointGb),
    ];
  },
  "aws:lb/loadBalancer:LoadBalancer": (balancer, { line, usage }) => {
    const zones = Math.max(
      listAt(balancer.inputs, "subnets").length,
      listAt(balancer.inputs, "subnetMappings").length,
      2,
    );
    return [
      line("hours", "loadBalancerHour", hours),
      line("capacity units", "loadBalancerUnitHour", times(usage.loadBalancerUnits, hoursPerMonth)),
      ...(at(balancer.inputs, "internal") === true
        ? []
        : [line("public IPv4 addresses", "publicIpv4Hour", times(hours, zones))]),
    ];
  },
  "aws:wafv2/webAcl:WebAcl": (acl, { line, usage }) => [
    line("web ACL", "webAclMonth", always(1)),
    line("rules", "webAclRuleMonth", always(listAt(acl.inputs, "rules").length)),
    line("requests", "webAclRequests", usage.requests),
  ],
  "aws:cloudfront/distribution:Distribution": (_, { line, usage }) => [
    line("requests", "cloudFrontRequests", usage.requests),
    line("traffic", "cloudFrontGb", usage.egressGb),
  ],
  // Six metrics of each distribution. Source: https://aws.amazon.com/cloudwatch/pricing/
  "aws:cloudfront/monitoringSubscription:MonitoringSubscription": (_, { line }) => [
    line("additional metrics", "customMetricMonth", always(6)),
  ],
  "aws:route53/zone:Zone": (_, { line }) => [line("hosted zone", "hostedZoneMonth", always(1))],
  "aws:apigatewayv2/api:Api": (_, { line, usage }) => [line("calls", "httpApiCalls", usage.requests)],
  "aws:apigateway/restApi:RestApi": (_, { line, usage }) => [line("calls", "restApiCalls", usage.requests)],
  "aws:apigateway/stage:Stage": (stage, { line, usage }) =>
    // One request in twenty is traced, and the first of each second. Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
    at(stage.inputs, "xrayTracingEnabled") === true
      ? [
          line(
            "traces",
            "traces",
            combine(usage.requests, always(0.05), (requests, share) => requests * share),
          ),
        ]
      : [],
};
