import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { wholeNumber } from "../lib/validation";
import type { AlarmTopic } from "./alarm-topic";
import { checkSignal, isMath, metricQueries, type Signal } from "./metric";

const operators = {
  ">": "GreaterThanThreshold",
  ">=": "GreaterThanOrEqualToThreshold",
  "<": "LessThanThreshold",
  "<=": "LessThanOrEqualToThreshold",
} as const;

export interface AlarmArgs extends ComponentArgs {
  readonly metric: Signal;
  /** What is wrong when it rings, for someone who is woken by it. */
  readonly description: string;
  /** What to do then: a URL, or a heading of a file in this repository, such as `docs/runbook.md#errors`. */
  readonly runbook: string;
  readonly comparison: keyof typeof operators;
  readonly threshold: number;
  /** Periods looked at, and how many of them must be over the threshold. */
  readonly periods: { readonly evaluated: number; readonly breaching: number };
  /** What a period without data means. `notBreaching` for counts of events, which are absent when nothing happens. */
  readonly treatMissingData: "breaching" | "notBreaching" | "ignore" | "missing";
  /** Told when the alarm rings and when it is over. */
  readonly topic: AlarmTopic;
}

/**
 * A CloudWatch alarm that says what is wrong and what to do.
 *
 * Cost: $0.10 a month; the first ten of an account are free.
 */
export class Alarm extends Component {
  readonly name: string;

  constructor(name: string, args: AlarmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("observability", "Alarm", name, args, opts);
    this.checkArgs(args);
    this.name = this.physicalName("alarm");
    const { topic } = args;
    new aws.cloudwatch.MetricAlarm(
      this.childName("alarm"),
      {
        name: this.name,
        alarmDescription: `${args.description} Runbook: ${args.runbook}`,
        ...watched(args.metric),
        comparisonOperator: operators[args.comparison],
        threshold: args.threshold,
        evaluationPeriods: args.periods.evaluated,
        datapointsToAlarm: args.periods.breaching,
        treatMissingData: args.treatMissingData,
        alarmActions: [topic.arn],
        okActions: [topic.arn],
        // CloudFront's and the bill's metrics are in us-east-1 alone, wherever the rest of the stack is.
        region: this.context.region,
        tags: this.tags(),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }

  private checkArgs({ metric, description, runbook, threshold, periods }: AlarmArgs): void {
    this.check([
      { path: "description", ok: /^.{10,}[.]$/.test(description), message: `is "${description}"; give a sentence.` },
      {
        path: "runbook",
        ok: /^(https:\/\/|docs\/)\S+$/.test(runbook),
        message: `is "${runbook}"; give a URL or a heading of a file, such as docs/runbook.md#errors.`,
      },
      { path: "threshold", ok: Number.isFinite(threshold), message: `is ${threshold}; give a number.` },
      wholeNumber("periods.evaluated", periods.evaluated, 1, 1440, "periods"),
      wholeNumber("periods.breaching", periods.breaching, 1, periods.evaluated, "periods"),
      ...checkSignal("metric", metric),
    ]);
  }
}

type Watched = Pick<
  aws.cloudwatch.MetricAlarmArgs,
  "namespace" | "metricName" | "dimensions" | "statistic" | "extendedStatistic" | "period" | "metricQueries"
>;

function watched(signal: Signal): Watched {
  if (!isMath(signal)) {
    return {
      namespace: signal.namespace,
      metricName: signal.name,
      dimensions: { ...signal.dimensions },
      statistic: signal.statistic,
      extendedStatistic: signal.extendedStatistic,
      period: signal.periodSeconds,
    };
  }
  return { metricQueries: metricQueries("watched", signal) };
}
