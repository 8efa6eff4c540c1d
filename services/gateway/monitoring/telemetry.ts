import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { BreakerState } from "../breaker/breaker";
import type { FailureKind } from "../errors";
import type { Usage } from "../spend/prices";
import type { DatadogMonitor } from "./datadog";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const STATES: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2 };

/** What the gateway tells of itself: to Prometheus at /metrics, and to Datadog where that is on. */
export class Telemetry {
  readonly registry = new Registry();
  private readonly requests = this.counter("requests_total", "Requests by route and status", ["route", "status"]);
  private readonly attempts = this.counter("attempts_total", "Attempts by target and outcome", ["target", "outcome"]);
  private readonly tokens = this.counter("tokens_total", "Tokens by target and direction, as far as answers tell", [
    "target",
    "direction",
  ]);
  private readonly jobs = this.counter("jobs_finished_total", "Jobs that this process finished, by state", ["state"]);
  private readonly duration = this.histogram("request_seconds", "From a request's arrival to its answer's end", [
    "route",
  ]);
  private readonly firstByte = this.histogram("first_byte_seconds", "From an attempt's start to the first byte out", [
    "route",
  ]);
  private readonly circuits = new Gauge({
    name: "gateway_circuit_state",
    help: "0 closed, 1 half-open, 2 open",
    labelNames: ["target"],
    registers: [this.registry],
  });

  constructor(readonly datadog: DatadogMonitor) {
    collectDefaultMetrics({ register: this.registry });
  }

  request(route: string, status: number, seconds: number): void {
    this.requests.inc({ route, status });
    this.duration.observe({ route }, seconds);
    if (!this.datadog.enabled) return;
    this.datadog.increment("requests", { route, status });
    this.datadog.timing("request.ms", seconds * 1000, { route });
  }

  passed(route: string, firstByteMs: number): void {
    this.firstByte.observe({ route }, firstByteMs / 1000);
    this.datadog.histogram("first_byte.ms", firstByteMs, { route });
  }

  attempt(target: string, outcome: "ok" | FailureKind, usage?: Usage): void {
    this.attempts.inc({ target, outcome });
    this.datadog.increment("attempts", { target, outcome });
    if (!usage) return;
    this.tokens.inc({ target, direction: "input" }, usage.inputTokens);
    this.tokens.inc({ target, direction: "output" }, usage.outputTokens);
  }

  job(state: string): void {
    this.jobs.inc({ state });
    this.datadog.increment("jobs.finished", { state });
  }

  circuit(target: string, state: BreakerState, reason = ""): void {
    this.circuits.set({ target }, STATES[state]);
    this.datadog.gauge("circuit.state", STATES[state], { target });
    if (state === "open") this.datadog.event(`Circuit of ${target} is open`, reason, { target }, "warning");
  }

  /** A number that is read when somebody asks. */
  watch(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `gateway_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  private counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `gateway_${name}`, help, labelNames, registers: [this.registry] });
  }

  private histogram<Label extends string>(name: string, help: string, labelNames: Label[]): Histogram<Label> {
    return new Histogram({ name: `gateway_${name}`, help, labelNames, buckets: SECONDS, registers: [this.registry] });
  }
}
