import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { wholeNumber } from "../lib/validation";
import type { LambdaFunction } from "./lambda-function";

export interface ScheduleArgs extends ComponentArgs {
  /** What it is for; shown in lists of rules. */
  readonly description: string;
  /** `cron(…)` in UTC or `rate(…)`, as EventBridge takes them. */
  readonly expression: string;
  readonly target: LambdaFunction;
  /** How often EventBridge tries again to hand the event over, 0 to 185. Default 2. */
  readonly retries?: number;
}

/** Seconds for which EventBridge tries to hand an event over: an hour. */
const maxAgeSeconds = 3600;

/**
 * Runs a function at given times, by a rule of EventBridge.
 *
 * Cost: nothing; schedules of rules are free (unverified, as of 2026-11), the function's runs cost what they cost.
 */
export class Schedule extends Component {
  readonly name: string;

  constructor(name: string, args: ScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("serverless", "Schedule", name, args, opts);
    const { retries = 2, expression, target } = args;
    this.check([
      {
        path: "expression",
        ok: /^(cron\(\S+( \S+){5}\)|rate\([1-9]\d* (minute|hour|day)s?\))$/.test(expression),
        message: `is "${expression}"; give six fields as cron(15 6 * * ? *), or rate(1 day).`,
      },
      wholeNumber("retries", retries, 0, 185, "times"),
    ]);
    this.name = this.physicalName("eventRule");
    const rule = new aws.cloudwatch.EventRule(
      this.childName("rule"),
      { name: this.name, description: args.description, scheduleExpression: expression, tags: this.tags() },
      { parent: this },
    );
    const permission = target.allowInvoke(this.role, { principal: "events.amazonaws.com", sourceArn: rule.arn });
    new aws.cloudwatch.EventTarget(
      this.childName("target"),
      {
        rule: rule.name,
        targetId: target.role,
        arn: target.arn,
        retryPolicy: { maximumRetryAttempts: retries, maximumEventAgeInSeconds: maxAgeSeconds },
      },
      { parent: this, dependsOn: [permission] },
    );
    this.registerOutputs({});
  }
}
