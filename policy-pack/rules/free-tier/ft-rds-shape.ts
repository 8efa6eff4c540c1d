import { z } from "zod";
import { factSetting, firstYear, hoursPerMonth, prices } from "../../lib/free-tier/limits";
import { type FreePlan, planSetting } from "../../lib/free-tier/plan";
import { judgeLimit, price, sharesOf } from "../../lib/free-tier/sums";
import { Quantity } from "../../lib/quantity";
import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

const instanceType = "aws:rds/instance:Instance";

/**
 * ft-rds-shape: RDS runs one small instance in one zone
 *
 * The class and engine are of the offer, there is no second zone, no Aurora, and one instance in all: the hours of a month
 * are added up. A replica has class and engine of its own or of its source. Undefined: passes for `multiAz`, which is false,
 * and for what a replica or a restored instance inherits.
 *
 * @severity high
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html
 */
export const rule = defineRule({
  id: "ft-rds-shape",
  family: "free-tier",
  title: "RDS runs one small instance in one zone",
  severity: "high",
  why: "The offer is one micro instance's hours; a second zone or a second instance doubles the bill, and Aurora is not in it.",
  fix: "use one aws.rds.Instance with `instanceClass: db.t4g.micro`, engine postgres, mysql or mariadb, and `multiAz: false`.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html",
  types: [instanceType, "aws:rds/cluster:Cluster"],
  settings: z.strictObject({
    plan: planSetting,
    classes: z.array(z.string()).default(["db.t3.micro", "db.t4g.micro"]).describe("Classes that are in the offer"),
    firstYearClasses: z
      .array(z.string())
      .default(["db.t2.micro", "db.t3.micro", "db.t4g.micro"])
      .describe("Classes that are in the offer with the plan legacy12"),
    engines: z
      .array(z.string())
      .default(["mysql", "mariadb", "postgres"])
      .describe("Engines that are in the offer; the first year also has sqlserver-ex"),
    hours: factSetting(firstYear.rdsHours, "What all instances may run"),
    hourPrice: factSetting(prices.rdsMicroHour, "What an instance costs"),
  }),
  check({ type, props }, report, settings) {
    if (type !== instanceType) {
      report.when(Truth.yes, "", "clusters, Aurora's among them, are not in the offer");
      return;
    }
    const { classes, firstYearClasses, engines, plan } = settings;
    const lists: Record<FreePlan, readonly string[]> = {
      credits: classes,
      legacy12: firstYearClasses,
      "always-free": [],
    };
    const allowed = lists[plan];
    const size = props.at("instanceClass");
    const names = allowed.length > 0 ? `the offer has ${allowed.join(", ")}` : "no class is free on this plan";
    const isOther = size.matches((name) => !allowed.includes(String(name)));
    report.when(size.isSet().and(isOther), size, `the class is ${size.scalar()}, and ${names}`);
    const engine = props.at("engine");
    const isOtherEngine = engine.matches((name) => !engines.includes(String(name)));
    report.when(
      engine.isSet().and(isOtherEngine),
      engine,
      `the engine is ${engine.scalar()}, not ${engines.join(", ")}`,
    );
    const multiAz = props.at("multiAz");
    report.when(multiAz.isTrue(), multiAz, "a second zone doubles the price of instance and storage");
  },
  checkStack(stack, report, { plan, hours, hourPrice }) {
    judgeLimit(
      report,
      sharesOf(stack, [instanceType], () => new Quantity(hoursPerMonth)),
      {
        what: "RDS instance hours a month",
        free: hours,
        offer: "first-year",
        plan,
        monthlyPrice: hourPrice,
        priceText: `${price(hourPrice)} an hour`,
      },
    );
  },
  remedy({ props }) {
    return props.at("multiAz").isTrue().answer === "yes" ? [{ path: ["multiAz"], value: false }] : [];
  },
});
