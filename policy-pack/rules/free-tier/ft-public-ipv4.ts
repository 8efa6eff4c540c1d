import { z } from "zod";
import { addressTypes, publicAddresses } from "../../lib/free-tier/addresses";
import { factSetting, firstYear, hoursPerMonth, prices } from "../../lib/free-tier/limits";
import { planSetting } from "../../lib/free-tier/plan";
import { dollars, judgeLimit, sharesOf } from "../../lib/free-tier/sums";
import { defineRule } from "../../lib/rule";

/**
 * ft-public-ipv4: The stack has few public IPv4 addresses
 *
 * Counts Elastic IPs, instances and the largest sizes of Auto Scaling groups that get an address, load balancers with one
 * in each zone, NAT gateways and public databases, against a ceiling of the config. An address that a customer brought along
 * costs nothing. Undefined: does not arise for a sum; an instance without a subnet stands in a default one, which gives
 * addresses out.
 *
 * @severity medium
 * @checkov none
 * @securityHub EC2.12
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html
 */
export const rule = defineRule({
  id: "ft-public-ipv4",
  family: "free-tier",
  title: "The stack has few public IPv4 addresses",
  severity: "medium",
  why: "Since February 2024 every public IPv4 address is billed by the hour, attached or not; the offer of an account's first year has one on an instance.",
  fix: "release Elastic IPs, set `associatePublicIpAddress: false` or `internal: true`, or use one entry point; SSM Session Manager needs no address.",
  checkov: [],
  securityHub: ["EC2.12"],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html",
  types: [],
  settings: z.strictObject({
    plan: planSetting,
    addresses: z
      .int()
      .min(0)
      .default(Math.floor(firstYear.ec2AddressHours.value / hoursPerMonth))
      .describe("Public IPv4 addresses that the stack may have; the first year's offer is one on an instance"),
    hourPrice: factSetting(prices.publicIpv4Hour, "What an address costs"),
  }),
  checkStack(stack, report, { plan, addresses, hourPrice }) {
    const monthlyPrice = hourPrice * hoursPerMonth;
    judgeLimit(
      report,
      sharesOf(stack, addressTypes, (resource) => publicAddresses(stack, resource)),
      {
        what: "public IPv4 addresses",
        free: addresses,
        offer: "first-year",
        plan,
        monthlyPrice,
        priceText: `${dollars(monthlyPrice)} each`,
      },
    );
  },
});
