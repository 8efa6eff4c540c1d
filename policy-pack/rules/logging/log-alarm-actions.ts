import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * log-alarm-actions: Alarms tell somebody
 *
 * Metric and composite alarms have an action for the state ALARM, and actions are on. An action whose ARN is unknown is
 * there all the same. Undefined: violation for the action; passes for the switch, whose default is on.
 *
 * @severity low
 * @checkov CKV_AWS_319
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
 */
export const rule = defineRule({
  id: "log-alarm-actions",
  family: "logging",
  title: "Alarms tell somebody",
  severity: "low",
  why: "An alarm without an action changes colour on a page that nobody has open.",
  fix: "name an aws.sns.Topic in `alarmActions`, and leave `actionsEnabled` out or set it to true.",
  checkov: ["CKV_AWS_319"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html",
  types: ["aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"],
  check({ props }, report) {
    const actions = props.at("alarmActions");
    const acts = Truth.any(actions.elements().map((action) => action.isSet()));
    report.when(acts.not(), actions, "the alarm has no action");
    const enabled = props.at("actionsEnabled");
    report.when(enabled.equals(false), enabled, "the alarm's actions are off");
  },
});
