import { groupType } from "../../lib/fleet";
import { startsAccelerated } from "../../lib/inference/accelerators";
import { defineRule } from "../../lib/rule";
import { refersTo, type StackResource, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

const scheduleType = "aws:autoscaling/schedule:Schedule";
const policyType = "aws:autoscaling/policy:Policy";

/**
 * llm-gpu-zero: GPU Auto Scaling groups have a way to zero
 *
 * A scheduled action sets the group to zero, or `minSize` is 0 and a policy scales in. Undefined: violation, a group
 * without either stays as large as it is; a scheduled action without sizes sets zero.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
 */
export const rule = defineRule({
  id: "llm-gpu-zero",
  family: "inference",
  title: "GPU Auto Scaling groups have a way to zero",
  severity: "medium",
  why: "One forgotten GPU instance costs $700 to $40,000 a month, and nights and weekends are two thirds of it.",
  fix: "add an aws.autoscaling.Schedule with `desiredCapacity: 0` and `minSize: 0`, or set `minSize: 0` and a policy that scales in when nothing waits.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html",
  types: [],
  checkStack(stack, report) {
    for (const group of stack.ofType(groupType)) {
      const belongs = (other: StackResource): Truth => refersTo(other, "autoscalingGroupName", group, ["name", "id"]);
      const scheduled = Truth.any(stack.ofType(scheduleType).map((action) => belongs(action).and(setsZero(action))));
      const scaled = Truth.any(stack.ofType(policyType).map((policy) => belongs(policy).and(scalesIn(policy))));
      const canBeEmpty = isZero(group.props.at("minSize"));
      const never = isZero(group.props.at("maxSize"));
      const hasWay = scheduled.or(canBeEmpty.and(scaled)).or(never);
      const problem = "no scheduled action and no policy takes the GPU instances to zero";
      report.on(group).when(startsAccelerated(stack, group).and(hasWay.not()), group.props.at("minSize"), problem);
    }
  },
});

function isZero(size: Value): Truth {
  return size.matches((number) => Number(number) === 0);
}

// Sizes that are not given are zero, and -1 leaves them as they are.
function setsZero(action: StackResource): Truth {
  return Truth.all(
    ["desiredCapacity", "minSize"].map((size) => written(action, size).matches((number) => Number(number ?? 0) === 0)),
  );
}

function scalesIn(policy: StackResource): Truth {
  const exact = written(policy, "adjustmentType").equals("ExactCapacity");
  const adjustments = [
    written(policy, "scalingAdjustment"),
    ...written(policy, "stepAdjustments")
      .elements()
      .map((step) => step.at("scalingAdjustment")),
  ];
  const takesAway = Truth.any(
    adjustments.map((adjustment) =>
      adjustment
        .matches((number) => number !== undefined && Number(number) < 0)
        .or(exact.and(adjustment.matches((number) => number !== undefined && Number(number) === 0))),
    ),
  );
  const tracking = written(policy, "targetTrackingConfiguration");
  const tracks = tracking.isSet().and(tracking.at("disableScaleIn").isTrue().not());
  return takesAway.or(tracks);
}
