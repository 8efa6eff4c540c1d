import type { FastifyInstance } from "fastify";
import type { Redis } from "ioredis";
import { Authenticator } from "./auth/authenticate";
import { Controls } from "./auth/controls";
import { RateLimits } from "./auth/rate-limits";
import { BreakerBoard } from "./breaker/board";
import { Notices } from "./breaker/notices";
import { VLLMClient } from "./client/vllm-client";
import { type Check, HealthBoard } from "./health/health-board";
import { completionRoutes } from "./http/completions";
import { Gate } from "./http/gate";
import { jobRoutes } from "./http/jobs";
import { platformRoutes } from "./http/platform";
import { createServer } from "./http/server";
import { Jobs } from "./jobs/jobs";
import { LLMRouter } from "./llm-router";
import { DatadogMonitor, type Tracer } from "./monitoring/datadog";
import { Telemetry } from "./monitoring/telemetry";
import type { Parts } from "./parts";
import { firstConnection, openRedis } from "./redis";
import { providersOf, type Target } from "./router/providers";
import type { Settings } from "./settings";
import { SpendLedger } from "./spend/ledger";
import { Upstreams } from "./upstream/upstreams";

export interface Gateway {
  readonly app: FastifyInstance;
  readonly parts: Parts;
  /** Begins to listen, and returns where: `http://127.0.0.1:8080`. */
  start(): Promise<string>;
  /** Takes no more requests, lets running answers end for SHUTDOWN_GRACE_SECONDS, then closes everything. May be called twice. */
  stop(): Promise<void>;
}

/** A gateway, put together from its settings. Nothing is opened to callers before `start`. */
export async function createGateway(
  settings: Settings,
  { tracer }: { readonly tracer?: Tracer } = {},
): Promise<Gateway> {
  const app = await createServer(settings);
  const { log } = app;
  const redis = openRedis(settings, log);
  const telemetry = new Telemetry(new DatadogMonitor(settings, log, tracer));
  const chain = providersOf(settings);
  const targets = chain.flatMap((provider) => provider.targets);
  const circuits = new BreakerBoard({
    targets,
    failures: settings.BREAKER_FAILURES,
    openMs: settings.BREAKER_OPEN_SECONDS * 1000,
    redis,
    log,
    onChange: (target, change) =>
      telemetry.circuit(target.id, change.state, change.state === "open" ? change.reason : ""),
  });
  for (const { id } of targets) telemetry.circuit(id, "closed");
  const { LEAVING_FILE: file } = settings;
  const notices = file === undefined ? undefined : new Notices({ file, targets, circuits, log });
  const router = new LLMRouter({
    chain,
    circuits,
    ledger: new SpendLedger(redis, log),
    telemetry,
    // Before the first check nobody is worse than another.
    healthy: ({ id }) => health.get(`provider:${id}`).status !== "unhealthy",
    loadFactor: settings.REPLICA_LOAD_FACTOR,
  });
  const anyProvider = () =>
    targets.some((target) => health.get(`provider:${target.id}`).status === "healthy" && circuits.of(target).usable);
  const jobs = await Jobs.open({ settings, router, telemetry, log, ready: anyProvider });
  const health = new HealthBoard(checks(settings, targets, redis, jobs), settings.HEALTH_CHECK_SECONDS * 1000, log);
  let stopping: Promise<void> | undefined;
  const parts: Parts = {
    settings,
    authenticator: new Authenticator(settings),
    limits: new RateLimits(redis),
    controls: new Controls(settings, redis),
    gate: new Gate(settings),
    router,
    anyProvider,
    upstreams: new Upstreams(settings),
    telemetry,
    health,
    circuits,
    targets,
    models: [...new Set(chain.map(({ model }) => model))],
    jobsEnabled: jobs !== undefined,
    shuttingDown: () => stopping !== undefined,
  };
  telemetry.watch("running_requests", "Requests that run now", () => parts.gate.requests);
  telemetry.watch("running_streams", "Streams among them", () => parts.gate.streams);
  completionRoutes(app, parts);
  jobRoutes(app, parts, jobs);
  platformRoutes(app, parts);

  const stop = async () => {
    const late = setTimeout(() => app.server.closeAllConnections(), settings.SHUTDOWN_GRACE_SECONDS * 1000);
    // Connections whose answer has ended since are idle, and would stay until the caller's agent closes them.
    const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
    await app.close();
    clearInterval(sweep);
    clearTimeout(late);
    notices?.stop();
    await jobs?.stop();
    await Promise.all([health.stop(), circuits.stop(), parts.upstreams.close(), telemetry.datadog.close()]);
    redis?.disconnect();
  };
  return {
    app,
    parts,
    start: async () => {
      if (redis) await firstConnection(redis);
      await Promise.all([circuits.start(), health.start(), jobs?.start()]);
      notices?.start();
      return app.listen({ host: settings.HOST, port: settings.PORT });
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function checks(
  settings: Settings,
  targets: readonly Target[],
  redis: Redis | undefined,
  jobs: Jobs | undefined,
): Check[] {
  const { VECTOR_STORE_HEALTH_URL: vectors } = settings;
  return [
    ...targets.map(({ id, baseUrl, provider: { apiKey } }) => {
      const client = new VLLMClient({ baseUrl, apiKey });
      const run = async () => {
        const { error } = await client.health();
        if (error !== undefined) throw new Error(error);
      };
      return { name: `provider:${id}`, run };
    }),
    ...(jobs ? [{ name: "database", run: () => jobs.check() }] : []),
    ...(redis ? [{ name: "redis", run: () => redis.ping() }] : []),
    ...(vectors ? [{ name: "vector-store", run: (signal: AbortSignal) => mustBeOk(vectors, signal) }] : []),
  ];
}

async function mustBeOk(url: string, signal: AbortSignal): Promise<void> {
  const { ok, status } = await fetch(url, { signal });
  if (!ok) throw new Error(`HTTP status ${status}`);
}
