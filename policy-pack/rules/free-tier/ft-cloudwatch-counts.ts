import { z } from "zod";
import { alwaysFree, factSetting, prices } from "../../lib/free-tier/limits";
import { dollars, judgeLimit, type Limit, type Share, sharesOf } from "../../lib/free-tier/sums";
import { Quantity } from "../../lib/quantity";
import { defineRule } from "../../lib/rule";
import { type StackResource, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm";
const compositeType = "aws:cloudwatch/compositeAlarm:CompositeAlarm";
const dashboardType = "aws:cloudwatch/dashboard:Dashboard";
const filterType = "aws:cloudwatch/logMetricFilter:LogMetricFilter";
/** A metric with shorter periods is of high resolution, and so is its alarm. */
const standardPeriodSeconds = 60;

/**
 * ft-cloudwatch-counts: Alarms, dashboards and metrics stay within the free ones
 *
 * An alarm counts once for each metric that it reads. Custom metrics are those that log metric filters make; what programs
 * send, and each set of dimensions, no program shows. Composite alarms and those of high resolution are never free.
 * Undefined: does not arise, a period or metric is given or the alarm reads none.
 *
 * @severity medium
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_billing.html
 */
export const rule = defineRule({
  id: "ft-cloudwatch-counts",
  family: "free-tier",
  title: "Alarms, dashboards and metrics stay within the free ones",
  severity: "medium",
  why: "Every account has ten alarms, three dashboards and ten custom metrics for good; more are billed each month, a dashboard with $3.",
  fix: "watch fewer things: alarms on what someone would get up for, one dashboard, no periods below 60 seconds.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_billing.html",
  types: [alarmType, compositeType],
  settings: z.strictObject({
    alarms: factSetting(alwaysFree.alarms, "Metrics that all alarms may read"),
    alarmPrice: factSetting(prices.alarmMonth, "What an alarm costs"),
    compositePrice: factSetting(prices.compositeAlarmMonth, "What a composite alarm costs"),
    dashboards: factSetting(alwaysFree.dashboards, "Dashboards"),
    dashboardPrice: factSetting(prices.dashboardMonth, "What a dashboard costs"),
    metrics: factSetting(alwaysFree.customMetrics, "Custom metrics"),
    metricPrice: factSetting(prices.customMetricMonth, "What a custom metric costs"),
  }),
  check({ type, props }, report, { compositePrice }) {
    report.when(Truth.of(type === compositeType), "", `a composite alarm costs ${dollars(compositePrice)} a month`);
    const queries = props.at("metricQueries").elements();
    for (const period of [
      props.at("period"),
      ...queries.map((query) => query.at("period")),
      ...queries.map((query) => query.at("metric", "period")),
    ]) {
      const isShort = period.matches((seconds) => Number(seconds ?? standardPeriodSeconds) < standardPeriodSeconds);
      report.when(isShort, period, `a period of ${period.scalar()} s makes this an alarm of high resolution`);
    }
  },
  checkStack(stack, report, settings) {
    const judge = (shares: readonly Share[], what: string, free: number, monthlyPrice: number): void => {
      const priceText = `${dollars(monthlyPrice)} each`;
      const limit: Limit = { what, free, offer: "always", plan: "always-free", monthlyPrice, priceText };
      judgeLimit(report, shares, limit);
    };
    judge(sharesOf(stack, [alarmType], metricsRead), "standard alarms", settings.alarms, settings.alarmPrice);
    const one = (): Quantity => new Quantity(1);
    judge(sharesOf(stack, [dashboardType], one), "dashboards", settings.dashboards, settings.dashboardPrice);
    const first = new Map<string, StackResource>();
    for (const filter of stack.ofType(filterType)) {
      const name = metricName(filter);
      if (!first.has(name)) first.set(name, filter);
    }
    const makesNew = (filter: StackResource): Quantity =>
      new Quantity(first.get(metricName(filter)) === filter ? 1 : 0);
    judge(sharesOf(stack, [filterType], makesNew), "custom metrics", settings.metrics, settings.metricPrice);
  },
});

/** Two filters may feed one metric. One whose name is not known makes a metric of its own. */
function metricName(filter: StackResource): string {
  const { namespace, name } = Object.fromEntries(
    ["namespace", "name"].map((key) => [key, filter.props.at("metricTransformation", key).scalar()]),
  );
  return namespace === undefined || name === undefined ? filter.urn : `${namespace}/${name}`;
}

function metricsRead(alarm: StackResource): Quantity {
  const queries = written(alarm, "metricQueries").elements();
  if (queries.length === 0) return new Quantity(1);
  return Quantity.sum(queries.map((query) => Quantity.when(query.at("metric").isSet())));
}
