import { z } from "zod";
import { factSetting, hoursPerMonth, prices } from "../../lib/free-tier/limits";
import { dollars } from "../../lib/free-tier/sums";
import { Quantity } from "../../lib/quantity";
import { defineRule } from "../../lib/rule";

/**
 * ft-interface-endpoint: VPC endpoints are gateways
 *
 * Endpoints of type Gateway, for S3 and DynamoDB, are free; every other type is billed in each zone. Undefined: passes,
 * Gateway is the default.
 *
 * @severity high
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
 */
export const rule = defineRule({
  id: "ft-interface-endpoint",
  family: "free-tier",
  title: "VPC endpoints are gateways",
  severity: "high",
  why: "An interface endpoint is billed by the hour in each of its zones, and for each GB; six services in two zones cost more than $80 a month.",
  fix: 'use `vpcEndpointType: "Gateway"` for S3 and DynamoDB, and reach other services from public subnets.',
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
  types: ["aws:ec2/vpcEndpoint:VpcEndpoint"],
  settings: z.strictObject({
    hourPrice: factSetting(prices.interfaceEndpointHour, "What an endpoint costs"),
  }),
  check({ props }, report, { hourPrice }) {
    const type = props.at("vpcEndpointType");
    const isGateway = type.matches((name) => name === undefined || name === "Gateway");
    const zones = Quantity.sum(
      props
        .at("subnetIds")
        .elements()
        .map(() => new Quantity(1)),
    );
    const cost = dollars(Math.max(zones.least, 1) * hourPrice * hoursPerMonth);
    report.when(isGateway.not(), type, `an endpoint of type ${type.scalar()} costs at least ${cost} a month`);
  },
});
