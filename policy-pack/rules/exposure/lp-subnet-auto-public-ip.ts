import { z } from "zod";
import { setIf } from "../../lib/cure";
import { defineRule, type ResourceView } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * lp-subnet-auto-public-ip: Subnets give no public addresses on their own
 *
 * Subnets of the public tier, known by a tag, may. Undefined: passes, as the default is off; an adopted default subnet
 * (aws.ec2.DefaultSubnet) has it on by default, so there it is a violation.
 *
 * @severity medium
 * @checkov CKV_AWS_130
 * @securityHub EC2.15
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/subnet-public-ip.html
 */
export const rule = defineRule({
  id: "lp-subnet-auto-public-ip",
  family: "exposure",
  title: "Subnets give no public addresses on their own",
  severity: "medium",
  why: "Every instance started there can be reached from the internet, and each address costs money, whether it is meant or not.",
  fix: "set `mapPublicIpOnLaunch: false`, and ask for an address on the network interfaces that need one.",
  checkov: ["CKV_AWS_130"],
  securityHub: ["EC2.15"],
  page: "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-public-ip.html",
  types: ["aws:ec2/subnet:Subnet", "aws:ec2/defaultSubnet:DefaultSubnet"],
  settings: z.strictObject({
    publicTag: z.string().min(1).default("Tier").describe("Tag that tells the tier of a subnet"),
    publicValues: z.array(z.string()).default(["public"]).describe("Values of that tag that mean the public tier"),
  }),
  check(resource, report, { publicTag, publicValues }) {
    report.when(
      assigns(resource).and(isPublic(resource, publicTag, publicValues).not()),
      "mapPublicIpOnLaunch",
      "instances in this subnet get public addresses",
    );
  },
  remedy(resource, { publicTag, publicValues }) {
    const needed = assigns(resource).and(isPublic(resource, publicTag, publicValues).not());
    return setIf(needed, ["mapPublicIpOnLaunch"], false);
  },
});

function assigns({ type, props }: ResourceView): Truth {
  const assigned = props.at("mapPublicIpOnLaunch");
  const byDefault = Truth.of(type === "aws:ec2/defaultSubnet:DefaultSubnet").and(assigned.isSet().not());
  return assigned.isTrue().or(byDefault);
}

function isPublic({ props }: ResourceView, tag: string, values: readonly string[]): Truth {
  return props.at("tags", tag).equals(...values);
}
