import { CloudWatchClient, GetDashboardCommand, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, DescribeLogStreamsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { DemoContext } from "../demo/context";
import { writeEvidence } from "../demo/evidence";
import { FrontClient } from "../demo/front-client";
import { type Enter, withEntrance } from "../demo/model-edge";
import type { Report } from "../demo/report";
import { tenths } from "../demo/statistics";
import { check, type Steps } from "../demo/steps";
import { systemOfOutput } from "../lib/system-names";
import { type Door, dashboardsOf, doorsOf, logGroupsOf } from "./doors";

export interface SmokeOptions extends DemoContext {
  readonly stack: string;
  /** Of the stack: an object for each system. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** What the edge answers where no machine stands behind it. */
const noMachine = [502, 503, 504];
/** Machines report at least each minute; a quarter of an hour allows for a restart. */
const quietMinutes = 15;

/** Asks each system of a stack for a sign of life: ways in, logs, dashboards, alarms. Changes nothing, and takes seconds. */
export function runSmoke(options: SmokeOptions): Promise<Report> {
  const { stack, outputs, outDir, versions, commit, log, endpoint } = options;
  const systems = Object.entries(outputs).filter(
    (entry): entry is [string, Readonly<Record<string, unknown>>] => typeof entry[1] === "object" && entry[1] !== null,
  );
  const target = { stack, systems: systems.map(([name]) => name).join(", ") };
  return withEntrance(endpoint, (enter) =>
    writeEvidence({ system: `smoke-${stack}`, outDir, versions, commit, target, log }, async (steps) => {
      for (const [system, own] of systems) await new Smoke(options, steps, enter, system, own).run();
    }),
  );
}

class Smoke {
  private readonly cloudWatch: CloudWatchClient;
  private readonly logs: CloudWatchLogsClient;

  constructor(
    private readonly options: SmokeOptions,
    private readonly steps: Steps,
    private readonly enter: Enter,
    private readonly system: string,
    private readonly outputs: Readonly<Record<string, unknown>>,
  ) {
    this.cloudWatch = new CloudWatchClient({ region: options.region });
    this.logs = new CloudWatchLogsClient({ region: options.region });
  }

  async run(): Promise<void> {
    for (const door of doorsOf(this.system, this.outputs)) await this.door(door);
    await this.logsFlow(logGroupsOf(this.outputs));
    await this.dashboards(dashboardsOf(this.outputs));
    await this.alarms();
    this.cloudWatch.destroy();
    this.logs.destroy();
  }

  private get local(): boolean {
    return this.options.endpoint !== undefined;
  }

  private door({ what, url, method = "GET", path, statuses, machines }: Door) {
    return this.steps.run(`${this.system}: ${what} answers`, [], async (details) => {
      const { endpoint } = this.options;
      // Invoke URLs of the local AWS come as this machine reaches them.
      const front = endpoint && url.startsWith(endpoint) ? new FrontClient(url) : await this.enter(url);
      const wanted = this.local && machines ? noMachine : statuses;
      const { status, clientMs } = await front.expect(wanted, path, { method });
      Object.assign(details, { url: `${url}${path}`, status, clientMs: tenths(clientMs) });
      if (wanted === noMachine)
        details["note"] = "the local AWS has no machines; the edge leads to where they would be";
    });
  }

  private logsFlow(groups: readonly string[]) {
    if (groups.length === 0) return undefined;
    const name = this.local ? "log groups are there" : "logs flow";
    return this.steps.run(`${this.system}: ${name}`, [], async (details) => {
      for (const logGroupName of groups) {
        const input = { logGroupName, orderBy: "LastEventTime", descending: true, limit: 1 } as const;
        const { logStreams = [] } = await this.logs.send(new DescribeLogStreamsCommand(input));
        const last = logStreams[0]?.lastEventTimestamp;
        details[logGroupName] = last === undefined ? "empty" : new Date(last).toISOString();
        const recent = last !== undefined && Date.now() - last < quietMinutes * 60_000;
        // Functions write when they are called, and nobody may have; machines write all the time.
        const isQuietByNature =
          this.local || logGroupName.startsWith("/aws/lambda/") || logGroupName.startsWith("/aws/rds/");
        check(recent || isQuietByNature, `${logGroupName} had nothing new for ${quietMinutes} minutes.`);
      }
    });
  }

  private dashboards(names: readonly string[]) {
    if (names.length === 0) return undefined;
    return this.steps.run(`${this.system}: dashboards are there`, [], async (details) => {
      for (const DashboardName of names) {
        const { DashboardBody } = await this.cloudWatch.send(new GetDashboardCommand({ DashboardName }));
        const { widgets = [] } = JSON.parse(DashboardBody ?? "{}") as { widgets?: unknown[] };
        details[DashboardName] = `${widgets.length} widgets`;
        check(widgets.length > 0, `${DashboardName} is empty.`);
      }
    });
  }

  private alarms() {
    return this.steps.run(`${this.system}: no alarm is raised`, [], async (details) => {
      const prefix = `${systemOfOutput(this.system)}-`;
      const raised: string[] = [];
      let count = 0;
      for await (const { MetricAlarms = [] } of paginateDescribeAlarms(
        { client: this.cloudWatch },
        { AlarmNamePrefix: prefix },
      )) {
        const own = MetricAlarms.filter(({ AlarmName = "" }) => AlarmName.endsWith(`-${this.options.stack}`));
        count += own.length;
        raised.push(...own.filter(({ StateValue }) => StateValue === "ALARM").map(({ AlarmName = "" }) => AlarmName));
      }
      Object.assign(details, { alarms: count, raised });
      check(count > 0, `There are no alarms whose names begin with ${prefix}.`);
      check(raised.length === 0, `${raised.join(", ")} ${raised.length === 1 ? "is" : "are"} raised.`);
    });
  }
}
