import { defineRule } from "../../lib/rule";
import { refersTo } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

/**
 * log-vpc-flow: VPCs log their traffic
 *
 * Every VPC has a flow log of its own; those of subnets and interfaces leave gaps. Undefined: violation.
 *
 * @severity low
 * @checkov CKV2_AWS_11
 * @securityHub EC2.6
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html
 */
export const rule = defineRule({
  id: "log-vpc-flow",
  family: "logging",
  title: "VPCs log their traffic",
  severity: "low",
  why: "After an intrusion nothing else tells who talked to whom; it also shows which rules are too wide or too narrow.",
  fix: "add an aws.ec2.FlowLog with the VPC's `vpcId`. It costs what the logs cost.",
  checkov: ["CKV2_AWS_11"],
  securityHub: ["EC2.6"],
  page: "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html",
  types: [],
  checkStack(stack, report) {
    const logs = stack.ofType("aws:ec2/flowLog:FlowLog").filter((log) => log.props.at("vpcId").isSet().answer !== "no");
    for (const vpc of stack.ofType("aws:ec2/vpc:Vpc", "aws:ec2/defaultVpc:DefaultVpc")) {
      const isLogged = Truth.any(logs.map((log) => refersTo(log, "vpcId", vpc, ["id"])));
      report.on(vpc).when(isLogged.not(), "", "no flow log records the VPC's traffic");
    }
  },
});
