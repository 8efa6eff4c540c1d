import { z } from "zod";
import { launcherTypes, maxInstances } from "../../lib/fleet";
import { factSetting, firstYear, hoursPerMonth, prices } from "../../lib/free-tier/limits";
import { planSetting } from "../../lib/free-tier/plan";
import { judgeLimit, price, sharesOf } from "../../lib/free-tier/sums";
import { Quantity } from "../../lib/quantity";
import { defineRule } from "../../lib/rule";

/**
 * ft-ec2-hours: EC2 instances stay within the free hours
 *
 * Adds up the hours of a month of all instances, Spot requests and the largest sizes of Auto Scaling groups: 730 for each,
 * so that one may always run. Undefined: does not arise, a group has to give `maxSize`.
 *
 * @severity high
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/tracking-free-tier-usage.html
 */
export const rule = defineRule({
  id: "ft-ec2-hours",
  family: "free-tier",
  title: "EC2 instances stay within the free hours",
  severity: "high",
  why: "The free hours are one instance's for a month; a second one, also one that an Auto Scaling group starts for an hour, is billed or spends credits.",
  fix: "run one instance, or lower `maxSize` of the Auto Scaling groups so that there is one in all.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/tracking-free-tier-usage.html",
  types: [],
  settings: z.strictObject({
    plan: planSetting,
    hours: factSetting(firstYear.ec2Hours, "What all instances may run"),
    hourPrice: factSetting(prices.ec2MicroHour, "What an instance costs"),
  }),
  checkStack(stack, report, { plan, hours, hourPrice }) {
    const shares = sharesOf(stack, launcherTypes, (launcher) =>
      maxInstances(launcher).times(new Quantity(hoursPerMonth)),
    );
    judgeLimit(report, shares, {
      what: "EC2 instance hours a month",
      free: hours,
      offer: "first-year",
      plan,
      monthlyPrice: hourPrice,
      priceText: `${price(hourPrice)} an hour`,
    });
  },
});
