import { z } from "zod";
import { factSetting, firstYear, prices } from "../../lib/free-tier/limits";
import { planSetting } from "../../lib/free-tier/plan";
import { judgeLimit, price, sharesOf } from "../../lib/free-tier/sums";
import { launchTypes } from "../../lib/launches";
import { defineRule, type ResourceView } from "../../lib/rule";
import type { Value } from "../../lib/value";
import { volumeGb, volumeHolders } from "../../lib/volumes";

const includedIops = 3000;
const includedThroughput = 125;

/**
 * ft-ebs-total: EBS volumes stay within the free storage
 *
 * Adds up volumes and the devices of instances, those of launch templates times the instances that start from them. Each
 * volume is gp2, or gp3 with no more IOPS and throughput than its price includes. Undefined: passes for the type, which AMI
 * and AWS choose as gp2 or gp3; a root device without a size has the AMI's.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
 */
export const rule = defineRule({
  id: "ft-ebs-total",
  family: "free-tier",
  title: "EBS volumes stay within the free storage",
  severity: "medium",
  why: "Storage is billed for as long as the volume exists, whether its instance runs or not, and other types and more IOPS are not in the offer.",
  fix: "make the volumes smaller, 8 GB for a root device, and of type gp3 without `iops` and `throughput`.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html",
  types: ["aws:ebs/volume:Volume", ...launchTypes],
  settings: z.strictObject({
    plan: planSetting,
    gb: factSetting(firstYear.ebsGb, "What all volumes may have"),
    gbPrice: factSetting(prices.gp3GbMonth, "What more storage costs"),
    amiRootGb: z.number().min(1).default(8).describe("GB of a root device without a size; Amazon Linux 2023 has 8"),
  }),
  check(resource, report) {
    for (const volume of volumesOf(resource)) {
      const type = volume.at("type").isSet().answer === "no" ? volume.at("volumeType") : volume.at("type");
      const isOther = type.matches((name) => name !== undefined && name !== "" && name !== "gp2" && name !== "gp3");
      report.when(isOther, type, `volumes of type ${type.scalar()} are not in the offer, gp2 and gp3 are`);
      for (const [name, included] of [
        ["iops", includedIops],
        ["throughput", includedThroughput],
      ] as const) {
        const value = volume.at(name);
        // A gp2 volume's IOPS follow from its size and are shown, not bought.
        const isMore = value.matches((number) => Number(number ?? 0) > included).and(type.equals("gp2").not());
        report.when(isMore, value, `${value.scalar()} ${name} are more than the ${included} that gp3 includes`);
      }
    }
  },
  checkStack(stack, report, { plan, gb, gbPrice, amiRootGb }) {
    judgeLimit(
      report,
      sharesOf(stack, volumeHolders, (holder) => volumeGb(stack, holder, amiRootGb)),
      {
        what: "GB of EBS",
        free: gb,
        offer: "first-year",
        plan,
        monthlyPrice: gbPrice,
        priceText: `${price(gbPrice)} a GB`,
      },
    );
  },
});

function volumesOf({ type, props }: ResourceView): readonly Value[] {
  if (type === "aws:ebs/volume:Volume") return [props];
  const mappings = props.at("blockDeviceMappings").elements();
  return [
    ...props.at("rootBlockDevice").elements(),
    ...props.at("ebsBlockDevices").elements(),
    ...mappings.map((mapping) => mapping.at("ebs")),
  ];
}
