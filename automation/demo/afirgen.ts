import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchClient, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { GetBucketLifecycleConfigurationCommand } from "@aws-sdk/client-s3";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { z } from "zod";
import { startBackend } from "../../local/afirgen/backend";
import { type FirView, firClient } from "../../local/afirgen/client";
import { paint, speak, statement, wordErrorRate } from "../../local/afirgen/statements";
import { startWhole, type Whole } from "../../local/afirgen/whole";
import { variableNames } from "../../services/afirgen/backend/settings-variables";
import { metricNames } from "../../services/afirgen/metrics";
import { createS3Client } from "../../services/lib/s3";
import { assess, freePlans } from "../../services/usage-report/assess";
import { monthOf } from "../../services/usage-report/month";
import { makeClients, readUsage } from "../../services/usage-report/sources";
import { MachineFolders, memoryOf, readVariables, uploadWhisper } from "./afirgen-machine";
import { awsCloud } from "./cloud";
import type { DemoContext } from "./context";
import { writeEvidence } from "./evidence";
import type { Report } from "./report";
import { check, type Steps } from "./steps";

/** Outputs of the system that the demo reads. */
export const afirgenOutputs = z.object({
  pageUrl: z.url(),
  apiUrl: z.url(),
  variablesPath: z.string().startsWith("/"),
  modelsBucketName: z.string(),
  tempBucketName: z.string(),
  metricsNamespace: z.string(),
  logGroup: z.string(),
  usageReport: z.object({ plan: z.enum(freePlans), buckets: z.array(z.string()), holdsAccount: z.boolean() }),
});
export type AfirgenOutputs = z.output<typeof afirgenOutputs>;

export interface AfirgenDemoOptions extends DemoContext {
  readonly outputs: AfirgenOutputs;
}

/** Milliseconds that the design document allows on the deployed machine. */
const allowedMs = { text: 45_000, audio: 90_000, image: 60_000 } as const;
const backendLimitMb = 274;

/**
 * Drives AFIRGen and writes the evidence. On AWS it asks the deployed machine. Locally no container runs, so the deployed parts run as processes here, with the stack's
 * variables, buckets and namespace on the local AWS: the backend's bundle, the speech and image server, nginx with its configuration; MariaDB for RDS, a small model for
 * the large ones. Times of this machine are told, not judged.
 *
 * @throws UserError when a part can't be had; a failure of the system is in the report
 */
export async function runAfirgenDemo(options: AfirgenDemoOptions): Promise<Report> {
  const { outputs, region, endpoint, log } = options;
  if (endpoint === undefined) {
    const target = { page: outputs.pageUrl, api: outputs.apiUrl };
    const remote = outputs.apiUrl.replace(/\/api$/, "");
    return writeEvidence({ system: "afirgen", target, ...options }, (steps) =>
      new Demo(options, steps, remote, undefined).run({}),
    );
  }
  const variables = await readVariables(outputs.variablesPath, region);
  const { DB_NAME: name, DB_USER: user, DB_PASSWORD: password } = variables;
  const environment = {
    ...variables,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  const whole = await startWhole({ log, variables: environment, database: { name, user, password } });
  try {
    const target = {
      page: outputs.pageUrl,
      "on this machine": `${whole.model.description}; ${whole.speechAndImages.description}; MariaDB in the place of RDS`,
      "temp bucket": outputs.tempBucketName,
      metrics: outputs.metricsNamespace,
    };
    return await writeEvidence({ system: "afirgen", target, ...options }, (steps) =>
      new Demo(options, steps, whole.url, whole).run(environment),
    );
  } finally {
    await whole.stop();
  }
}

class Demo {
  private readonly api: ReturnType<typeof firClient>;
  private readonly folder = mkdtempSync(join(tmpdir(), "afirgen-demo-"));

  constructor(
    private readonly options: AfirgenDemoOptions,
    private readonly steps: Steps,
    private readonly url: string,
    private readonly whole: Whole | undefined,
  ) {
    this.api = firClient(url);
  }

  async run(variables: Readonly<Record<string, string>>): Promise<void> {
    try {
      if (this.whole) await this.variables(variables);
      if (this.whole) await this.models();
      const text = await this.text();
      await this.file("audio");
      await this.file("image");
      await this.three(text);
      if (this.whole) await this.uploads();
      if (this.whole) await this.queue(this.whole, variables);
      if (this.whole) await this.restart(this.whole);
      if (this.whole) await this.logs(this.whole);
      if (this.whole) await this.memory(this.whole);
      await this.metrics();
      await this.usage();
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private variables(variables: Readonly<Record<string, string>>) {
    return this.steps.run("the stack's parameters are the backend's variables", [], async (details) => {
      const names = Object.keys(variables)
        .filter((name) => !/^AWS_(ENDPOINT|ACCESS|SECRET)/.test(name))
        .sort();
      details["variables"] = names;
      const unknown = names.filter((name) => !(variableNames as readonly string[]).includes(name));
      check(unknown.length === 0, `The backend does not know ${unknown.join(", ")}.`);
      check(Boolean(variables["DB_PASSWORD"] && variables["DB_HOST"]), "Host or password of the database is missing.");
    });
  }

  private models() {
    const { outputs, region, log } = this.options;
    return this.steps.run("models come from S3 once, by checksum", [], async (details) => {
      const files = await uploadWhisper(outputs.modelsBucketName, region, log);
      const machine = new MachineFolders({
        ...{ AWS_REGION: region, MODELS_BUCKET: outputs.modelsBucketName },
        PARAMETER_PREFIX: outputs.variablesPath,
      });
      try {
        details["files"] = files.map(({ path, bytes }) => `${path} (${bytes} bytes)`);
        details["first"] = (await machine.script("download-models")).split("\n").at(-1);
        details["second"] = (await machine.script("download-models")).split("\n").at(-1);
        details["S3 GETs by month"] = machine.gets();
        const expected = files.length + 2;
        check(
          machine.gets().endsWith(` ${expected}`),
          `Expected ${expected} GETs: each file once, the manifest twice.`,
        );
      } finally {
        machine.dispose();
      }
    });
  }

  private text() {
    return this.steps.run("FIR from words", [], async (details) => {
      const done = await this.api.end(await this.api.text(statement));
      this.tell(details, done, "text");
      check(done.status === "done", done.error ?? `It is ${done.status}.`);
      return done.id;
    });
  }

  private file(source: "audio" | "image") {
    return this.steps.run(`FIR from ${source === "audio" ? "a recording" : "a picture"}`, [], async (details) => {
      const bytes = await (source === "audio" ? speak : paint)(statement, this.folder);
      const done = await this.api.end(await this.api.file(bytes, source === "audio" ? "audio/wav" : "image/png"));
      this.tell(details, done, source);
      Object.assign(details, { said: statement, understood: done.statement });
      const wrong = wordErrorRate(statement, done.statement ?? "");
      details["word error rate"] = `${(100 * wrong).toFixed(0)} %`;
      check(done.status === "done", done.error ?? `It is ${done.status}.`);
      check(wrong < 0.5, "More than half of the words are wrong.");
    });
  }

  private tell(details: Record<string, unknown>, done: FirView, source: keyof typeof allowedMs): void {
    Object.assign(details, { status: done.status, ms: done.generationMs, fir: done.fir });
    const allowed = `${allowedMs[source]} ms on the deployed machine`;
    details["allowed"] = this.whole ? `${allowed}; this one says nothing of that` : allowed;
  }

  private three(text: string | undefined) {
    return this.steps.run("three at once", [text], async (details) => {
      const answers = await Promise.all([1, 2, 3].map((number) => this.api.text(`${statement} Report ${number}.`)));
      const done = await Promise.all(answers.map((answer) => this.api.end(answer)));
      details["ms"] = done.map(({ generationMs }) => generationMs);
      if (this.whole) details["connections to the database"] = await connections(this.whole);
      details["processes ended"] = this.whole?.backend.supervisor.endings.length;
      check(
        done.every(({ status }) => status === "done"),
        `They are ${done.map(({ status }) => status).join(", ")}.`,
      );
      check(
        ((details["connections to the database"] as number | undefined) ?? 0) <= 5,
        "There are more than 5 connections.",
      );
    });
  }

  private uploads() {
    const { tempBucketName: Bucket } = this.options.outputs;
    return this.steps.run("uploads are in the temp bucket for a day", [], async (details) => {
      const found = await awsCloud(this.options.region).list(Bucket, "uploads/");
      details["objects"] = found.length;
      const s3 = createS3Client({ region: this.options.region });
      const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
      s3.destroy();
      details["expires after days"] = Rules.flatMap(({ Expiration }) => Expiration?.Days ?? []);
      check(found.length >= 2, "Recording and picture are not both there.");
      check((details["expires after days"] as number[]).includes(1), "No rule lets them expire after a day.");
    });
  }

  /** A second backend whose limit is so low that memory is always short. */
  private queue(whole: Whole, variables: Readonly<Record<string, string>>) {
    return this.steps.run("when memory is short FIRs wait, and the eleventh is refused", [], async (details) => {
      details["on this machine"] = "limits of 1 % in the place of 85 and 80 %, so that any machine's memory is short";
      const backend = await startBackend({
        ...variables,
        ...whole.database.variables,
        ...{ MODEL_BASE_URL: `${whole.model.endpoint}/v1`, ASR_OCR_BASE_URL: whole.speechAndImages.baseUrl },
        ...{ MEMORY_QUEUE_ABOVE_PERCENT: "1", MEMORY_RESUME_BELOW_PERCENT: "1" },
      });
      try {
        const api = firClient(backend.url);
        const answers = [];
        for (let index = 0; index < 11; index += 1) answers.push(await api.text(`${statement} ${index}`));
        const bodies = (await Promise.all(answers.slice(0, 10).map((answer) => answer.json()))) as FirView[];
        details["positions"] = bodies.map(({ position }) => position);
        details["eleventh"] = `${answers[10]?.status}, Retry-After ${answers[10]?.headers.get("retry-after")} s`;
        await api.cancel(bodies[0]?.id ?? "");
        details["the second's place once the first has left"] = (await api.get(bodies[1]?.id ?? "")).position;
        for (const { id } of bodies.slice(1)) await api.cancel(id);
        check(String(details["positions"]) === "1,2,3,4,5,6,7,8,9,10", "The positions are not 1 to 10.");
        check(answers[10]?.status === 503, "The eleventh was not refused with 503.");
        check(details["the second's place once the first has left"] === 1, "The queue did not move up.");
      } finally {
        await backend.stop();
      }
    });
  }

  private restart(whole: Whole) {
    return this.steps.run("a backend that is killed is there again and goes on", [], async (details) => {
      const answer = await this.api.text(`${statement} Before the restart.`);
      await sleep(500);
      const { pid, endings } = whole.backend.supervisor;
      check(pid !== undefined, "The backend does not run.");
      process.kill(pid, "SIGKILL");
      const start = Date.now();
      while (!(await healthy(this.url))) {
        check(Date.now() - start < 30_000, "It did not answer within 30 s.");
        await sleep(50);
      }
      Object.assign(details, { "exit code": endings.at(-1)?.exitCode, "answering again after ms": Date.now() - start });
      const done = await this.api.end(answer);
      details["FIR under way"] = done.status;
      check(endings.at(-1)?.exitCode === 137, "The exit code is not 137.");
      check(done.status === "done", "The FIR that was under way did not end well.");
    });
  }

  private logs(whole: Whole) {
    return this.steps.run("logs are few and hold nobody's words", [], async (details) => {
      const output = `${whole.backend.supervisor.output()}${whole.nginx.output()}`;
      details["bytes"] = Buffer.byteLength(output);
      details["lines"] = output.split("\n").length - 1;
      check(!/Asha|railway|red cap/.test(output), "Words of the statement are in the log.");
    });
  }

  private memory(whole: Whole) {
    return this.steps.run("memory of the backend", [], async (details) => {
      const used = memoryOf(whole.backend.supervisor.pid);
      Object.assign(details, used, { "limit of its container": `${backendLimitMb} MB` });
      check(used !== undefined && used.mostMb < backendLimitMb, "It needs more than its container has.");
    });
  }

  private metrics() {
    const { outputs, region, log } = this.options;
    return this.steps.run("metrics are of the ten, without dimensions", [], async (details) => {
      const client = new CloudWatchClient({ region });
      try {
        log("Waiting for the backend's next minute of metrics");
        for (const deadline = Date.now() + 90_000; ; await sleep(2_000)) {
          const { Metrics = [] } = await client.send(new ListMetricsCommand({ Namespace: outputs.metricsNamespace }));
          if (Metrics.length === 0 && Date.now() < deadline) continue;
          const names = [...new Set(Metrics.map(({ MetricName = "" }) => MetricName))].sort();
          details["metrics"] = names;
          check(names.length > 0, "There are none.");
          check(
            names.every((name) => (metricNames as readonly string[]).includes(name)),
            "One is not of the ten.",
          );
          check(
            Metrics.every(({ Dimensions = [] }) => Dimensions.length === 0),
            "One has dimensions.",
          );
          check(Metrics.length <= 10, "There are more than ten.");
          return;
        }
      } finally {
        client.destroy();
      }
    });
  }

  private usage() {
    const { usageReport } = this.options.outputs;
    return this.steps.run("what was used of the free tier", [], async (details) => {
      const month = monthOf(new Date());
      const { readings } = await readUsage(makeClients(), month, {
        buckets: usageReport.buckets,
        askCostExplorer: false,
      });
      const { rows } = assess(readings, month, usageReport.plan);
      for (const { what, used, limit, state } of rows) details[what] = `${used ?? "unknown"} of ${limit}: ${state}`;
      if (!usageReport.holdsAccount) {
        details["limits"] = "told, not judged: other systems use the account, too";
        return;
      }
      const over = rows.filter(({ state }) => state === "over").map(({ what }) => what);
      check(over.length === 0, `Over the limit: ${over.join(", ")}.`);
    });
  }
}

async function connections({ database }: Whole): Promise<number> {
  const { DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = database.variables;
  const sql = await createConnection({
    host: "127.0.0.1",
    port: Number(DB_PORT),
    user: DB_USER,
    password: DB_PASSWORD,
    database: DB_NAME,
  });
  try {
    const [rows] = await sql.query<RowDataPacket[]>("SHOW PROCESSLIST");
    // One of them is this one.
    return rows.filter(({ User }) => User === DB_USER).length - 1;
  } finally {
    await sql.end();
  }
}

async function healthy(url: string): Promise<boolean> {
  return fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
