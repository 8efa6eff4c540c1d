import { z } from "zod";
import { groupType } from "../../lib/fleet";
import { startsAccelerated } from "../../lib/inference/accelerators";
import { portsSetting } from "../../lib/inference/engines";
import { isApplication, loadBalancerTypes, targetGroupTypes } from "../../lib/load-balancers";
import { defineRule } from "../../lib/rule";
import { isFromElsewhere, mayReferTo, type StackResource, type StackView, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

const listenerTypes = ["aws:lb/listener:Listener", "aws:alb/listener:Listener"];
const listenerRuleTypes = ["aws:lb/listenerRule:ListenerRule", "aws:alb/listenerRule:ListenerRule"];
const attachmentType = "aws:autoscaling/attachment:Attachment";
/** Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html */
const defaultIdleSeconds = 60;
/** Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html */
const defaultDrainSeconds = 300;

/**
 * llm-generation-timeouts: Load balancers wait as long as the longest generation
 *
 * For target groups on a port that engines listen on, or that GPU Auto Scaling groups register in, and the application load
 * balancers that forward to them: `deregistrationDelay` and `idleTimeout` are at least the longest generation of the config.
 * Undefined: violation for the idle time-out, which is 60 s; passes for the delay, which is 300 s, up to that.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
 */
export const rule = defineRule({
  id: "llm-generation-timeouts",
  family: "inference",
  title: "Load balancers wait as long as the longest generation",
  severity: "medium",
  why: "A generation sends nothing until its first token, or until its end: a shorter idle time-out answers 504 while the GPU works on, and a shorter delay cuts answers off at every scale-in.",
  fix: "set `idleTimeout` of the load balancer and `deregistrationDelay` of the target group to the longest generation, or state a shorter one in `longestGenerationSeconds`.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
  types: [],
  settings: z.strictObject({
    ports: portsSetting,
    longestGenerationSeconds: z
      .int()
      .min(1)
      .max(3600)
      .default(120)
      .describe("Seconds that the longest generation takes; 120 are 2,400 tokens at 20 a second"),
  }),
  checkStack(stack, report, { ports, longestGenerationSeconds: longest }) {
    const engines = stack
      .ofType(...targetGroupTypes)
      .map((target) => [target, servesEngine(stack, target, ports)] as const)
      .filter(([, serves]) => serves.answer !== "no");
    for (const [target, serves] of engines) {
      const delay = written(target, "deregistrationDelay");
      const isShort = delay.matches((seconds) => Number(seconds ?? defaultDrainSeconds) < longest);
      const problem = `a target is cut off after ${delay.scalar() ?? defaultDrainSeconds} s, and a generation takes up to ${longest}`;
      report.on(target).when(serves.and(isShort), delay, problem);
    }
    for (const balancer of stack.ofType(...loadBalancerTypes)) {
      const listeners = listenersOf(stack, balancer);
      const forwards = Truth.any(engines.map(([target, serves]) => serves.and(forwardsTo(stack, listeners, target))));
      const timeout = written(balancer, "idleTimeout");
      const isShort = timeout.matches((seconds) => Number(seconds ?? defaultIdleSeconds) < longest);
      const problem = `a request ends after ${timeout.scalar() ?? defaultIdleSeconds} s without a byte, and a generation takes up to ${longest}`;
      report.on(balancer).when(isApplication(balancer.props).and(forwards).and(isShort), timeout, problem);
    }
  },
});

function servesEngine(stack: StackView, target: StackResource, ports: readonly number[]): Truth {
  const onPort = written(target, "port").matches((port) => ports.includes(Number(port)));
  const attachments = stack
    .ofType(attachmentType)
    .map((one) => [one, mayReferTo(one, "lbTargetGroupArn", target, ["arn", "id"])] as const)
    .filter(([, attaches]) => attaches.answer !== "no");
  const registered = stack.ofType(groupType).map((group) => {
    const attached = attachments.map(([one, attaches]) =>
      attaches.and(mayReferTo(one, "autoscalingGroupName", group, ["name", "id"])),
    );
    const registers = Truth.any([names(group, "targetGroupArns", target), ...attached]);
    return registers.answer === "no" ? registers : registers.and(startsAccelerated(stack, group));
  });
  return onPort.or(Truth.any(registered));
}

type Listener = readonly [listener: StackResource, belongs: Truth];

function listenersOf(stack: StackView, balancer: StackResource): readonly Listener[] {
  return stack
    .ofType(...listenerTypes)
    .map((listener) => [listener, mayReferTo(listener, "loadBalancerArn", balancer, ["arn", "id"])] as const)
    .filter(([, belongs]) => belongs.answer !== "no");
}

/** Whether one of the listeners, or of their rules, sends requests to a target group. */
function forwardsTo(stack: StackView, listeners: readonly Listener[], target: StackResource): Truth {
  return Truth.any(
    listeners.map(([listener, belongs]) => {
      const byRules = stack
        .ofType(...listenerRuleTypes)
        .map((one) => mayReferTo(one, "listenerArn", listener, ["arn", "id"]).and(names(one, "actions", target)));
      return belongs.and(Truth.any([names(listener, "defaultActions", target), ...byRules]));
    }),
  );
}

/** Whether a property holds a target group's ARN anywhere: known, or by where its values came from. */
function names(resource: StackResource, property: string, target: StackResource): Truth {
  if (resource.propertyDependencies.get(property)?.has(target.urn)) return Truth.yes;
  const arn = target.props.at("arn");
  const named = resource.props
    .at(property)
    .elements()
    .flatMap((element) => {
      const forwards = element.at("forward", "targetGroups").elements();
      return [element, element.at("targetGroupArn"), ...forwards.map((group) => group.at("arn"))];
    })
    .filter((value) => value.scalar() !== undefined)
    .map((value) => arn.matches((known) => known === value.scalar()));
  const elsewhere = isFromElsewhere(resource, property, target.type);
  return Truth.any([...named, elsewhere ? Truth.unknown(`${resource.name}.${property}`) : Truth.no]);
}
