import { z } from "zod";
import { factSetting, firstYear, prices } from "../../lib/free-tier/limits";
import { planSetting } from "../../lib/free-tier/plan";
import { judgeLimit, price, sharesOf } from "../../lib/free-tier/sums";
import { Quantity } from "../../lib/quantity";
import { defineRule } from "../../lib/rule";
import { written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

const fileSystemType = "aws:efs/fileSystem:FileSystem";
const bytesPerGb = 1024 ** 3;

/**
 * ft-efs: EFS file systems buy no throughput and move old files to cheap storage
 *
 * Adds up what the file systems hold, as far as AWS has told: a new one holds nothing. Whether they may stand in one zone is
 * the config's to say. Undefined: passes for the throughput mode, which is bursting; violation for the lifecycle, which moves
 * nothing.
 *
 * @severity low
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/efs/latest/ug/lifecycle-management-efs.html
 */
export const rule = defineRule({
  id: "ft-efs",
  family: "free-tier",
  title: "EFS file systems buy no throughput and move old files to cheap storage",
  severity: "low",
  why: "Provisioned throughput is billed used or not, and a GB in the class Standard costs twelve times as much as in Infrequent Access.",
  fix: 'use `throughputMode: "bursting"` or `"elastic"`, and `lifecyclePolicies: [{ transitionToIa: "AFTER_30_DAYS" }]`.',
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/efs/latest/ug/lifecycle-management-efs.html",
  types: [fileSystemType],
  settings: z.strictObject({
    plan: planSetting,
    gb: factSetting(firstYear.efsGb, "What all file systems may hold"),
    gbPrice: factSetting(prices.efsGbMonth, "What more storage costs"),
    oneZone: z
      .boolean()
      .default(false)
      .describe("Ask for One Zone storage, at half the price and without a second zone"),
  }),
  check({ props }, report, { oneZone }) {
    const mode = props.at("throughputMode");
    report.when(mode.equals("provisioned"), mode, "provisioned throughput is billed used or not");
    const policies = props.at("lifecyclePolicies");
    const moves = Truth.any(policies.elements().map((policy) => policy.at("transitionToIa").hasContent()));
    report.when(moves.not(), policies, "files never move to Infrequent Access");
    const zone = props.at("availabilityZoneName");
    report.when(Truth.of(oneZone).and(zone.isSet().not()), zone, "the file system keeps its files in several zones");
  },
  checkStack(stack, report, { plan, gb, gbPrice }) {
    const held = sharesOf(stack, [fileSystemType], (fileSystem) => {
      const bytes = written(fileSystem, "sizeInBytes").elements();
      return Quantity.sum(bytes.map((size) => Quantity.of(size.at("value"), 0))).times(new Quantity(1 / bytesPerGb));
    });
    judgeLimit(report, held, {
      what: "GB in EFS",
      free: gb,
      offer: "first-year",
      plan,
      monthlyPrice: gbPrice,
      priceText: `${price(gbPrice)} a GB`,
    });
  },
});
