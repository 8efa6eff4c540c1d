import { z } from "zod";
import { factSetting, firstYear, prices } from "../../lib/free-tier/limits";
import { type FreePlan, planSetting } from "../../lib/free-tier/plan";
import { judgeLimit, price, sharesOf } from "../../lib/free-tier/sums";
import { Quantity } from "../../lib/quantity";
import { defineRule } from "../../lib/rule";
import { written } from "../../lib/stack-view";

const instanceType = "aws:rds/instance:Instance";

/**
 * ft-rds-storage: RDS storage stays within the free storage
 *
 * Adds up what all instances have allocated. Each is of a general purpose type, buys no IOPS, and does not grow beyond the
 * limit by itself. Backups are free up to the size of the database; whether they pass it no program shows. Undefined: passes
 * for growth, which is off, and for the type, which is gp2.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
 */
export const rule = defineRule({
  id: "ft-rds-storage",
  family: "free-tier",
  title: "RDS storage stays within the free storage",
  severity: "medium",
  why: "Storage is billed for each GB allocated, used or not, and what has grown by itself can't be made smaller again.",
  fix: "set `allocatedStorage: 20` and `storageType: gp2`, and leave out `iops` and `maxAllocatedStorage`.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html",
  types: [instanceType],
  settings: z.strictObject({
    plan: planSetting,
    gb: factSetting(firstYear.rdsStorageGb, "What all instances may have allocated"),
    gbPrice: factSetting(prices.rdsGbMonth, "What more storage costs"),
    storageTypes: z.array(z.string()).default(["gp2", "gp3"]).describe("Storage types that are in the offer"),
    firstYearStorageTypes: z
      .array(z.string())
      .default(["gp2"])
      .describe("The same with the plan legacy12: sources differ on gp3, and gp2 is sure"),
  }),
  check({ props }, report, { plan, gb, storageTypes, firstYearStorageTypes }) {
    const lists: Record<FreePlan, readonly string[]> = {
      credits: storageTypes,
      legacy12: firstYearStorageTypes,
      "always-free": storageTypes,
    };
    const allowed = lists[plan];
    const type = props.at("storageType");
    const isOther = type.isSet().and(type.matches((name) => !allowed.includes(String(name))));
    report.when(isOther, type, `storage of type ${type.scalar()} is not in the offer, ${allowed.join(" and ")} is`);
    const iops = props.at("iops");
    report.when(
      iops.matches((number) => Number(number ?? 0) > 0),
      iops,
      "IOPS are bought",
    );
    const growth = props.at("maxAllocatedStorage");
    const grows = growth.matches((number) => Number(number ?? 0) > gb);
    report.when(grows, growth, `the storage may grow to ${growth.scalar()} GB, the limit is ${gb}`);
  },
  checkStack(stack, report, { plan, gb, gbPrice }) {
    judgeLimit(
      report,
      sharesOf(stack, [instanceType], (instance) => Quantity.of(written(instance, "allocatedStorage"), 0)),
      {
        what: "GB of RDS storage",
        free: gb,
        offer: "first-year",
        plan,
        monthlyPrice: gbPrice,
        priceText: `${price(gbPrice)} a GB`,
      },
    );
  },
});
