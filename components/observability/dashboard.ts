import type * as aws from "@pulumi/aws";
import * as widgets from "@pulumi/awsx/classic/cloudwatch";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { checkSignal, isMath, type Metric, metricsOf, type Signal } from "./metric";

/** One graph: what it shows, and the lines in it. */
export interface Graph {
  readonly title: string;
  readonly signals: readonly Signal[];
  /** Unit and least value of the axis. Default: CloudWatch's choice. */
  readonly axis?: { readonly min?: number; readonly max?: number };
  /** A line across the graph, such as an alarm's threshold. */
  readonly limit?: { readonly value: number; readonly label: string };
  /** `number` shows the newest value in large print. Default `lines`. */
  readonly view?: "lines" | "stacked" | "number";
  /** Region the metrics are in. Default: the dashboard's. CloudFront and the bill have theirs in us-east-1. */
  readonly region?: aws.Region;
}

export interface DashboardArgs extends ComponentArgs {
  /** Rows from top to bottom, each with a heading and one to four graphs side by side. */
  readonly rows: readonly { readonly title: string; readonly graphs: readonly Graph[] }[];
}

/** Columns of a dashboard. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const columns = 24;
const graphHeight = 6;

/**
 * A CloudWatch dashboard, written as rows of graphs.
 *
 * Cost: $3 a month; the first three of an account, with up to 50 metrics each, are free.
 */
export class Dashboard extends Component {
  readonly name: string;
  readonly url: string;

  constructor(name: string, args: DashboardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("observability", "Dashboard", name, args, opts);
    this.check([
      { path: "rows", ok: args.rows.length > 0, message: "is empty; give at least one row." },
      ...args.rows.flatMap((row, index) => [
        {
          path: `rows[${index}].graphs`,
          ok: row.graphs.length >= 1 && row.graphs.length <= 4,
          message: `has ${row.graphs.length}; give one to four graphs.`,
        },
        ...row.graphs.flatMap(({ signals }, position) => {
          const path = `rows[${index}].graphs[${position}].signals`;
          return [
            { path, ok: signals.length > 0, message: "is empty; a graph shows at least one metric." },
            ...signals.flatMap((signal) => checkSignal(path, signal)),
          ];
        }),
      ]),
    ]);
    this.name = this.physicalName("dashboard");
    const { region } = this.context;
    this.url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${this.name}`;
    new widgets.Dashboard(
      this.childName("dashboard"),
      {
        name: this.name,
        region: region as aws.Region,
        widgets: args.rows.flatMap((row) => [heading(row.title), graphs(row.graphs)]),
      },
      { parent: this },
    );
    this.registerOutputs({ url: this.url });
  }
}

function heading(title: string): widgets.RowWidget {
  return new widgets.RowWidget(new widgets.TextWidget({ markdown: `## ${title}`, width: columns, height: 1 }));
}

function graphs(row: readonly Graph[]): widgets.RowWidget {
  const width = columns / row.length;
  return new widgets.RowWidget(...row.map((graph) => widgetOf(graph, width)));
}

function widgetOf({ title, signals, axis, limit, view, region }: Graph, width: number): widgets.Widget {
  const common = {
    title,
    width,
    height: graphHeight,
    metrics: signals.flatMap((signal, index) => lines(signal, index)),
    period: Math.max(...signals.flatMap(metricsOf).map((metric) => metric.periodSeconds)),
    ...(region === undefined ? {} : { region }),
    ...(limit === undefined ? {} : { annotations: new widgets.HorizontalAnnotation({ aboveEdge: limit }) }),
  };
  if (view === "number") return new widgets.SingleNumberMetricWidget(common);
  const graph = { ...common, ...(axis === undefined ? {} : { yAxis: { left: axis } }) };
  return view === "stacked"
    ? new widgets.StackedAreaGraphMetricWidget(graph)
    : new widgets.LineGraphMetricWidget(graph);
}

/** The lines of one signal. Ids are numbered, for two signals of a graph may use the same names in their expressions. */
function lines(signal: Signal, index: number): widgets.WidgetMetric[] {
  if (!isMath(signal)) return [line(signal, { visible: true })];
  const renamed = Object.keys(signal.using).reduce(
    (expression, id) => expression.replaceAll(new RegExp(`\\b${id}\\b`, "g"), `${id}_${index}`),
    signal.expression,
  );
  return [
    new widgets.ExpressionWidgetMetric(renamed, signal.label, `e${index}`),
    ...Object.entries(signal.using).map(([id, metric]) => line(metric, { id: `${id}_${index}`, visible: false })),
  ];
}

function line(metric: Metric, { id, visible }: { id?: string; visible: boolean }): widgets.Metric {
  return new widgets.Metric({
    namespace: metric.namespace,
    name: metric.name,
    dimensions: { ...metric.dimensions },
    period: metric.periodSeconds,
    ...(metric.statistic === undefined ? {} : { statistic: metric.statistic }),
    ...(metric.extendedStatistic === undefined ? {} : { extendedStatistic: Number(metric.extendedStatistic.slice(1)) }),
    ...(metric.label === undefined ? {} : { label: metric.label }),
    ...(id === undefined ? {} : { id }),
    visible,
  });
}
