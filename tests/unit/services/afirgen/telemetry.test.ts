import { expect, test } from "vitest";
import { Telemetry } from "../../../../services/afirgen/backend/telemetry";
import { metricNames, metrics } from "../../../../services/afirgen/metrics";

const at = new Date("2026-01-01T00:00:00Z");

test("a minute's values go out once, under the names and units of the ten, without dimensions", () => {
  const telemetry = new Telemetry();
  for (const ms of [100, 300]) telemetry.see("API/ResponseTime", ms);
  telemetry.see("Database/QueryTime", 4);
  telemetry.see("Model/InferenceTime", 9000);
  telemetry.generatedOne(20_000);
  telemetry.generatedOne(10_000);
  for (const failed of [true, false, false, false]) telemetry.outcome(failed);
  const data = telemetry.take(at, 3);
  const byName = Object.fromEntries(data.map((each) => [each.MetricName, each]));
  expect(byName["API/ResponseTime"]?.StatisticValues).toEqual({ SampleCount: 2, Sum: 400, Minimum: 100, Maximum: 300 });
  expect(byName["FIR/GenerationTime"]?.StatisticValues).toMatchObject({ SampleCount: 2, Sum: 30_000 });
  expect(byName["FIR/GenerationCount"]?.Value).toBe(2);
  expect(byName["API/ErrorRate"]?.Value).toBe(25);
  expect(byName["Database/ConnectionCount"]?.Value).toBe(3);
  expect(Object.keys(byName).sort()).toEqual(
    metricNames.filter((name) => metrics[name].publisher === "backend").sort(),
  );
  for (const { MetricName, Unit, Dimensions } of data) {
    expect(Unit).toBe(metrics[MetricName as keyof typeof metrics].unit);
    expect(Dimensions).toBeUndefined();
  }
});

test("a minute without requests has no errors and no times", () => {
  const telemetry = new Telemetry();
  telemetry.outcome(true);
  telemetry.take(at, 1);
  const data = telemetry.take(at, 1);
  expect(data.map(({ MetricName, Value }) => [MetricName, Value])).toEqual([
    ["FIR/GenerationCount", 0],
    ["API/ErrorRate", 0],
    ["Database/ConnectionCount", 1],
  ]);
});
