import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { serveBehind } from "../../local/model/behind";
import type { DemoContext } from "./context";
import { checkClosed, checkLoad, checkRedirect } from "./edge-steps";
import { writeEvidence } from "./evidence";
import type { FrontAnswer, FrontClient } from "./front-client";
import { type ModelEdge, withModelEdge } from "./model-edge";
import type { Report } from "./report";
import { tenths } from "./statistics";
import { check, type Steps } from "./steps";

/** Outputs of the system that the demo drives. */
export const ollamaOutputs = z.object({
  ollamaUrl: z.url(),
  apiKeyParameter: z.string(),
  apiTargetGroupArn: z.string(),
  webUiTargetGroupArn: z.string(),
  loadBalancerDns: z.string(),
  scheme: z.enum(["http", "https"]),
  listenerPort: z.number(),
  groupName: z.string(),
  bucketName: z.string(),
  tableName: z.string(),
  model: z.string(),
});
export type OllamaOutputs = z.output<typeof ollamaOutputs>;

export interface OllamaDemoOptions extends DemoContext {
  readonly outputs: OllamaOutputs;
  /** Seconds of load. Default 15; 0 leaves the load test out. */
  readonly loadSeconds?: number;
}

const prompt = "Why is the sky blue? Answer in one sentence.";
const tokens = 32;

/**
 * Drives the deployed system through CloudFront and writes the evidence. On AWS the fleet answers. Locally a small real model stands in for Ollama behind the deployed
 * load balancer, and nothing does for Open WebUI: what belongs to it is then answered with 503. At the end the model is stopped, to see what callers are told.
 *
 * @throws UserError when the key, the engine or Locust can't be had; a failure of the system is in the report
 */
export function runOllamaDemo(options: OllamaDemoOptions): Promise<Report> {
  const { outputs, region, endpoint, outDir, versions, commit, log } = options;
  const { apiKeyParameter, model, apiTargetGroupArn, ollamaUrl } = outputs;
  const way = {
    endpoint,
    region,
    apiKeyParameter,
    model,
    api: "ollama",
    targetGroupArns: [apiTargetGroupArn],
    log,
  } as const;
  return withModelEdge(way, async (edge) => {
    const front = await edge.enter(ollamaUrl);
    const target = {
      url: ollamaUrl,
      loadBalancer: outputs.loadBalancerDns,
      group: outputs.groupName,
      bucket: outputs.bucketName,
      table: outputs.tableName,
      model,
      ...(edge.engine && { "on this machine": `${edge.engine.description}, in the place of the fleet` }),
    };
    return writeEvidence({ system: "ollama", outDir, versions, commit, target, log }, (steps) =>
      new Demo(options, steps, edge, front).run(),
    );
  });
}

class Demo {
  private readonly api: FrontClient;

  constructor(
    private readonly options: OllamaDemoOptions,
    private readonly steps: Steps,
    private readonly edge: ModelEdge,
    /** Without a key. */
    private readonly front: FrontClient,
  ) {
    this.api = front.with(edge.key);
  }

  async run(): Promise<void> {
    const version = await this.version();
    await this.models(version);
    await this.generate(version);
    await this.chat(version);
    await this.stream(version);
    await this.openAi(version);
    await this.unknownModel(version);
    await this.keys(version);
    await this.webUi();
    await this.redirect();
    await this.loadBalancer();
    await this.bucket();
    await this.load(version);
    await this.engineDown();
  }

  private version() {
    return this.steps.run("Ollama's version, through CloudFront with the key", [], async (details) => {
      const { body, clientMs } = await this.api.expect([200], "/api/version");
      Object.assign(details, { version: body.version, clientMs: tenths(clientMs) });
      check(/^\d+\.\d+/.test(body.version), "The answer has no version.");
      return body.version as string;
    });
  }

  private models(version: string | undefined) {
    return this.steps.run("list of models", [version], async (details) => {
      const { body } = await this.api.expect([200], "/api/tags");
      const names = (body.models as { name: string }[]).map(({ name }) => name);
      details["models"] = names;
      check(names.includes(this.options.outputs.model), `${this.options.outputs.model} is not in the list.`);
    });
  }

  private generate(version: string | undefined) {
    return this.steps.run("generate", [version], async (details) => {
      const json = { ...this.common(), prompt, stream: false };
      const answer = await this.api.expect([200], "/api/generate", { method: "POST", json });
      Object.assign(details, timesOf(answer, answer.body.response));
    });
  }

  private chat(version: string | undefined) {
    return this.steps.run("chat", [version], async (details) => {
      const json = { ...this.common(), ...this.messages(), stream: false };
      const answer = await this.api.expect([200], "/api/chat", { method: "POST", json });
      Object.assign(details, timesOf(answer, answer.body.message?.content));
    });
  }

  private stream(version: string | undefined) {
    return this.steps.run("chat, streamed", [version], async (details) => {
      const json = { ...this.common(), ...this.messages() };
      const lines = await this.api.stream("/api/chat", { method: "POST", json });
      const parts = lines.map(({ atMs, text }) => ({ atMs, part: JSON.parse(text) }));
      const pieces = parts.filter(({ part }) => part.message?.content);
      const [first, last] = [pieces[0], pieces.at(-1)];
      check(first !== undefined && last !== undefined, "No text came.");
      Object.assign(details, {
        text: pieces.map(({ part }) => part.message.content).join(""),
        pieces: pieces.length,
        firstTextMs: tenths(first.atMs),
        lastTextMs: tenths(last.atMs),
        tokens: parts.at(-1)?.part.eval_count,
      });
      check(parts.at(-1)?.part.done === true, "The stream ended without Ollama's closing line.");
      check(pieces.length > 1 && last.atMs > first.atMs, "All text came at once: something on the way holds it back.");
    });
  }

  private openAi(version: string | undefined) {
    return this.steps.run("OpenAI's API", [version], async (details) => {
      const { body: list } = await this.api.expect([200], "/v1/models");
      const json = { model: this.options.outputs.model, ...this.messages(), max_tokens: tokens };
      const { body, clientMs } = await this.api.expect([200], "/v1/chat/completions", { method: "POST", json });
      const text = body.choices?.[0]?.message?.content;
      Object.assign(details, {
        models: list.data?.map(({ id }: { id: string }) => id),
        text,
        clientMs: tenths(clientMs),
      });
      check(typeof text === "string" && text.trim() !== "", "The answer has no text.");
    });
  }

  private unknownModel(version: string | undefined) {
    return this.steps.run("a model that is not there is answered with what is wrong", [version], async (details) => {
      const json = { model: "no-such-model:1b", prompt, stream: false };
      const { status, body } = await this.api.expect([404], "/api/generate", { method: "POST", json });
      Object.assign(details, { status, said: body.error });
      check(String(body.error).includes("no-such-model"), "The answer does not name the model.");
    });
  }

  private keys(version: string | undefined) {
    return this.steps.run("a wrong key, and none, are refused", [version], async (details) => {
      const wrong = this.front.with({ Authorization: "Bearer not-the-key" });
      const json = { ...this.common(), prompt, stream: false };
      const asked = [
        ["POST", "/api/generate", json],
        ["POST", "/api/chat", json],
        ["GET", "/api/tags", undefined],
        ["GET", "/v1/models", undefined],
      ] as const;
      for (const [method, path, body] of asked) {
        const question = { method, ...(body && { json: body }) };
        const none = await this.front.expect([403], path, question);
        const other = await wrong.expect([403], path, question);
        details[`${method} ${path}`] = { withoutKey: none.status, wrongKey: other.status };
      }
    });
  }

  /** No container runs on this machine: its target group is empty, which the load balancer says by 503. */
  private webUi() {
    const here = this.edge.engine !== undefined;
    return this.steps.run("all else is Open WebUI's", [], async (details) => {
      if (here) details["on this machine"] = "Open WebUI does not run here; its target group is empty, hence 503";
      for (const path of ["/", "/health", "/api/v1/auths/signin", "/api/version", "/admin"]) {
        const { status, headers } = await this.front.expect(here ? [503] : [200, 401, 404, 405], path);
        details[path] = status;
        const transport = headers.get("strict-transport-security");
        check(transport !== null, `${path} has no Strict-Transport-Security.`);
      }
    });
  }

  private redirect() {
    return this.steps.run("plain HTTP is redirected to HTTPS", [], (details) =>
      checkRedirect(details, this.edge.enter, this.front, this.options.outputs.ollamaUrl, "/api/tags", this.options),
    );
  }

  /** Without a certificate it lets in CloudFront alone, so on AWS nothing else can ask it. */
  private loadBalancer() {
    const { loadBalancerDns, scheme, listenerPort } = this.options.outputs;
    if (this.options.endpoint === undefined && scheme === "http") return undefined;
    return this.steps.run("the load balancer asks for the key too", [], async (details) => {
      const front = await this.edge.enter(`${scheme}://${loadBalancerDns}:${listenerPort}`);
      const none = await front.expect([403], "/api/tags");
      const key = await front.with(this.edge.key).expect([200], "/api/tags");
      Object.assign(details, { withoutKey: none.status, said: none.text, withKey: key.status });
    });
  }

  private bucket() {
    return this.steps.run("the bucket is closed to requests without a signature", [], async (details) => {
      const { bucketName } = this.options.outputs;
      for (const key of ["web-ui/data.tar.gz", "uploads/any"]) {
        details[key] = await checkClosed(bucketName, key, this.options);
      }
    });
  }

  private load(version: string | undefined) {
    const { loadSeconds = 15, log, outputs, endpoint, region } = this.options;
    if (loadSeconds === 0) return undefined;
    return this.steps.run("load test", [version], (details) => {
      const run = () =>
        checkLoad(details, this.options, {
          system: "ollama",
          baseUrl: this.front.baseUrl,
          headers: this.edge.key,
          model: outputs.model,
          durationSeconds: loadSeconds,
          maxTokens: tokens,
          log,
        });
      const { engine } = this.edge;
      if (!engine || !endpoint) return run();
      // Its users open Open WebUI's page too; here Ollama's own greeting stands for it.
      const behind = { endpoint, region, targetGroupArns: [outputs.webUiTargetGroupArn], port: engine.port };
      return serveBehind(behind, run);
    });
  }

  private engineDown() {
    const { engine } = this.edge;
    if (!engine) return undefined;
    return this.steps.run("callers are told when Ollama is down", [], async (details) => {
      await engine.stop();
      await sleep(200);
      const json = { ...this.common(), prompt, stream: false };
      const answer = await this.api.expect([502, 503, 504], "/api/generate", { method: "POST", json });
      Object.assign(details, { status: answer.status, said: answer.text.slice(0, 200) });
    });
  }

  private common() {
    return { model: this.options.outputs.model, options: { num_predict: tokens, temperature: 0 } };
  }

  private messages() {
    return { messages: [{ role: "user", content: prompt }] };
  }
}

/** What Ollama tells of an answer: text, tokens, and its own times in ms. */
function timesOf({ body, clientMs }: FrontAnswer, text: unknown): Record<string, unknown> {
  check(typeof text === "string" && text.trim() !== "", "The answer has no text.");
  check(body.eval_count > 0, "The answer tells no count of tokens.");
  const milliseconds = (nanoseconds: number) => tenths(nanoseconds / 1e6);
  return {
    text,
    tokens: body.eval_count,
    loadMs: milliseconds(body.load_duration),
    totalMs: milliseconds(body.total_duration),
    tokensPerSecond: tenths(body.eval_count / (body.eval_duration / 1e9)),
    clientMs: tenths(clientMs),
  };
}
