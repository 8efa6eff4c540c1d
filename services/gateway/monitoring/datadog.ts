import { StatsD } from "hot-shots";
import type { Log } from "../log";
import type { Settings } from "../settings";

type Tags = Readonly<Record<string, string | number>>;

/** Of metrics. hot-shots would put its own before the titles of events too. */
const PREFIX = "llm_gateway.";

/** The part of dd-trace that is used: the module itself is loaded only where it is enabled. */
export interface Tracer {
  trace<T>(name: string, options: { resource?: string; tags?: Tags }, run: () => T): T;
}

/**
 * Metrics, events and spans to the Datadog agent. Everything here may be called without an agent, without a key and with Datadog off: what
 * can't be delivered is dropped, and nothing throws or waits.
 */
export class DatadogMonitor {
  private readonly statsd: StatsD | undefined;
  private told = false;

  /** @param tracer dd-trace, begun before any other module was loaded. Default: no spans */
  constructor(
    settings: Pick<Settings, "ENABLE_DATADOG" | "DD_AGENT_HOST" | "DD_DOGSTATSD_PORT" | "DD_SERVICE" | "DD_ENV">,
    log: Log,
    private readonly tracer?: Tracer,
  ) {
    if (!settings.ENABLE_DATADOG) return;
    this.statsd = new StatsD({
      host: settings.DD_AGENT_HOST,
      port: settings.DD_DOGSTATSD_PORT,
      globalTags: { service: settings.DD_SERVICE, env: settings.DD_ENV },
      maxBufferSize: 1400,
      bufferFlushInterval: 1000,
      errorHandler: (error) => {
        if (this.told) return;
        this.told = true;
        log.warn({ error: error.message }, "The Datadog agent can't be reached: metrics are dropped");
      },
    });
  }

  get enabled(): boolean {
    return this.statsd !== undefined;
  }

  increment(name: string, tags: Tags = {}, by = 1): void {
    this.statsd?.increment(`${PREFIX}${name}`, by, tags);
  }

  gauge(name: string, value: number, tags: Tags = {}): void {
    this.statsd?.gauge(`${PREFIX}${name}`, value, tags);
  }

  histogram(name: string, value: number, tags: Tags = {}): void {
    this.statsd?.histogram(`${PREFIX}${name}`, value, tags);
  }

  /** @param ms milliseconds */
  timing(name: string, ms: number, tags: Tags = {}): void {
    this.statsd?.timing(`${PREFIX}${name}`, ms, tags);
  }

  event(title: string, text: string, tags: Tags = {}, level: "info" | "warning" | "error" = "info"): void {
    this.statsd?.event(
      title,
      text,
      { alert_type: level },
      Object.entries(tags).map(([name, value]) => `${name}:${value}`),
    );
  }

  /** Measures how long a block takes, whether it throws or not. */
  async timed<T>(name: string, run: () => T | Promise<T>, tags: Tags = {}): Promise<T> {
    const start = performance.now();
    try {
      return await run();
    } finally {
      this.timing(name, performance.now() - start, tags);
    }
  }

  /** A span around the call of a model. */
  traceLLM<T>(resource: string, run: () => T, tags: Tags = {}): T {
    return this.trace("llm.request", resource, run, tags);
  }

  /** A span around a task of an agent. */
  traceAgent<T>(resource: string, run: () => T, tags: Tags = {}): T {
    return this.trace("agent.task", resource, run, tags);
  }

  /** A span around a use of the database. */
  traceDb<T>(resource: string, run: () => T, tags: Tags = {}): T {
    return this.trace("db.query", resource, run, tags);
  }

  /** Sends what is left. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.statsd) this.statsd.close(() => resolve());
      else resolve();
    });
  }

  private trace<T>(name: string, resource: string, run: () => T, tags: Tags): T {
    return this.tracer ? this.tracer.trace(name, { resource, tags }, run) : run();
  }
}
