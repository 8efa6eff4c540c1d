import { z } from "zod";
import { factSetting, hoursPerMonth, prices } from "../../lib/free-tier/limits";
import { dollars } from "../../lib/free-tier/sums";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * ft-nat-gateway: There is no NAT gateway
 *
 * Public and private ones are billed alike. Undefined: violation, there is nothing to set that makes one free.
 *
 * @severity high
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html
 */
export const rule = defineRule({
  id: "ft-nat-gateway",
  family: "free-tier",
  title: "There is no NAT gateway",
  severity: "high",
  why: "A NAT gateway is billed by the hour from its creation, traffic or not, and for each GB; it is the most common surprise on a small bill.",
  fix: "remove it: gateway endpoints reach S3 and DynamoDB free of charge, public subnets the internet, and one NAT instance serves where a gateway must be.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html",
  types: ["aws:ec2/natGateway:NatGateway"],
  settings: z.strictObject({ hourPrice: factSetting(prices.natGatewayHour, "What a NAT gateway costs") }),
  check(_, report, { hourPrice }) {
    report.when(Truth.yes, "", `the NAT gateway costs ${dollars(hourPrice * hoursPerMonth)} a month, and its traffic`);
  },
});
