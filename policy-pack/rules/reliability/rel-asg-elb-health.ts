import { setIf } from "../../lib/cure";
import { defineRule } from "../../lib/rule";
import { refersTo, type StackResource, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

const groupType = "aws:autoscaling/group:Group";

/**
 * rel-asg-elb-health: Instances behind a load balancer are replaced when it finds them ill
 *
 * A group with target groups, load balancers or other traffic sources, its own or attached ones, has a health check of
 * type ELB or VPC_LATTICE. That targets are named is enough, their ARNs need not be known. Undefined: violation for such
 * a group, as the default looks at the virtual machine only; passes for one without.
 *
 * @severity low
 * @checkov CKV2_AWS_15
 * @securityHub AutoScaling.1
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/health-checks-overview.html
 */
export const rule = defineRule({
  id: "rel-asg-elb-health",
  family: "reliability",
  title: "Instances behind a load balancer are replaced when it finds them ill",
  severity: "low",
  why: "A server process that hangs on a healthy machine otherwise stays in the group for ever and takes capacity away.",
  fix: 'set `healthCheckType: "ELB"`, and `healthCheckGracePeriod` to the seconds that the application needs to start.',
  checkov: ["CKV2_AWS_15"],
  securityHub: ["AutoScaling.1"],
  page: "https://docs.aws.amazon.com/autoscaling/ec2/userguide/health-checks-overview.html",
  types: [groupType],
  check({ props }, report) {
    const type = props.at("healthCheckType");
    report.when(hasTargets(props).and(asksBalancer(type).not()), type, problem);
  },
  checkStack(stack, report) {
    const attachments = stack.ofType(
      "aws:autoscaling/attachment:Attachment",
      "aws:autoscaling/trafficSourceAttachment:TrafficSourceAttachment",
    );
    for (const group of stack.ofType(groupType)) {
      const attached = Truth.any(attachments.map((attachment) => isFor(attachment, group)));
      const type = written(group, "healthCheckType");
      report.on(group).when(attached.and(asksBalancer(type).not()), type, problem);
    }
  },
  remedy({ props }) {
    const type = props.at("healthCheckType");
    return setIf(hasTargets(props).and(asksBalancer(type).not()), ["healthCheckType"], "ELB");
  },
});

const problem = "instances that fail the load balancer's health check stay in the group";

/** A list that is unknown as a whole was made of other resources, so there are some. */
function hasTargets(props: Value): Truth {
  return Truth.any(
    ["targetGroupArns", "loadBalancers", "trafficSources"].map((name) => {
      const list = props.at(name);
      return list.isUnknown() ? list.isSet() : Truth.of(list.elements().length > 0);
    }),
  );
}

function asksBalancer(type: Value): Truth {
  return type.matches((text) => /\b(?:ELB|VPC_LATTICE)\b/.test(String(text)));
}

function isFor(attachment: StackResource, group: StackResource): Truth {
  return refersTo(attachment, "autoscalingGroupName", group, ["name", "id"]);
}
