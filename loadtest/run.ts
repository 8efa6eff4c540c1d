import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Interrupted } from "../automation/lib/exit";
import { UserError } from "../automation/lib/user-error";
import { ensurePythonTool } from "../local/environment";
import { type Child, startChild } from "../local/model/child";
import { type LoadTestResult, renderJson, renderMarkdown } from "./report";
import { doubtsIn, parseSamples, summarize } from "./samples";

export interface LoadTestOptions {
  readonly system: "ollama" | "phi3";
  /** Where the requests go: `https://host` or `http://host:port`, without a path. */
  readonly baseUrl: string;
  /** Sent with every request: the key, and a `Host` where the URL is not the name that the system is asked by. Never in a report or a command line. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The model that every request names. */
  readonly model: string;
  readonly users: number;
  readonly spawnRatePerSecond: number;
  /** A system so slow that not everything has been asked by then gets `requestTimeoutSeconds` more. */
  readonly durationSeconds: number;
  /** Gets report.json, report.md, the samples they are made of and Locust's log. */
  readonly outDir: string;
  readonly log: (line: string) => void;
  /** Names of the deployed resources, for the report. Default none. */
  readonly resources?: Readonly<Record<string, string>>;
  /** Most tokens that one request generates. Default 32. */
  readonly maxTokens?: number;
  /** A user starts a request this long after the one before, or as soon as that has ended. Default 2. */
  readonly pacingSeconds?: number;
  /** An answer that takes longer is a failure. Default 120; a request that is under way when the time is up gets as long. */
  readonly requestTimeoutSeconds?: number;
}

const PROGRESS_SECONDS = 5;

/** Paths that a working system answers without a model's doing. */
const knock = { ollama: "/api/tags", phi3: "/health" } as const;

/**
 * Load a running system with Locust and judge every answer; see answers.py for what a good one is.
 *
 * @throws UserError when the options make no sense, Locust can't be installed, or nobody answers at `baseUrl`; Interrupted after
 * Ctrl-C, when Locust has been ended
 */
export async function runLoadTest(options: LoadTestOptions): Promise<LoadTestResult> {
  const { log, outDir, system, model, users, spawnRatePerSecond, durationSeconds, headers = {} } = options;
  const { maxTokens = 32, pacingSeconds = 2, requestTimeoutSeconds = 120, resources = {} } = options;
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const load = { users, spawnRatePerSecond, durationSeconds, pacingSeconds, maxTokens };
  checkOptions({ ...load, requestTimeoutSeconds }, baseUrl);
  const { python } = await ensureLocust(log);
  await someoneAnswers(`${baseUrl}${knock[system]}`, headers);

  mkdirSync(outDir, { recursive: true });
  const files = { samples: join(outDir, "samples.jsonl"), log: join(outDir, "locust.log") };
  writeFileSync(files.samples, "");
  const limits = { maxTokens, pacingSeconds, requestTimeoutSeconds, durationSeconds };
  const plan = { system, baseUrl, headers, model, ...limits, samples: files.samples };
  log(`Load test of ${system}: ${users} users for ${durationSeconds} s`);
  const child = startChild(python, locustArguments(load, requestTimeoutSeconds), {
    env: {
      ...withoutLocustSettings(process.env),
      LOADTEST_PLAN: JSON.stringify(plan),
      PYTHONDONTWRITEBYTECODE: "1",
    },
    logFile: files.log,
  });
  await untilEnded(child, files.samples, log);

  const output = readFileSync(files.log, "utf8");
  const samples = parseSamples(readFileSync(files.samples, "utf8"));
  const mistake = samples.broken[0] ?? (child.ended() === "exit status 0" ? undefined : child.ended());
  if (mistake !== undefined) {
    throw new Error(`The load test itself failed (${mistake}). The end of ${files.log}:\n${child.lastOutput()}`);
  }
  if (samples.requests.length === 0) {
    throw new UserError(
      `Nothing was measured: no request ended within ${durationSeconds} s and the time that those under way had to end.`,
      `Let it last longer. Locust's log is in ${files.log}.`,
    );
  }
  const summary = summarize(samples);
  const result: LoadTestResult = {
    system,
    passed: summary.failures === 0 && summary.neverAsked.length === 0,
    baseUrl,
    model,
    resources,
    ...load,
    locust: samples.locust,
    doubts: doubtsIn(output),
    ...summary,
  };
  writeFileSync(join(outDir, "report.json"), renderJson(result));
  writeFileSync(join(outDir, "report.md"), renderMarkdown(result));
  return result;
}

/**
 * A Python with Locust in it, installed into the cache once.
 *
 * @throws UserError when Python is missing or Locust can't be fetched
 */
export function ensureLocust(log: (line: string) => void) {
  const requirementsFile = join(__dirname, "requirements.txt");
  return ensurePythonTool({ what: "the load test", package: "locust", folder: "locust", requirementsFile }, log);
}

function checkOptions(numbers: Readonly<Record<string, number>>, baseUrl: string): void {
  const wrong = Object.entries(numbers)
    .filter(([, value]) => !(Number.isFinite(value) && value > 0))
    .map(([name, value]) => `${name} is ${value}, expected a number above 0`);
  for (const name of ["users", "maxTokens"]) {
    const value = numbers[name] ?? 0;
    if (value > 0 && !Number.isInteger(value)) wrong.push(`${name} is ${value}, expected a whole number`);
  }
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/") {
    wrong.push(`baseUrl is "${baseUrl}", expected https://host or http://host:port`);
  }
  if (wrong.length > 0) throw new UserError(`The load test can't be run so: ${wrong.join("; ")}.`);
}

/** @throws UserError when there is no HTTP server; what it answers is the load test's matter. */
async function someoneAnswers(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const request = url.startsWith("https:") ? requestHttps : requestHttp;
  const signal = AbortSignal.timeout(30_000);
  await new Promise<void>((resolve, reject) => {
    const asked = request(url, { headers, signal }, (answer) => {
      answer.destroy();
      resolve();
    });
    asked.once("error", (cause) => {
      const hint = "Check that the system is up (./llm outputs <stack>) and that this machine reaches it.";
      const why = signal.aborted ? "no answer within 30 s" : cause.message;
      reject(new UserError(`Nobody answers at ${url}: ${why}.`, hint, { cause }));
    });
    asked.end();
  });
}

function locustArguments(
  load: Readonly<Record<"users" | "spawnRatePerSecond", number>>,
  requestTimeoutSeconds: number,
): string[] {
  return [
    ...["-m", "locust", "--locustfile", join(__dirname, "locustfile.py"), "--headless", "--only-summary"],
    ...["--users", String(load.users), "--spawn-rate", String(load.spawnRatePerSecond)],
    // Requests that are under way may end: without them the slow ones would be missing from the figures.
    ...["--stop-timeout", `${Math.ceil(requestTimeoutSeconds) + 1}s`],
    // Bad answers are told by the samples; then another status means that Locust failed.
    ...["--exit-code-on-error", "0"],
  ];
}

/** Locust takes every option from LOCUST_* too. */
function withoutLocustSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("LOCUST_")));
}

async function untilEnded(child: Child, samplesFile: string, log: (line: string) => void): Promise<void> {
  let stopped = false;
  const stop = () => {
    stopped = true;
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const start = Date.now();
  let told = 0;
  try {
    while (child.ended() === undefined && !stopped) {
      await sleep(100);
      const seconds = Math.floor((Date.now() - start) / 1000);
      if (seconds < told + PROGRESS_SECONDS) continue;
      told = seconds;
      const { requests } = parseSamples(readFileSync(samplesFile, "utf8"));
      log(`${seconds} s: ${requests.length} requests, ${requests.filter(({ error }) => error !== null).length} failed`);
    }
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    await child.stop();
  }
  if (stopped) {
    throw new Interrupted("The load test was stopped.", `What was measured until then is in ${samplesFile}.`);
  }
}
