import { randomUUID } from "node:crypto";
import { z } from "zod";
import { apiKeyHeaders } from "../../loadtest/api-key";
import { serveBehind } from "../../local/model/behind";
import {
  AgentsClient,
  chatOf,
  countOf,
  type Health,
  maxTokens,
  providerOf,
  question,
  told,
  until,
} from "./agents-client";
import { Failures } from "./agents-failures";
import { type Machines, withMachines } from "./agents-machines";
import { checkStreamedChat, figures } from "./chat-steps";
import type { DemoContext } from "./context";
import { checkRedirect } from "./edge-steps";
import { writeEvidence } from "./evidence";
import { type Enter, withEntrance } from "./model-edge";
import type { Report } from "./report";
import { summarize, tenths } from "./statistics";
import { check, type Steps } from "./steps";

/** Outputs of the system that the demo drives. */
export const agentsOutputs = z.object({
  apiUrl: z.url(),
  apiKeyParameter: z.string().optional(),
  loadBalancerDns: z.string(),
  scheme: z.enum(["http", "https"]),
  listenerPort: z.number(),
  targetGroupArn: z.string(),
  enginesGroupName: z.string(),
  serversGroupName: z.string(),
  model: z.string(),
  queueUrl: z.url(),
  gatewaySecretName: z.string(),
  engineKeyParameter: z.string(),
  gatewayEnvironment: z.record(z.string(), z.string()),
  codeBucketName: z.string(),
  codeKey: z.string(),
  codeSha256: z.string(),
});
export type AgentsOutputs = z.output<typeof agentsOutputs>;

export interface AgentsDemoOptions extends DemoContext {
  readonly outputs: AgentsOutputs;
}

const concurrent = 6;
/** A fleet that wakes from zero starts an instance and loads weights first. */
const jobMinutes = { local: 3, aws: 40 } as const;

/**
 * Drives the deployed gateway through CloudFront and its load balancer, and writes the evidence. On AWS its machines answer. Locally two processes of the deployed file
 * do, in the deployed environment, before a real PostgreSQL, a real Redis, the stack's queue and small real models, and each of these is taken away once.
 *
 * @throws UserError when the key, a server or an engine can't be had; a failure of the system is in the report
 */
export async function runAgentsDemo(options: AgentsDemoOptions): Promise<Report> {
  const { outputs, region, endpoint, outDir, versions, commit, log } = options;
  const key = await apiKeyHeaders(outputs.apiKeyParameter, region);
  return withEntrance(endpoint, async (enter) => {
    const client = new AgentsClient(await enter(outputs.apiUrl), key, {
      region,
      queueUrl: outputs.queueUrl,
      patienceMinutes: endpoint === undefined ? jobMinutes.aws : jobMinutes.local,
    });
    const drive = (machines: Machines | undefined) => {
      const target = {
        api: outputs.apiUrl,
        loadBalancer: outputs.loadBalancerDns,
        groups: `${outputs.serversGroupName}, ${outputs.enginesGroupName}`,
        queue: outputs.queueUrl,
        code: `s3://${outputs.codeBucketName}/${outputs.codeKey}`,
        ...machines?.differences,
      };
      return writeEvidence({ system: "agents", outDir, versions, commit, target, log }, (steps) =>
        new Demo(options, steps, { enter, client, machines }).run(),
      );
    };
    if (endpoint === undefined) return drive(undefined);
    const parts = {
      region,
      environment: outputs.gatewayEnvironment,
      code: { bucket: outputs.codeBucketName, key: outputs.codeKey, sha256: outputs.codeSha256 },
      gatewaySecret: outputs.gatewaySecretName,
      engineKeyParameter: outputs.engineKeyParameter,
      model: outputs.model,
      log,
    };
    return withMachines(parts, (machines) => {
      const { targetGroupArn } = outputs;
      const behind = { endpoint, region, targetGroupArns: [targetGroupArn], port: machines.server.port };
      return serveBehind(behind, () => drive(machines));
    });
  });
}

interface Way {
  readonly enter: Enter;
  readonly client: AgentsClient;
  /** Undefined on AWS. */
  readonly machines: Machines | undefined;
}

class Demo {
  private readonly client: AgentsClient;
  private readonly outputs: AgentsOutputs;

  constructor(
    private readonly options: AgentsDemoOptions,
    private readonly steps: Steps,
    private readonly way: Way,
  ) {
    this.client = way.client;
    this.outputs = options.outputs;
  }

  async run(): Promise<void> {
    const { machines } = this.way;
    const key = randomUUID();
    const taken = await (machines ? this.jobWithoutEngine(machines, key) : this.submitJob(key));
    const first = await this.firstJob(key, taken);
    await this.health(first);
    await this.models(first);
    await this.completion(first);
    await this.chat(first);
    await this.streaming(first);
    await this.manyAtOnce(first);
    await this.sessions(first);
    await this.badRequest(first);
    await this.keys(first);
    await this.loadBalancer();
    await this.redirect();
    if (machines) await new Failures(this.steps, this.client, machines).run(first);
  }

  private submitJob(key: string) {
    return this.steps.run("a job is taken in, also when the fleet is at zero", [], async (details) => {
      const { id, status } = await this.client.submit(question, maxTokens, key);
      Object.assign(details, { job: id, status });
      return id;
    });
  }

  private jobWithoutEngine({ server, worker }: Machines, key: string) {
    return this.steps.run("without any engine a job is taken in, and the queue calls for one", [], async (details) => {
      await Promise.all([server.start(), worker.start()]);
      const ready = await this.client.front.expect([200], "/api/health/ready");
      const report = await this.client.front.expect([503], "/api/health/");
      const job = await this.client.submit(question, maxTokens, key);
      await until(async () => (await this.client.queued()) === 1, 10, "The queue has no message.");
      const { status: health } = report.body as Health;
      Object.assign(details, { health, ready: ready.body.status, job: job.id, status: job.status, messages: 1 });
      check(job.status === "queued", `The job is ${job.status}.`);
      return job.id;
    });
  }

  private firstJob(key: string, taken: string | undefined) {
    return this.steps.run("an engine starts, and the job is done once", [taken], async (details, id) => {
      const { machines } = this.way;
      const start = performance.now();
      await machines?.engine.start();
      const done = await this.client.finished(id);
      Object.assign(details, { afterMs: tenths(performance.now() - start), ...told(done) });
      if (machines) details["engine"] = machines.engine.description;
      const again = await this.client.submit(question, maxTokens, key, [200]);
      check(again.id === id, "The same idempotency key gave another job.");
      check(JSON.stringify(again.response) === JSON.stringify(done.response), "The same job gave another answer.");
      if (machines) await until(async () => (await this.client.queued()) === 0, 15, "The queue still has its message.");
      return true as const;
    });
  }

  private health(first: true | undefined) {
    return this.steps.run("health: live, ready, and every component with its status", [first], async (details) => {
      const { machines } = this.way;
      for (const path of ["/api/health/live", "/api/health/ready"]) {
        const { status, clientMs } = await this.client.front.expect([200], path);
        details[path] = { status, clientMs: tenths(clientMs) };
      }
      const { body } = await this.client.front.expect([200], "/api/health/");
      details["report"] = body;
      const { status, components } = body as Health;
      const wanted = ["provider:vllm/0", "database", "redis"];
      const ill = wanted.filter((name) => components[name]?.status !== "healthy");
      check(ill.length === 0, `${ill.join(", ")} not healthy.`);
      // Locally some replicas have no engine behind their name, as in a fleet below its largest size.
      if (machines) check(status === "degraded", `With names without engines the whole is ${status}.`);
    });
  }

  private models(first: true | undefined) {
    return this.steps.run("list of models", [first], async (details) => {
      const { body } = await this.client.api.expect([200], "/v1/models");
      const names = (body.data as { id: string }[]).map(({ id }) => id);
      details["models"] = names;
      check(names.includes("auto") && names.includes(this.outputs.model), `The list has ${names.join(", ")}.`);
    });
  }

  private completion(first: true | undefined) {
    return this.steps.run("completion", [first], async (details) => {
      const json = { model: this.outputs.model, prompt: question, max_tokens: maxTokens, temperature: 0 };
      const answer = await this.client.api.expect([200], "/v1/completions", { method: "POST", json });
      Object.assign(details, figures(answer, answer.body.choices?.[0]?.text), { provider: providerOf(answer) });
    });
  }

  private chat(first: true | undefined) {
    return this.steps.run("chat, with the model left to the gateway", [first], async (details) => {
      const answer = await this.client.ask();
      const text = answer.body.choices?.[0]?.message?.content;
      Object.assign(details, figures(answer, text), { provider: providerOf(answer) });
    });
  }

  private streaming(first: true | undefined) {
    return this.steps.run("chat streamed by CloudFront", [first], (details) =>
      checkStreamedChat(details, this.client.api, chatOf({ stream: true, stream_options: { include_usage: true } })),
    );
  }

  private manyAtOnce(first: true | undefined) {
    return this.steps.run(`${concurrent} chats at once`, [first], async (details) => {
      const answers = await Promise.all(Array.from({ length: concurrent }, () => this.client.ask()));
      details["clientMs"] = summarize(answers.map(({ clientMs }) => clientMs));
      details["providers"] = countOf(answers);
    });
  }

  private sessions(first: true | undefined) {
    return this.steps.run("a private chat, and two of a session, stay on one replica", [first], async (details) => {
      const headers = { "x-session-id": "demo", "x-llm-private": "true" };
      const providers = [await this.client.ask({}, headers), await this.client.ask({}, headers)].map(providerOf);
      details["providers"] = providers;
      check(new Set(providers).size === 1, `They went to ${providers.join(" and ")}.`);
      check(/^(vllm|ollama)/.test(providers[0] ?? ""), `A private request was answered by ${providers[0]}.`);
    });
  }

  private badRequest(first: true | undefined) {
    return this.steps.run("wrong requests are answered with what is wrong", [first], async (details) => {
      const post = (json: object) => ({ method: "POST", json });
      const unknown = await this.client.api.expect(
        [404],
        "/v1/chat/completions",
        post(chatOf({ model: "no-such-model" })),
      );
      const empty = await this.client.api.expect([400], "/v1/jobs", post({ request: {} }));
      Object.assign(details, { unknownModel: unknown.body.error, emptyJob: empty.body.error });
      check(JSON.stringify(unknown.body).includes("no-such-model"), "The answer does not name the model.");
    });
  }

  private keys(first: true | undefined) {
    if (Object.keys(this.client.key).length === 0) return undefined;
    return this.steps.run("a wrong key, and none, are refused", [first], async (details) => {
      const { front } = this.client;
      const wrong = front.with({ Authorization: "Bearer not-the-key" });
      for (const [name, client] of Object.entries({ none: front, wrong })) {
        const { status, body } = await client.expect([401], "/v1/chat/completions", { method: "POST", json: chatOf() });
        details[name] = { status, code: body.error?.code };
      }
    });
  }

  /** Without a certificate it lets in CloudFront alone, so on AWS nothing else can ask it. */
  private loadBalancer() {
    const { loadBalancerDns, scheme, listenerPort } = this.outputs;
    if (this.options.endpoint === undefined && scheme === "http") return undefined;
    return this.steps.run("metrics and unknown paths are closed to callers", [], async (details) => {
      const balancer = await this.way.enter(`${scheme}://${loadBalancerDns}:${listenerPort}`);
      for (const path of ["/metrics", "/admin"]) details[path] = (await balancer.expect([403], path)).status;
      const trip = { method: "POST", json: { target: "vllm/0", reason: "demo" } };
      details["/api/circuits/trip"] = (await balancer.expect([403], "/api/circuits/trip", trip)).status;
    });
  }

  private redirect() {
    return this.steps.run("plain HTTP is redirected to HTTPS", [], (details) =>
      checkRedirect(details, this.way.enter, this.client.front, this.outputs.apiUrl, "/v1/models", this.options),
    );
  }
}
