import { always, combine } from "../price";
import { at, listAt, numberAt, type Pricer, textAt } from "../resource";

/** A month of logs: what is taken in, and what of it is kept. */
const logs: Pricer = ({ inputs }, { line, usage }) => {
  const months = numberAt(inputs, 0, "retentionInDays") / 30 || 12;
  return [
    line("taken in", "logGb", usage.logGb),
    line(
      "kept",
      "logGbMonth",
      combine(usage.logGb, always(months), (gb, kept) => gb * kept),
    ),
  ];
};

export const servicePricers: Readonly<Record<string, Pricer>> = {
  "aws:lambda/function:Function": ({ inputs }, { line, usage }) => {
    const limit = numberAt(inputs, 3, "timeout");
    const gb = numberAt(inputs, 128, "memorySize") / 1024;
    const arm = listAt(inputs, "architectures")[0] === "arm64";
    const seconds = combine(usage.invocationSeconds, always(limit), Math.min);
    const gbSeconds = combine(usage.invocations, seconds, (calls, each) => calls * each * gb);
    return [
      line("calls", "lambdaRequests", usage.invocations),
      line(arm ? "GB-s on Graviton" : "GB-s", arm ? "lambdaArmGbSeconds" : "lambdaGbSeconds", gbSeconds),
    ];
  },
  "aws:sqs/queue:Queue": (_, { line, usage }) => [line("requests", "sqsRequests", usage.messages)],
  "aws:sns/topic:Topic": (_, { line, usage }) => [line("messages", "snsPublishes", usage.notifications)],
  "aws:cloudwatch/logGroup:LogGroup": logs,
  "aws:cloudwatch/dashboard:Dashboard": (_, { line }) => [line("dashboard", "dashboardMonth", always(1))],
  "aws:cloudwatch/compositeAlarm:CompositeAlarm": (_, { line }) => [
    line("composite alarm", "compositeAlarmMonth", always(1)),
  ],
  "aws:cloudwatch/metricAlarm:MetricAlarm": ({ inputs }, { line }) => {
    const metrics = listAt(inputs, "metricQueries").filter((query) => at(query, "metric") !== undefined).length;
    return [line(metrics > 1 ? "alarm on computed metrics" : "alarm", "alarmMonth", always(Math.max(1, metrics)))];
  },
  "aws:kms/key:Key": (_, { line, usage }) => [
    line("key", "kmsKeyMonth", always(1)),
    line("uses", "kmsRequests", usage.keyUses),
  ],
  "aws:secretsmanager/secret:Secret": ({ inputs }, { line }) => [
    line("secret", "secretMonth", always(1 + listAt(inputs, "replicas").length)),
  ],
  "aws:ssm/parameter:Parameter": ({ inputs }, { line }) =>
    textAt(inputs, "tier") === "Advanced" ? [line("advanced parameter", "advancedParameterMonth", always(1))] : [],
};
