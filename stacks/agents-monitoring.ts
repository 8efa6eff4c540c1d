import type { PostgresDatabase } from "../components/data/postgres-database";
import type { RedisCache } from "../components/data/redis-cache";
import type { Distribution } from "../components/edge/distribution";
import type { LoadBalancerTarget } from "../components/edge/load-balancer";
import type { Fleet } from "../components/inference/fleet";
import type { SystemContext } from "../components/lib/context";
import type { Queue } from "../components/messaging/queue";
import { Dashboard } from "../components/observability/dashboard";
import type { MetricMath } from "../components/observability/metric";
import type { AgentsSettings } from "./agents-settings";
import {
  type AlarmSubject,
  edgeGraphs,
  type Front,
  fleetGraphs,
  type MakeAlarm,
  trafficGraphs,
  watchServing,
} from "./inference-parts";
import { vllmRows } from "./vllm-monitoring";

/** Namespace of the metrics that instances send. */
export const namespace = "agents";
/** Seconds that the 99th percentile may wait for an answer to begin; whole answers are long in coming, so there is no alarm on it. */
const slowSeconds = 60;
/** Minutes in which an engine should serve: its image and weights have to be fetched. */
const scaleMinutes = 45;
/** How many times the backlog that engines are added for is too much. */
const backlogFactor = 3;
const gib = 1024 ** 3;
/** Percent. */
const limits = { databaseCpu: 80, cacheCpu: 80, cacheMemory: 80, freeStorage: 10 } as const;
/** Free memory, in bytes, below which PostgreSQL soon swaps. */
const leastFreeMemory = 0.1 * gib;
const slowestReplicaSeconds = 30;

/** What alarms and the dashboard look at. */
export interface Watched {
  readonly front: Front;
  readonly distribution: Distribution;
  readonly servers: Fleet;
  readonly target: LoadBalancerTarget;
  readonly engines: Fleet;
  readonly jobs: Queue;
  readonly database: PostgresDatabase;
  readonly cache: RedisCache;
}

/** Alarms that someone is woken by. */
export function watch(alarm: MakeAlarm, settings: AgentsSettings, watched: Watched): void {
  const { servers, target, database, cache } = watched;
  watchServing(alarm, servers, target);
  watchJobs(alarm, settings, watched);
  watchDatabase(alarm, database, settings.database.storageGiB);
  watchCache(alarm, cache, settings.cache.nodes);
}

function watchJobs(alarm: MakeAlarm, settings: AgentsSettings, { jobs, engines }: Watched): void {
  const { jobAgeSeconds, backlogPerInstance } = settings;
  alarm("queue-age", {
    metric: jobs.metricAgeOfOldest(),
    description: `A job has waited for more than ${jobAgeSeconds} s.`,
    ...above(jobAgeSeconds, 5),
  });
  alarm("backlog", {
    metric: backlog(jobs, engines),
    description: `For half an hour more than ${backlogFactor} times as many jobs have waited for each engine as should; the fleet does not catch up.`,
    ...above(backlogFactor * backlogPerInstance, 30),
  });
  alarm("failed-jobs", {
    metric: jobs.deadLetters.metricDepth(),
    description: "A job was given up and lies in the dead-letter queue.",
    ...above(0, 1),
  });
  alarm("slow-to-scale", {
    metric: starting(engines),
    description: `Engines have been wanted for ${scaleMinutes} minutes and do not serve; EC2 may have none of that type, or they fail at start.`,
    ...above(0, scaleMinutes),
  });
}

function watchDatabase(alarm: MakeAlarm, database: PostgresDatabase, storageGiB: number): void {
  alarm("database-cpu", {
    metric: database.metricCpu(),
    description: `The database's CPU has been above ${limits.databaseCpu} % for 15 minutes.`,
    ...above(limits.databaseCpu, 15),
    // It sends metrics for as long as it is there.
    treatMissingData: "breaching",
  });
  alarm("database-storage", {
    metric: database.metricFreeStorage(),
    description: `Less than ${limits.freeStorage} % of the database's storage is free; it grows by itself until its largest size.`,
    ...below((limits.freeStorage / 100) * storageGiB * gib, 5),
  });
  alarm("database-memory", {
    metric: database.metricFreeMemory(),
    description: "The database has almost no free memory and may soon swap.",
    ...below(leastFreeMemory, 15),
  });
}

function watchCache(alarm: MakeAlarm, cache: RedisCache, nodes: number): void {
  alarm("cache-cpu", {
    metric: cache.metricCpu(),
    description: `Redis has used more than ${limits.cacheCpu} % of its CPU for 15 minutes.`,
    ...above(limits.cacheCpu, 15),
    treatMissingData: "breaching",
  });
  alarm("cache-memory", {
    metric: cache.metricMemory(),
    description: `Redis has more than ${limits.cacheMemory} % of its memory in use; beyond it limits and spend are forgotten.`,
    ...above(limits.cacheMemory, 5),
  });
  alarm("cache-evictions", {
    metric: cache.metricEvictions(),
    description: "Redis throws keys out for want of memory, and with them limits and spend.",
    ...above(0, 5),
  });
  if (nodes === 1) return;
  alarm("cache-replication", {
    metric: cache.metricReplicationLag(),
    description: `A replica of Redis is more than ${slowestReplicaSeconds} s behind; a failover would lose what it lacks.`,
    ...above(slowestReplicaSeconds, 5),
  });
}

type Limit = Pick<AlarmSubject, "comparison" | "threshold" | "periods" | "treatMissingData">;

function above(threshold: number, periods: number): Limit {
  return {
    comparison: ">",
    threshold,
    periods: { evaluated: periods, breaching: periods },
    treatMissingData: "notBreaching",
  };
}

function below(threshold: number, periods: number): Limit {
  return { ...above(threshold, periods), comparison: "<" };
}

/** Jobs that wait for each engine that serves; all of them where none does. */
function backlog(jobs: Queue, engines: Fleet): MetricMath {
  return {
    expression: "IF(FILL(serving, 0) < 1, FILL(waiting, 0), FILL(waiting, 0) / serving)",
    using: { waiting: jobs.metricVisible(), serving: engines.metricInService() },
    label: "jobs waiting for each engine",
  };
}

/** Engines that are wanted and do not serve yet: for how long they are more than none is the time to scale. */
function starting(engines: Fleet): MetricMath {
  return {
    expression: "wanted - serving",
    using: { wanted: engines.metricWanted(), serving: engines.metricInService() },
    label: "engines on their way",
  };
}

export function createDashboard(context: SystemContext, settings: AgentsSettings, watched: Watched): Dashboard {
  const { front, distribution, servers, engines, jobs, database, cache } = watched;
  return new Dashboard("agents-dashboard", {
    context,
    rows: [
      { title: "Requests", graphs: trafficGraphs(front.loadBalancer, slowSeconds) },
      {
        title: "Jobs",
        graphs: [
          { title: "Jobs", signals: [jobs.metricVisible(), jobs.metricInFlight()], axis: { min: 0 } },
          {
            title: "Age of the oldest job (s)",
            signals: [jobs.metricAgeOfOldest()],
            axis: { min: 0 },
            limit: { value: settings.jobAgeSeconds, label: "alarm" },
          },
          {
            title: "Jobs waiting for each engine",
            signals: [backlog(jobs, engines)],
            axis: { min: 0 },
            limit: { value: settings.backlogPerInstance, label: "engines are added" },
          },
          {
            title: "Jobs per minute",
            signals: [jobs.metricSent(), jobs.metricDeleted()],
            axis: { min: 0 },
          },
        ],
      },
      ...vllmRows(engines, namespace, settings.scaling.upAbove),
      {
        title: "Engines, their time to scale and cost",
        graphs: [
          { title: "Engines on their way", signals: [starting(engines)], axis: { min: 0 } },
          ...fleetGraphs(engines, settings.instanceTypes),
        ],
      },
      { title: "Servers and cost", graphs: fleetGraphs(servers, settings.servers.instanceTypes) },
      {
        title: "Database",
        graphs: [
          {
            title: "CPU (%)",
            signals: [database.metricCpu()],
            axis: { min: 0, max: 100 },
            limit: { value: limits.databaseCpu, label: "alarm" },
          },
          { title: "Connections", signals: [database.metricConnections()], axis: { min: 0 } },
          { title: "Write latency (s)", signals: [database.metricWriteLatency()], axis: { min: 0 } },
          {
            title: "Free (bytes)",
            signals: [database.metricFreeStorage(), database.metricFreeMemory()],
            axis: { min: 0 },
          },
        ],
      },
      {
        title: "Redis",
        graphs: [
          {
            title: "CPU and memory (%)",
            signals: [cache.metricCpu(), cache.metricMemory()],
            axis: { min: 0, max: 100 },
            limit: { value: limits.cacheMemory, label: "alarm" },
          },
          { title: "Connections", signals: [cache.metricConnections()], axis: { min: 0 } },
          { title: "Evicted keys", signals: [cache.metricEvictions()], axis: { min: 0 } },
        ],
      },
      { title: "Edge", graphs: edgeGraphs(front, distribution) },
    ],
  });
}
