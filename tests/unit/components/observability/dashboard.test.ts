import { describe, expect, test } from "vitest";
import { Dashboard, type DashboardArgs } from "../../../../components/observability/dashboard";
import { type Metric, percentOf } from "../../../../components/observability/metric";
import { devContext, record } from "../../../support/mocks";

const metric = (name: string, change: { [key in keyof Metric]?: Metric[key] | undefined } = {}): Metric => ({
  namespace: "AWS/ApplicationELB",
  name,
  dimensions: { LoadBalancer: "app/x/1" },
  statistic: "Sum",
  periodSeconds: 60,
  ...change,
});
const build = (rows: DashboardArgs["rows"]) =>
  record(() => new Dashboard("lambda-efs-overview", { context: devContext, rows }));

describe("a dashboard", () => {
  test("lays rows out under their headings, graphs side by side over the whole width", async () => {
    const latency = {
      title: "Latency",
      signals: [metric("TargetResponseTime", { statistic: undefined, extendedStatistic: "p99" })],
    };
    const { recording, result } = await build([
      { title: "Requests", graphs: [{ title: "Count", signals: [metric("RequestCount")] }, latency, latency] },
      { title: "More", graphs: [{ title: "Hosts", signals: [metric("HealthyHostCount")], view: "number" }] },
    ]);
    const { dashboardName, dashboardBody } = recording.named("lambda-efs-overview-dashboard").inputs;
    expect(dashboardName).toBe("lambda-efs-overview-dev");
    expect(result.url).toBe(
      "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/lambda-efs-overview-dev",
    );
    const { widgets } = JSON.parse(dashboardBody);
    expect(
      widgets.map(({ type, x, y, width, height }: Record<string, unknown>) => [type, x, y, width, height]),
    ).toEqual([
      ["text", 0, 0, 24, 1],
      ["metric", 0, 1, 8, 6],
      ["metric", 8, 1, 8, 6],
      ["metric", 16, 1, 8, 6],
      ["text", 0, 7, 24, 1],
      ["metric", 0, 8, 24, 6],
    ]);
    expect(widgets[0].properties).toEqual({ markdown: "## Requests" });
    expect(widgets[2].properties).toMatchObject({
      title: "Latency",
      region: "us-east-1",
      period: 60,
      view: "timeSeries",
    });
    expect(widgets[2].properties.metrics[0].slice(0, 4)).toEqual([
      "AWS/ApplicationELB",
      "TargetResponseTime",
      "LoadBalancer",
      "app/x/1",
    ]);
    expect(widgets[2].properties.metrics[0][4]).toMatchObject({ stat: "p99" });
    expect(widgets[5].properties).toMatchObject({ view: "singleValue" });
  });

  test("shows computed numbers, each with metrics of its own that are not drawn, and limits", async () => {
    const errors = percentOf(metric("HTTPCode_Target_5XX_Count"), metric("RequestCount"), "Failed");
    const { recording } = await build([
      {
        title: "Errors",
        graphs: [
          {
            title: "Errors",
            signals: [errors, errors],
            limit: { value: 5, label: "Alarm" },
            axis: { min: 0, max: 100 },
          },
        ],
      },
    ]);
    const { properties } = JSON.parse(recording.named("lambda-efs-overview-dashboard").inputs.dashboardBody).widgets[1];
    expect(properties.metrics[0]).toEqual([
      { expression: "IF(whole_0 > 0, 100 * FILL(part_0, 0) / whole_0, 0)", label: "Failed", id: "e0" },
    ]);
    expect(properties.metrics.map((each: unknown[]) => (each.at(-1) as { id: string }).id)).toEqual([
      "e0",
      "part_0",
      "whole_0",
      "e1",
      "part_1",
      "whole_1",
    ]);
    expect(properties.metrics[1].at(-1)).toMatchObject({ visible: false });
    expect(properties.annotations.horizontal).toMatchObject([{ value: 5, label: "Alarm" }]);
    expect(properties.yAxis).toEqual({ left: { min: 0, max: 100 } });
  });

  test("is refused empty, with empty rows or graphs, or with a metric that has two statistics", async () => {
    await expect(build([])).rejects.toThrow("rows: is empty");
    await expect(
      build([
        { title: "a", graphs: [] },
        {
          title: "b",
          graphs: [
            { title: "c", signals: [] },
            { title: "d", signals: [metric("Both", { extendedStatistic: "p99" })] },
          ],
        },
      ]),
    ).rejects.toThrow(
      /rows\[0\]\.graphs: has 0.*rows\[1\]\.graphs\[0\]\.signals: is empty.*graphs\[1\]\.signals: Both has both/s,
    );
  });
});
