import { launchTypes } from "../../lib/launches";
import { defineRule } from "../../lib/rule";

/**
 * lp-ec2-public-ip: Instances have no public address
 *
 * Judges what instances, spot requests, launch configurations and the network interfaces of launch templates ask for;
 * the latter as text. What the subnet gives on its own is another rule's matter. Undefined: passes.
 *
 * @severity high
 * @checkov CKV_AWS_88 CKV_AWS_389
 * @securityHub EC2.9 EC2.25
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html
 */
export const rule = defineRule({
  id: "lp-ec2-public-ip",
  family: "exposure",
  title: "Instances have no public address",
  severity: "high",
  why: "With a public address only the security group stands between the instance and the internet.",
  fix: "leave `associatePublicIpAddress` out, put the instance behind a load balancer, and administer it with SSM Session Manager.",
  checkov: ["CKV_AWS_88", "CKV_AWS_389"],
  securityHub: ["EC2.9", "EC2.25"],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html",
  unlessFree: "ft-nat-gateway",
  types: launchTypes,
  check({ type, props }, report) {
    const interfaces =
      type === "aws:ec2/launchTemplate:LaunchTemplate" ? props.at("networkInterfaces").elements() : [props];
    for (const each of interfaces) {
      const address = each.at("associatePublicIpAddress");
      report.when(address.isTrue(), address, "the instance gets a public address");
    }
  },
});
