import { z } from "zod";
import { factSetting, firstYear, hoursPerMonth, prices } from "../../lib/free-tier/limits";
import { planSetting } from "../../lib/free-tier/plan";
import { dollars, judgeLimit, price, sharesOf } from "../../lib/free-tier/sums";
import { isApplication, loadBalancerTypes } from "../../lib/load-balancers";
import { Quantity } from "../../lib/quantity";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

const classicType = "aws:elb/loadBalancer:LoadBalancer";

/**
 * ft-alb: There is no load balancer
 *
 * With the plan `legacy12` one application or classic load balancer is in the offer, and their hours are added up; network
 * and gateway load balancers never are. Undefined: violation, for a load balancer without a type is an application one.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/introduction.html
 */
export const rule = defineRule({
  id: "ft-alb",
  family: "free-tier",
  title: "There is no load balancer",
  severity: "medium",
  why: "A load balancer is billed by the hour without a request, and its public IPv4 address in each zone comes on top.",
  fix: "use an API Gateway HTTP API, a Lambda function URL or the instance itself behind CloudFront.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/introduction.html",
  types: [...loadBalancerTypes, classicType],
  settings: z.strictObject({
    plan: planSetting,
    hours: factSetting(firstYear.loadBalancerHours, "What load balancers may run with the plan legacy12"),
    hourPrice: factSetting(prices.loadBalancerHour, "What a load balancer costs"),
  }),
  check({ type, props }, report, { plan, hourPrice }) {
    const offered = type === classicType ? Truth.yes : isApplication(props);
    const billed = plan === "legacy12" ? offered.not() : Truth.yes;
    report.when(billed, "", `the load balancer costs ${dollars(hourPrice * hoursPerMonth)} a month, and its traffic`);
  },
  checkStack(stack, report, { plan, hours, hourPrice }) {
    if (plan !== "legacy12") return;
    const shares = sharesOf(stack, [...loadBalancerTypes, classicType], ({ type, props }) =>
      type === classicType ? new Quantity(hoursPerMonth) : Quantity.when(isApplication(props), hoursPerMonth),
    );
    judgeLimit(report, shares, {
      what: "load balancer hours a month",
      free: hours,
      offer: "first-year",
      plan,
      monthlyPrice: hourPrice,
      priceText: `${price(hourPrice)} an hour`,
    });
  },
});
