import { setTimeout as sleep } from "node:timers/promises";
import multipart from "@fastify/multipart";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import { readKnowledge } from "./bns";
import { Database } from "./database";
import { ApiError, asApiError } from "./errors";
import { Firs } from "./firs";
import { Log } from "./log";
import { MemoryAlarm, type MemoryReading, readMemory } from "./memory";
import { ModelClient } from "./model-client";
import { neverStored, routes } from "./routes";
import type { Settings } from "./settings";
import { Store } from "./store";
import { publishEveryMinute, Telemetry } from "./telemetry";
import { Uploads } from "./uploads";
import { workWith } from "./work";

export interface BackendOptions {
  /** Gets each line of the log. Default: standard output. */
  readonly write?: (line: string) => void;
  readonly readMemory?: () => Promise<MemoryReading>;
  readonly metricsEveryMs?: number;
}

export interface Backend {
  readonly app: FastifyInstance;
  readonly firs: Firs;
  readonly database: Database;
  readonly telemetry: Telemetry;
  /** Waits for the database, takes up unfinished FIRs, listens. @returns the URL */
  start(): Promise<string>;
  /** Lets running FIRs end, closes everything. May be called twice. */
  stop(): Promise<void>;
}

export function logOf(
  settings: Settings,
  write: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Log {
  return new Log({
    level: settings.LOG_LEVEL,
    environment: settings.ENVIRONMENT,
    successSample: settings.LOG_SUCCESS_SAMPLE,
    bytesPerDay: settings.LOG_DAILY_MEGABYTES * 1e6,
    write,
  });
}

/** Before 137: what the log has when the kernel ends the process. */
const alarmLevels = [90, 95];
const databaseWaitMs = 120_000;

/** The backend, put together from its settings. Nothing is opened to callers before `start`. @throws Error when the knowledge base can't be read */
export async function createBackend(settings: Settings, options: BackendOptions = {}): Promise<Backend> {
  const log = logOf(settings, options.write);
  const telemetry = new Telemetry();
  const database = new Database({ settings, onQuery: (ms) => telemetry.see("Database/QueryTime", ms) });
  const store = new Store(database);
  const uploads = new Uploads({
    folder: settings.SESSIONS_FOLDER,
    bucket: settings.TEMP_BUCKET,
    region: settings.AWS_REGION,
    log,
  });
  const client = new ModelClient({
    textUrl: settings.MODEL_BASE_URL,
    speechAndImagesUrl: settings.ASR_OCR_BASE_URL,
    timeoutMs: settings.MODEL_TIMEOUT_SECONDS * 1000,
    onCall: (ms) => telemetry.see("Model/InferenceTime", ms),
  });
  const firs = new Firs({
    store,
    uploads,
    telemetry,
    log,
    limits: {
      maxRunning: settings.MAX_CONCURRENT_FIRS,
      maxWaiting: settings.QUEUE_LENGTH,
      queueAbovePercent: settings.MEMORY_QUEUE_ABOVE_PERCENT,
      resumeBelowPercent: settings.MEMORY_RESUME_BELOW_PERCENT,
      abandonedMs: settings.QUEUE_ABANDONED_SECONDS * 1000,
      maxWaitMs: settings.QUEUE_WAIT_SECONDS * 1000,
    },
    work: workWith({ settings, client, uploads, knowledge: readKnowledge(settings.KB_FOLDER) }),
  });
  const memory = watchMemory(settings, firs, log, options.readMemory ?? readMemory);
  const app = await createServer(settings, log, telemetry);
  routes(app, {
    firs,
    store,
    uploads,
    operatorKey: settings.OPERATOR_KEY,
    health: () => ({ memoryPercent: Math.round(memory.percent()) }),
    ready: async () => {
      const [databaseReady, modelReady] = await Promise.all([database.ready(), client.ready()]);
      return { database: databaseReady, model: modelReady };
    },
  });
  let publisher = { stop: async () => {} };
  const stop = async () => {
    memory.stop();
    // Answers to those who poll go on until the work has ended.
    await firs.stop(settings.SHUTDOWN_GRACE_SECONDS * 1000);
    await app.close();
    await publisher.stop();
    await client.close();
    uploads.close();
    await database.close();
  };
  let stopping: Promise<void> | undefined;
  return {
    app,
    firs,
    database,
    telemetry,
    start: async () => {
      await uploads.open();
      await migrateOnceReachable(database, log);
      await memory.start();
      await firs.recover();
      publisher = publishEveryMinute({
        telemetry,
        connections: () => database.connections,
        namespace: settings.METRICS_NAMESPACE,
        region: settings.AWS_REGION,
        log,
        everyMs: options.metricsEveryMs,
      });
      const url = await app.listen({ host: settings.HOST, port: settings.PORT });
      log.info("listening", { url });
      return url;
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

async function createServer(settings: Settings, log: Log, telemetry: Telemetry): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 64 * 1024,
    forceCloseConnections: "idle",
    // nginx is the only one who connects.
    trustProxy: true,
  });
  await app.register(multipart, {
    limits: { files: 1, fileSize: settings.UPLOAD_LIMIT_BYTES, fields: 0, parts: 1 },
    throwFileSizeLimit: false,
  });
  const origin = settings.PUBLIC_ORIGIN;
  app.addHook("onRequest", async (request, reply) => {
    neverStored(reply);
    if (origin === undefined || request.headers.origin !== origin) return;
    reply.header("access-control-allow-origin", origin).header("vary", "origin");
    if (request.method !== "OPTIONS") return;
    return reply
      .code(204)
      .header("access-control-allow-methods", "GET, POST, DELETE")
      .header("access-control-allow-headers", "authorization, content-type")
      .header("access-control-max-age", 3600)
      .send();
  });
  app.addHook("onResponse", async (request, reply) => {
    // Health checks come every few seconds and say nothing about callers.
    const route = request.routeOptions.url ?? "no route";
    if (route.startsWith("/health")) return;
    const { statusCode, elapsedTime } = reply;
    telemetry.see("API/ResponseTime", elapsedTime);
    telemetry.outcome(statusCode >= 500);
    const fields = { method: request.method, route, status: statusCode, ms: Math.round(elapsedTime) };
    if (statusCode < 400) log.success("request", fields);
    else log.warn("request", fields);
  });
  app.setErrorHandler((thrown, _request, reply) => {
    const known = asApiError(thrown);
    if (!known) log.error("unexpected failure", thrown);
    const error = known ?? new ApiError("internal_error", "The service failed unexpectedly. Try again later.");
    if (error.retryAfterSeconds !== undefined) reply.header("retry-after", error.retryAfterSeconds);
    return reply.code(error.status).send({ error: { code: error.code, message: error.message } });
  });
  app.setNotFoundHandler(() => {
    throw new ApiError("not_found", "There is no such route. POST /api/fir takes a text, a recording or an image.");
  });
  return app;
}

function watchMemory(settings: Settings, firs: Firs, log: Log, read: () => Promise<MemoryReading>) {
  const alarm = new MemoryAlarm(alarmLevels);
  let percent = 0;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    const { percent: now, usedBytes, limitBytes, of } = await read();
    percent = now;
    const level = alarm.see(percent);
    if (level !== undefined) {
      const { rss, heapUsed } = process.memoryUsage();
      const fields = { level, of, usedBytes, limitBytes, ownRss: rss, ownHeap: heapUsed };
      log.warn("memory is nearly full", { ...fields, working: firs.working, waiting: firs.waiting });
    }
    firs.memory(percent);
  };
  return {
    percent: () => percent,
    start: async () => {
      await look();
      timer = setInterval(() => {
        look().catch((error: unknown) => log.error("memory could not be read", error));
      }, settings.MEMORY_CHECK_SECONDS * 1000);
    },
    stop: () => clearInterval(timer),
  };
}

/** At a first start the database may come up after the backend. @throws the database's error after two minutes, or at once when it refuses the user */
async function migrateOnceReachable(database: Database, log: Log): Promise<void> {
  for (const deadline = Date.now() + databaseWaitMs; ; ) {
    try {
      return await database.migrate();
    } catch (error) {
      const { code = "" } = error as { code?: string };
      if (/^ER_/.test(code) || Date.now() > deadline) throw error;
      log.warn("the database can't be reached yet", { code });
      await sleep(2_000);
    }
  }
}
