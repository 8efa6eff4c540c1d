import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { nameLimits, physicalName } from "../lib/names";
import { type Metric, metricQueries } from "../observability/metric";
import type { FleetArgs, FleetFacts } from "./fleet-args";
import { inService, wanted } from "./fleet-metrics";

export interface FleetPoliciesArgs extends ComponentArgs, Pick<FleetArgs, "scaling" | "schedules"> {
  readonly facts: FleetFacts;
  readonly group: aws.autoscaling.Group;
  readonly alarmRoles: { readonly busy: string; readonly idle: string; readonly wake: string };
}

/** Seconds that a fleet is busy before it grows, and idle before it shrinks: growing late loses requests, shrinking late a little money. */
const patience = { busy: 180, idle: 900 } as const;

/**
 * What changes a fleet's size: two alarms on its utilisation, target tracking on what waits, and schedules. None of them can pass the group's
 * bounds, which AWS holds at all times, and only schedules move the bounds.
 */
export class FleetPolicies extends Component {
  constructor(name: string, args: FleetPoliciesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inference", "FleetPolicies", name, args, opts);
    const { upAbove, downBelow } = args.scaling.utilisation;
    this.step(args, "busy", 1, `stayed above ${upAbove} %: one more instance.`);
    this.step(args, "idle", -1, `stayed below ${downBelow} %: one instance less, down to the least.`);
    this.track(args);
    this.wake(args);
    for (const schedule of args.schedules ?? []) this.schedule(args, schedule);
    this.registerOutputs({});
  }

  private step(args: FleetPoliciesArgs, when: "busy" | "idle", by: 1 | -1, description: string): void {
    const { facts, group, scaling, alarmRoles } = args;
    const metric = scaling.utilisation.metric(facts);
    const policy = new aws.autoscaling.Policy(
      this.childName(`when-${when}`),
      {
        name: `when-${when}`,
        autoscalingGroupName: group.name,
        policyType: "StepScaling",
        adjustmentType: "ChangeInCapacity",
        metricAggregationType: "Average",
        stepAdjustments: [
          {
            scalingAdjustment: by,
            ...(by > 0 ? { metricIntervalLowerBound: "0" } : { metricIntervalUpperBound: "0" }),
          },
        ],
      },
      { parent: this },
    );
    const runbook = scaling.runbooks ? ` Runbook: ${scaling.runbooks[when]}` : "";
    const periods = Math.ceil(patience[when] / metric.periodSeconds);
    new aws.cloudwatch.MetricAlarm(
      this.childName(`${when}-alarm`),
      {
        name: physicalName(this.context.system, alarmRoles[when], this.context.stack, nameLimits.alarm),
        alarmDescription: `${metric.name} of ${facts.groupName} ${description}${runbook}`,
        namespace: metric.namespace,
        metricName: metric.name,
        dimensions: { ...metric.dimensions },
        statistic: metric.statistic,
        extendedStatistic: metric.extendedStatistic,
        period: metric.periodSeconds,
        comparisonOperator: by > 0 ? "GreaterThanThreshold" : "LessThanThreshold",
        threshold: by > 0 ? scaling.utilisation.upAbove : scaling.utilisation.downBelow,
        evaluationPeriods: periods,
        datapointsToAlarm: periods,
        // An instance that sends nothing is neither busy nor idle; health checks see to it.
        treatMissingData: "notBreaching",
        alarmActions: [policy.arn, ...(scaling.notify ? [scaling.notify.arn] : [])],
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  /** Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-target-tracking-metric-math.html */
  private track({ scaling, facts, group }: FleetPoliciesArgs): void {
    const { perInstance } = scaling;
    if (!perInstance) return;
    new aws.autoscaling.Policy(
      this.childName("per-instance"),
      {
        name: "per-instance",
        autoscalingGroupName: group.name,
        policyType: "TargetTrackingScaling",
        targetTrackingConfiguration: {
          targetValue: perInstance.target,
          // Nothing waits at an instance that is 60 % busy, so this alone would take it away.
          disableScaleIn: true,
          customizedMetricSpecification: {
            metrics: [
              query("total", perInstance.metric(facts)),
              query("instances", inService(facts)),
              { id: "each", expression: "total / instances", label: "For each instance", returnData: true },
            ],
          },
        },
      },
      { parent: this },
    );
  }

  /** Target tracking can't start the first instance: nothing can be divided by none. */
  private wake({ scaling, facts, group, alarmRoles }: FleetPoliciesArgs): void {
    if (!scaling.wake) return;
    const policy = new aws.autoscaling.Policy(
      this.childName("when-waking"),
      {
        name: "when-waking",
        autoscalingGroupName: group.name,
        policyType: "StepScaling",
        // To one, however often it is said; the alarm rings only while the group wants none, so this takes none away.
        adjustmentType: "ExactCapacity",
        metricAggregationType: "Maximum",
        stepAdjustments: [{ scalingAdjustment: 1, metricIntervalLowerBound: "0" }],
      },
      { parent: this },
    );
    const waiting = scaling.wake.metric(facts);
    new aws.cloudwatch.MetricAlarm(
      this.childName("wake-alarm"),
      {
        name: physicalName(this.context.system, alarmRoles.wake, this.context.stack, nameLimits.alarm),
        alarmDescription: `${waiting.name} is above 0 and ${facts.groupName} wants no instance: the first one is started.`,
        metricQueries: metricQueries("asleep", {
          expression: "IF(FILL(wanted, 0) < 1, FILL(waiting, 0), 0)",
          label: "Waiting while no instance is wanted",
          using: { waiting, wanted: wanted(facts) },
        }),
        comparisonOperator: "GreaterThanThreshold",
        threshold: 0,
        evaluationPeriods: 1,
        datapointsToAlarm: 1,
        treatMissingData: "notBreaching",
        alarmActions: [policy.arn],
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  private schedule({ group }: FleetPoliciesArgs, schedule: NonNullable<FleetArgs["schedules"]>[number]): void {
    new aws.autoscaling.Schedule(
      this.childName(`schedule-${schedule.name}`),
      {
        scheduledActionName: schedule.name,
        autoscalingGroupName: group.name,
        recurrence: schedule.cron,
        timeZone: schedule.timeZone ?? "Etc/UTC",
        minSize: schedule.min,
        maxSize: schedule.max,
        desiredCapacity: schedule.desired,
      },
      { parent: this },
    );
  }
}

function query(id: string, { namespace, name, dimensions, statistic }: Metric) {
  return {
    id,
    metricStat: {
      metric: {
        namespace,
        metricName: name,
        dimensions: Object.entries(dimensions).map(([key, value]) => ({ name: key, value })),
      },
      stat: statistic ?? "Average",
    },
    returnData: false,
  };
}
