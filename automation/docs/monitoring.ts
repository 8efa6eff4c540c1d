/** Writes down what watches the systems: alarms, dashboards, metrics of the systems' own. */
import type { RecordedResource } from "../../tests/support/mocks";
import { table } from "../lib/markdown";
import { dashboardFile, dashboardPicturesOf } from "./dashboard-picture";
import type { RecordedSystem } from "./recorded";

export interface AlarmFacts {
  readonly name: string;
  readonly signal: string;
  readonly when: string;
  readonly missingData: string;
  readonly description: string;
  /** A heading of a file, such as `docs/runbooks/phi3.md#errors`. */
  readonly runbook: string;
}

const comparisons: Readonly<Record<string, string>> = {
  GreaterThanThreshold: "above",
  GreaterThanOrEqualToThreshold: "at least",
  LessThanThreshold: "below",
  LessThanOrEqualToThreshold: "at most",
};

const missing: Readonly<Record<string, string>> = {
  notBreaching: "good",
  breaching: "bad",
  ignore: "as before",
  missing: "unknown",
};

/** @throws Error for an alarm without a runbook */
export function alarmsOf({ resources }: RecordedSystem): AlarmFacts[] {
  return resources.filter(({ type }) => type === "aws:cloudwatch/metricAlarm:MetricAlarm").map(alarmFacts);
}

interface Query {
  readonly id: string;
  readonly label?: string;
  readonly returnData?: boolean;
  readonly metric?: { readonly period: number; readonly namespace: string; readonly metricName: string };
}

function alarmFacts({ inputs }: RecordedResource): AlarmFacts {
  const [, description, runbook] = /^(.*) Runbook: (\S+)$/.exec(inputs.alarmDescription) ?? [];
  if (description === undefined || runbook === undefined) throw new Error(`${inputs.name} names no runbook.`);
  const queries: readonly Query[] = inputs.metricQueries ?? [];
  const shown = queries.find(({ returnData }) => returnData);
  const parts = queries.flatMap(({ metric }) => (metric ? [metric] : []));
  const period: number = inputs.period ?? Math.max(...parts.map((metric) => metric.period));
  const names = [...new Set(parts.map((metric) => `${metric.namespace} ${metric.metricName}`))];
  const signal = shown
    ? `${shown.label}, of ${names.join(", ")}`
    : `${inputs.namespace} ${inputs.metricName}, ${inputs.statistic ?? inputs.extendedStatistic}`;
  const { datapointsToAlarm: bad, evaluationPeriods: all, comparisonOperator, threshold, treatMissingData } = inputs;
  const minutes = period / 60;
  return {
    name: inputs.name,
    signal,
    when: `${comparisons[comparisonOperator]} ${threshold.toLocaleString("en-US")} in ${spanOf(bad, all, minutes)}`,
    missingData: missing[treatMissingData] ?? treatMissingData,
    description,
    runbook,
  };
}

/** Such as `3 of 5 min`, or `2 of 3 x 5 min` where a period is longer than a minute. */
function spanOf(bad: number, all: number, minutes: number): string {
  if (all === 1) return `${minutes} min`;
  const periods = bad === all ? all : `${bad} of ${all}`;
  return minutes === 1 ? `${periods} min` : `${periods} x ${minutes} min`;
}

interface Widget {
  readonly type: string;
  readonly properties: { readonly markdown?: string; readonly title?: string; readonly metrics?: readonly unknown[][] };
}

interface Board {
  readonly name: string;
  readonly rows: readonly { readonly title: string; readonly graphs: readonly string[] }[];
}

const widgetsOf = ({ inputs }: RecordedResource): Widget[] => JSON.parse(inputs.dashboardBody).widgets;

/** Dashboards with the headings of their rows and the titles of the graphs below each. */
export function dashboardsOf({ resources }: RecordedSystem): Board[] {
  return dashboards(resources).map((resource) => {
    const rows: { title: string; graphs: string[] }[] = [];
    for (const { type, properties } of widgetsOf(resource)) {
      if (type === "text") rows.push({ title: (properties.markdown ?? "").replace(/^#+ /, ""), graphs: [] });
      else rows.at(-1)?.graphs.push(properties.title ?? "");
    }
    return { name: resource.inputs.dashboardName, rows };
  });
}

const dashboards = (resources: readonly RecordedResource[]) =>
  resources.filter(({ type }) => type === "aws:cloudwatch/dashboard:Dashboard");

/** Metrics that are not AWS's own, by namespace, as alarms, scaling policies and dashboards read them; sorted. */
export function ownMetricsOf({ resources }: RecordedSystem): Map<string, string[]> {
  const pairs = [
    ...resources.flatMap(({ inputs }) => pairsIn(inputs)),
    ...dashboards(resources)
      .flatMap(widgetsOf)
      .flatMap(({ properties }) => (properties.metrics ?? []).map(([namespace, name]) => ({ namespace, name }))),
  ].filter(
    (pair): pair is { namespace: string; name: string } =>
      typeof pair.namespace === "string" && typeof pair.name === "string" && !pair.namespace.startsWith("AWS/"),
  );
  const grouped = Map.groupBy(pairs, ({ namespace }) => namespace);
  return new Map(
    [...grouped].sort().map(([namespace, all]) => [namespace, [...new Set(all.map((each) => each.name))].sort()]),
  );
}

/** Every object in a resource's inputs that names a metric. */
function pairsIn(value: unknown): { namespace: unknown; name: unknown }[] {
  if (typeof value !== "object" || value === null) return [];
  const { namespace, metricName } = value as { readonly namespace?: unknown; readonly metricName?: unknown };
  return [
    ...(namespace !== undefined && metricName !== undefined ? [{ namespace, name: metricName }] : []),
    ...Object.values(value).flatMap(pairsIn),
  ];
}

/** Components whose role may write into the namespace, without the system's name. */
export function writersOf({ system, resources }: RecordedSystem, namespace: string): string[] {
  return resources
    .filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy")
    .filter(({ inputs }) => JSON.stringify(JSON.parse(inputs.policy)).includes(`"cloudwatch:namespace":"${namespace}"`))
    .map(({ parent = "" }) => parent.slice(system.length + 1).replace(/-instance$/, ""));
}

/** For who can't see the picture. */
function pictureText(name: string): string {
  return `Places, titles, legends and thresholds of the dashboard ${name}, without data`;
}

const introduction = `# Monitoring

What watches each system, drawn from what the program registers with the settings of stack \`prod\` (\`afirgen\`: \`free\`), by \`npm run docs:generate\`. Other stacks have the same under their own name; some thresholds follow settings ([configuration](configuration.md)).

* **Alarms** tell the system's SNS topic when they ring and when it is over. \`llm-stacks:alarmEmail\` is the address that gets it; AWS asks it once to confirm. Each alarm's text ends in the heading of the runbook that says what to do, the link in its row.
* **No data** says what an alarm makes of a period without any: *good* for counts of events, which are absent when nothing happens; *bad* where silence is a sign of trouble.
* **Dashboards** are in CloudWatch under the names below; \`./llm outputs <stack>\` prints their URLs. The pictures are drawn from the program, without data; CloudWatch draws the curves. A system without one has alarms, logs and AWS's own pages.
* **Metrics of the system's own** are sent by its instances, whose roles may write into that one namespace. All others are AWS's own. Listed is what an alarm, a scaling policy or a dashboard reads.
* \`./llm smoke <stack>\` asks whether logs flow, dashboards are there and alarms are quiet ([how](operations.md#whether-it-lives)).`;

export function monitoringDocument(systems: readonly RecordedSystem[]): string {
  return `${[introduction, ...systems.map(section)].join("\n\n")}\n`;
}

function section(recorded: RecordedSystem): string {
  const { system } = recorded;
  const alarms = alarmsOf(recorded);
  const rows = alarms.map(({ name, signal, when, missingData, description, runbook }) => [
    `[${name}](${runbook.replace(/^docs\//, "")})`,
    description,
    signal,
    when,
    missingData,
  ]);
  return [
    `## ${system}`,
    `${alarms.length} alarms. [Runbook](runbooks/${system}.md), [system](systems/${system}.md), [picture](diagrams/${system}.md).`,
    table(["alarm", "what is wrong", "signal", "rings when", "no data"], rows).join("\n"),
    ...dashboardsOf(recorded).map(({ name, rows: shown }) =>
      [
        `Dashboard \`${name}\`:`,
        "",
        ...table(
          ["row", "graphs"],
          shown.map(({ title, graphs }) => [title, graphs.join("; ")]),
        ),
        "",
        ...dashboardPicturesOf(recorded)
          .filter((picture) => picture.name === name)
          .map((picture) => `![${pictureText(name)}](${dashboardFile(picture).replace(/^docs\//, "")})`),
      ].join("\n"),
    ),
    ...[...ownMetricsOf(recorded)].map(
      ([namespace, names]) =>
        `Metrics in the namespace \`${namespace}\`, which ${writersOf(recorded, namespace).join(" and ")} may write: ${names.map((name) => `\`${name}\``).join(", ")}.`,
    ),
  ].join("\n\n");
}
