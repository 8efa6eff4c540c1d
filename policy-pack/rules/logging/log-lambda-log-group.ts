import { defineRule } from "../../lib/rule";
import { type StackResource, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

/**
 * log-lambda-log-group: Functions log to a group of the stack
 *
 * A function names a log group in `loggingConfig`, or the stack has the one that Lambda would make, /aws/lambda/ and the
 * function's name. Undefined: violation.
 *
 * @severity low
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
 */
export const rule = defineRule({
  id: "log-lambda-log-group",
  family: "logging",
  title: "Functions log to a group of the stack",
  severity: "low",
  why: "Otherwise Lambda makes a group at the first call that never expires, has no tags and stays when the stack goes.",
  fix: "add an aws.cloudwatch.LogGroup with `retentionInDays`, and name it in the function's `loggingConfig.logGroup`.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html",
  types: [],
  checkStack(stack, report) {
    const groups = stack.ofType("aws:cloudwatch/logGroup:LogGroup");
    for (const lambda of stack.ofType("aws:lambda/function:Function")) {
      const named = written(lambda, "loggingConfig", "logGroup").hasContent();
      const managed = Truth.any(groups.map((group) => isDefaultGroup(group, lambda)));
      report.on(lambda).when(named.or(managed).not(), "loggingConfig.logGroup", "Lambda makes the log group itself");
    }
  },
});

function isDefaultGroup(group: StackResource, lambda: StackResource): Truth {
  const [name, lambdaName] = [group, lambda].map(({ props }) => props.at("name").scalar());
  if (name !== undefined && lambdaName !== undefined) return Truth.of(name === `/aws/lambda/${lambdaName}`);
  const sources = group.propertyDependencies.get("name");
  if (sources && sources.size > 0) return Truth.of(sources.has(lambda.urn));
  return name === undefined || name.toString().startsWith("/aws/lambda/")
    ? Truth.unknown(`${name === undefined ? group.name : lambda.name}.name`)
    : Truth.no;
}
