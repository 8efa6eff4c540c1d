/** CloudWatch dashboards as pictures: what stands where, without data. CloudWatch alone has those, and draws them for who is signed in. */
import type { RecordedSystem } from "./recorded";
import { element, escaped, textWidth, wrapped } from "./svg";

/** Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
export interface Widget {
  readonly type: "text" | "metric";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly markdown?: string;
    readonly title?: string;
    readonly view?: "timeSeries" | "singleValue";
    readonly stacked?: boolean;
    readonly period?: number;
    /** Each a list of namespace, name and dimensions with options at its end, or of an expression alone. */
    readonly metrics?: readonly (readonly unknown[])[];
    readonly yAxis?: { readonly left?: { readonly min?: number; readonly max?: number } };
    readonly annotations?: { readonly horizontal?: readonly { readonly label?: string; readonly value: number }[] };
  };
}

export interface DashboardPicture {
  /** The component's name, such as `phi3-dashboard`; the file's, too. */
  readonly component: string;
  /** In CloudWatch. */
  readonly name: string;
  readonly widgets: readonly Widget[];
}

/** Dashboards of a system, in order of names. */
export function dashboardPicturesOf({ resources }: RecordedSystem): DashboardPicture[] {
  return resources
    .filter(({ type }) => type === "aws:cloudwatch/dashboard:Dashboard")
    .map(({ name, inputs }) => ({
      component: name.replace(/-dashboard$/, ""),
      name: inputs.dashboardName,
      widgets: JSON.parse(inputs.dashboardBody).widgets,
    }));
}

/** Path from the checkout. */
export function dashboardFile({ component }: DashboardPicture): string {
  return `docs/pictures/${component}.svg`;
}

/** Pixels. */
const column = 40;
const unit = 30;
const gap = 4;
const margin = 12;
const head = 44;
const foot = 52;

const colours = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#17becf"];
const ink = "#16191f";
const pale = "#687078";
const alarm = "#d13212";

/** What the lines of a graph are called in its legend; those that only feed expressions are not shown. */
export function legendOf({ properties: { metrics = [] } }: Widget): string[] {
  return metrics.flatMap((metric) => {
    const last = metric.at(-1);
    const options = (typeof last === "object" ? last : undefined) as
      | { readonly visible?: boolean; readonly label?: string; readonly expression?: string }
      | undefined;
    if (options?.visible === false) return [];
    return [options?.label ?? options?.expression ?? String(metric[1])];
  });
}

/** Such as `lines, one point a minute`. */
export function kindOf({ properties: { view, stacked, period = 300 } }: Widget): string {
  if (view === "singleValue") return "the newest value, in large print";
  const minutes = period / 60;
  const every =
    minutes === 1
      ? "a minute"
      : minutes < 60
        ? `in ${minutes} minutes`
        : minutes === 60
          ? "an hour"
          : minutes === 1440
            ? "a day"
            : `in ${minutes / 60} hours`;
  return `${stacked ? "stacked areas" : "lines"}, one point ${every}`;
}

/** The dashboard as an SVG file. */
export function dashboardSvg({ name, widgets }: DashboardPicture): string {
  const width = 24 * column + 2 * margin;
  const bottom = head + Math.max(...widgets.map((widget) => widget.y + widget.height)) * unit;
  const height = bottom + foot;
  const note = [
    "Drawn from what the program registers: places, titles, legends, thresholds. CloudWatch draws the curves; there are none here.",
    "A dashed line is a threshold; it stands to scale where the axis has both ends.",
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="12" role="img">`,
    element("title", {}, escaped(`The CloudWatch dashboard ${name}`)),
    element("rect", { width, height, fill: "#f2f3f3" }),
    text(margin, 28, name, { "font-size": 18, "font-weight": "bold" }),
    ...widgets.map(drawn),
    ...note.map((line, index) => text(margin, bottom + 22 + 17 * index, line, { fill: pale })),
    "</svg>",
    "",
  ].join("\n");
}

function text(x: number, y: number, content: string, more: Readonly<Record<string, string | number>> = {}): string {
  return element("text", { x, y, fill: ink, ...more }, escaped(content));
}

/** A rectangle on the picture, in pixels. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function drawn(widget: Widget): string {
  const left = margin + widget.x * column + gap;
  const top = head + widget.y * unit + gap;
  const box = {
    left,
    top,
    right: left + widget.width * column - 2 * gap,
    bottom: top + widget.height * unit - 2 * gap,
  };
  const parts = widget.type === "text" ? heading(widget, box) : graph(widget, box);
  const { right, bottom } = box;
  return [
    `<g data-widget="${widget.type}">`,
    element("rect", { x: left, y: top, width: right - left, height: bottom - top, rx: 2, fill: "#fff" }),
    ...parts,
    "</g>",
  ].join("\n");
}

function heading({ properties: { markdown = "" } }: Widget, { left, top }: Box): string[] {
  return [text(left + 8, top + 16, markdown.replace(/^#+ /, ""), { "font-size": 14, "font-weight": "bold" })];
}

function graph(widget: Widget, box: Box): string[] {
  const inner = box.right - box.left - 20;
  const title = wrapped(widget.properties.title ?? "", inner, 12, "bold");
  const legend = legendLines(legendOf(widget), inner);
  const plot = {
    left: box.left + 10,
    top: box.top + 10 + 15 * title.length,
    right: box.right - 10,
    bottom: box.bottom - 8 - 15 * legend.length,
  };
  return [
    ...title.map((line, index) => text(box.left + 10, box.top + 17 + 15 * index, line, { "font-weight": "bold" })),
    ...plotted(widget, plot),
    ...legend.flatMap((entries, index) =>
      entries.flatMap((entry) => swatch(entry, box, plot.bottom + 15 + 15 * index)),
    ),
  ];
}

function plotted(widget: Widget, { left, top, right, bottom }: Box): string[] {
  const middle = { x: (left + right) / 2, "text-anchor": "middle", fill: pale };
  const kind = kindOf(widget);
  if (widget.properties.view === "singleValue") return [element("text", { ...middle, y: (top + bottom) / 2 }, kind)];
  const { min, max } = widget.properties.yAxis?.left ?? {};
  const axis = { left: left + 24, right, top: top + 4, bottom: bottom - 4 };
  const atY = (value: number) =>
    min === undefined || max === undefined
      ? axis.top + (axis.bottom - axis.top) / 3
      : axis.bottom - ((value - min) / (max - min)) * (axis.bottom - axis.top);
  const end = (value: number | undefined, y: number) =>
    value === undefined
      ? []
      : [text(axis.left - 5, y, value.toLocaleString("en-US"), { "text-anchor": "end", fill: pale, "font-size": 10 })];
  const limits = (widget.properties.annotations?.horizontal ?? []).map(({ label, value }) => {
    const y = round(atY(value));
    const said = `${label === undefined ? "" : `${label}: `}${value.toLocaleString("en-US")}`;
    return { y, said, below: y < (axis.top + axis.bottom) / 2 };
  });
  const free = [0.6, 0.85, 0.35]
    .map((share) => round(axis.top + share * (axis.bottom - axis.top) + 4))
    .find((y) =>
      limits.every((limit) => y < limit.y - (limit.below ? 4 : 18) || y > limit.y + (limit.below ? 26 : 14)),
    );
  return [
    element("path", { d: `M${axis.left} ${axis.top}V${axis.bottom}H${axis.right}`, fill: "none", stroke: "#aab7b8" }),
    ...end(max, axis.top + 5),
    ...end(min, axis.bottom),
    ...(free === undefined
      ? []
      : [element("text", { ...middle, x: (axis.left + right) / 2, y: free, "font-size": 11 }, kind)]),
    ...limits.flatMap(({ y, said, below }) => [
      element("path", { d: `M${axis.left} ${y}H${axis.right}`, stroke: alarm, "stroke-dasharray": "5 3" }),
      text(axis.right, y + (below ? 12 : -4), said, { "text-anchor": "end", fill: alarm, "font-size": 11 }),
    ]),
  ];
}

interface Entry {
  readonly label: string;
  readonly colour: string;
  /** From the widget's left edge. */
  readonly left: number;
}

/** The entries side by side, in as many lines as they need. */
function legendLines(labels: readonly string[], inner: number): Entry[][] {
  const lines: Entry[][] = [];
  let next = Number.POSITIVE_INFINITY;
  for (const [index, label] of labels.entries()) {
    const wide = 14 + textWidth(label, 11) + 12;
    if (next + wide - 12 > inner) {
      lines.push([]);
      next = 0;
    }
    lines.at(-1)?.push({ label, colour: colours[index % colours.length] ?? ink, left: 10 + next });
    next += wide;
  }
  return lines;
}

function swatch({ label, colour, left }: Entry, box: Box, y: number): string[] {
  const x = round(box.left + left);
  return [
    element("rect", { x, y: y - 8, width: 9, height: 9, fill: colour }),
    text(x + 14, y, label, { "font-size": 11 }),
  ];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
