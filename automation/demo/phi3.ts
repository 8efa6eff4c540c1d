import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { checkStreamedChat, figures } from "./chat-steps";
import type { DemoContext } from "./context";
import { checkClosed, checkLoad, checkRedirect } from "./edge-steps";
import { writeEvidence } from "./evidence";
import type { FrontClient } from "./front-client";
import { type ModelEdge, withModelEdge } from "./model-edge";
import { type PageUse, usePage } from "./page";
import type { Report } from "./report";
import { summarize, tenths } from "./statistics";
import { check, type Steps } from "./steps";

/** Outputs of the system that the demo drives. */
export const phi3Outputs = z.object({
  apiUrl: z.url(),
  apiKeyParameter: z.string().optional(),
  /** With a REST API, which asks for the key by a header of its own, and streams. */
  edgeApi: z.literal("rest").optional(),
  pageUrl: z.url(),
  pageBucketName: z.string(),
  corsOrigin: z.url(),
  loadBalancerDns: z.string(),
  scheme: z.enum(["http", "https"]),
  listenerPort: z.number(),
  targetGroupArn: z.string(),
  groupName: z.string(),
  dashboardUrl: z.string(),
  model: z.string(),
});
export type Phi3Outputs = z.output<typeof phi3Outputs>;

export interface Phi3DemoOptions extends DemoContext {
  readonly outputs: Phi3Outputs;
  /** Seconds of load. Default 15; 0 leaves the load test out. */
  readonly loadSeconds?: number;
  /** Runs while everything still answers, with the page's URL. Default: nothing. */
  readonly stay?: (pageUrl: string) => Promise<void>;
}

const question = "Why is the sky blue? Answer in one sentence.";
const maxTokens = 32;
const concurrent = 5;

/**
 * Drives the deployed system by each of its ways in, and writes the evidence. On AWS the fleet answers; locally a small real model does, behind the deployed edge, and is
 * stopped at the end to see what visitors are told then.
 *
 * @throws UserError when the key, the engine, Locust or Chromium can't be had; a failure of the system is in the report
 */
export function runPhi3Demo(options: Phi3DemoOptions): Promise<Report> {
  const { outputs, region, endpoint, outDir, versions, commit, log } = options;
  const { apiKeyParameter, edgeApi, model } = outputs;
  const targetGroupArns = [outputs.targetGroupArn];
  return withModelEdge(
    { endpoint, region, apiKeyParameter, edgeApi, model, api: "vllm", targetGroupArns, log },
    async (edge) => {
      const target = {
        page: outputs.pageUrl,
        api: outputs.apiUrl,
        loadBalancer: outputs.loadBalancerDns,
        group: outputs.groupName,
        model,
        ...(edge.engine && { "on this machine": `${edge.engine.description}, in the place of the fleet` }),
      };
      const fronts = { page: await edge.enter(outputs.pageUrl), api: await edge.enter(outputs.apiUrl) };
      return writeEvidence({ system: "phi3", outDir, versions, commit, target, log }, (steps) =>
        new Demo(options, steps, edge, fronts).run(),
      );
    },
  );
}

class Demo {
  private readonly page: FrontClient;
  private readonly api: FrontClient;
  private readonly outputs: Phi3Outputs;

  constructor(
    private readonly options: Phi3DemoOptions,
    private readonly steps: Steps,
    private readonly edge: ModelEdge,
    private readonly fronts: { readonly page: FrontClient; readonly api: FrontClient },
  ) {
    this.outputs = options.outputs;
    this.page = fronts.page.with(edge.key);
    this.api = fronts.api.with(edge.key);
  }

  async run(): Promise<void> {
    const healthy = await this.health();
    await this.models(healthy);
    await this.completion(healthy);
    await this.chat(healthy);
    await this.streaming(healthy, "CloudFront", this.page);
    if (this.outputs.edgeApi === "rest") await this.streaming(healthy, "the API", this.api);
    await this.manyAtOnce(healthy);
    await this.badRequest(healthy);
    await this.keys(healthy);
    await this.onlyRoutes();
    await this.loadBalancer();
    await this.redirect();
    await this.cors();
    await this.pageFiles();
    await this.visit(healthy);
    await this.load(healthy);
    await this.options.stay?.(this.fronts.page.baseUrl);
    await this.engineDown();
  }

  private health() {
    return this.steps.run("health, without a key, by CloudFront and by the API", [], async (details) => {
      for (const [name, front] of Object.entries(this.fronts)) {
        const answer = await front.expect([200], "/health");
        details[name] = { status: answer.status, clientMs: tenths(answer.clientMs) };
      }
      return true;
    });
  }

  private models(healthy: boolean | undefined) {
    return this.steps.run("list of models", [healthy], async (details) => {
      for (const front of [this.api, this.page]) {
        const { body } = await front.expect([200], "/v1/models");
        const names = (body.data as { id: string }[]).map(({ id }) => id);
        details["models"] = names;
        check(names.includes(this.outputs.model), `${this.outputs.model} is not in the list: ${names.join(", ")}.`);
      }
    });
  }

  private completion(healthy: boolean | undefined) {
    return this.steps.run("completion by the API", [healthy], async (details) => {
      const json = { model: this.outputs.model, prompt: question, max_tokens: maxTokens, temperature: 0 };
      const answer = await this.api.expect([200], "/v1/completions", { method: "POST", json });
      Object.assign(details, figures(answer, answer.body.choices?.[0]?.text));
    });
  }

  private chat(healthy: boolean | undefined) {
    return this.steps.run("chat by the API", [healthy], async (details) => {
      const answer = await this.api.expect([200], "/v1/chat/completions", { method: "POST", json: this.chatOf() });
      Object.assign(details, figures(answer, answer.body.choices?.[0]?.message?.content));
    });
  }

  private streaming(healthy: boolean | undefined, way: string, front: FrontClient) {
    return this.steps.run(`chat streamed by ${way}`, [healthy], async (details) => {
      const json = { ...this.chatOf(), stream: true, stream_options: { include_usage: true } };
      await checkStreamedChat(details, front, json);
    });
  }

  private manyAtOnce(healthy: boolean | undefined) {
    return this.steps.run(`${concurrent} chats at once`, [healthy], async (details) => {
      const one = () => this.page.expect([200], "/v1/chat/completions", { method: "POST", json: this.chatOf() });
      const answers = await Promise.all(Array.from({ length: concurrent }, one));
      details["clientMs"] = summarize(answers.map(({ clientMs }) => clientMs));
      for (const { body } of answers) {
        check(Boolean(body.choices?.[0]?.message?.content), "An answer among them has no text.");
      }
    });
  }

  private badRequest(healthy: boolean | undefined) {
    return this.steps.run("a wrong request is answered with what is wrong", [healthy], async (details) => {
      const json = { ...this.chatOf(), model: "no-such-model" };
      const { status, body } = await this.page.expect([404], "/v1/chat/completions", { method: "POST", json });
      const message = body.error?.message ?? body.message;
      Object.assign(details, { status, message });
      check(typeof message === "string" && message.includes("no-such-model"), "The answer does not name the model.");
    });
  }

  private keys(healthy: boolean | undefined) {
    if (!hasKey(this.edge)) return undefined;
    return this.steps.run("a wrong key, and none, are refused", [healthy], async (details) => {
      const wrong = { Authorization: "Bearer not-the-key", "X-Api-Key": "not-the-key-of-this-api" };
      const json = this.chatOf();
      for (const [way, front] of Object.entries(this.fronts)) {
        const none = await front.expect([401, 403], "/v1/chat/completions", { method: "POST", json });
        const other = await front.with(wrong).expect([401, 403], "/v1/chat/completions", { method: "POST", json });
        details[way] = { withoutKey: none.status, wrongKey: other.status };
      }
    });
  }

  private onlyRoutes() {
    return this.steps.run("nothing but the routes is open", [], async (details) => {
      const asked: [string, FrontClient, string, string, number[]][] = [
        ["API, unknown path", this.api, "GET", "/admin", [404]],
        ["API, other method", this.api, "DELETE", "/v1/models", [404]],
        ["CloudFront, path without a rule", this.page, "POST", "/v1/embeddings", [403, 404]],
        ["CloudFront, vLLM's metrics", this.page, "GET", "/metrics", [403, 404]],
      ];
      for (const [name, front, method, path, statuses] of asked) {
        const { status } = await front.expect(statuses, path, { method });
        details[name] = status;
      }
    });
  }

  /** Without a certificate it lets in CloudFront and the API alone, so on AWS nothing else can ask it. */
  private loadBalancer() {
    const { loadBalancerDns, scheme, listenerPort } = this.outputs;
    if (this.options.endpoint === undefined && scheme === "http") return undefined;
    return this.steps.run("the load balancer refuses what no rule names", [], async (details) => {
      const front = await this.edge.enter(`${scheme}://${loadBalancerDns}:${listenerPort}`);
      const admin = await front.expect([403], "/admin");
      const health = await front.expect([200], "/health");
      Object.assign(details, { admin: admin.status, said: admin.text, health: health.status });
    });
  }

  private redirect() {
    return this.steps.run("plain HTTP is redirected to HTTPS", [], (details) =>
      checkRedirect(details, this.edge.enter, this.fronts.page, this.outputs.pageUrl, "/", this.options),
    );
  }

  private cors() {
    return this.steps.run("only the page's origin may call the API from a browser", [], async (details) => {
      const preflight = async (origin: string) => {
        const headers = {
          Origin: origin,
          "Access-Control-Request-Method": "POST",
          "Access-Control-Request-Headers": "authorization,content-type",
        };
        const answer = await this.fronts.api.ask("/v1/chat/completions", { method: "OPTIONS", headers });
        return answer.headers.get("access-control-allow-origin");
      };
      const [own, other] = [await preflight(this.outputs.corsOrigin), await preflight("https://evil.example.com")];
      Object.assign(details, { [this.outputs.corsOrigin]: own ?? "refused", other: other ?? "refused" });
      check(own === this.outputs.corsOrigin, `The page's origin is answered with ${own}.`);
      // A REST API names the page's origin whoever asks; a browser then refuses other origins.
      const refused = other === null || (this.outputs.edgeApi === "rest" && other === this.outputs.corsOrigin);
      check(refused, `Another origin is answered with ${other}.`);
    });
  }

  private pageFiles() {
    return this.steps.run("the page is served by CloudFront alone, with its headers", [], async (details) => {
      const { headers, text } = await this.fronts.page.expect([200], "/");
      const policy = headers.get("content-security-policy") ?? "";
      Object.assign(details, {
        bytes: text.length,
        contentSecurityPolicy: policy,
        strictTransportSecurity: headers.get("strict-transport-security"),
        pastCloudFront: await checkClosed(this.outputs.pageBucketName, "index.html", this.options),
      });
      check(policy.includes("default-src 'none'"), `Its Content-Security-Policy is "${policy}".`);
    });
  }

  private visit(healthy: boolean | undefined) {
    return this.steps.run("the page in a browser", [healthy], async (details) => {
      const seen = await this.usePage("visit");
      Object.assign(details, seenOf(seen));
      check(seen.error === undefined, `The page shows an error: ${seen.error}`);
      check(seen.text.trim() !== "", "The page shows no answer.");
      check(seen.grewBeforeEnd, "The answer was shown in one piece.");
      // Browsers note each refused request, and that is how the page learns that it needs a key.
      const asked = /status of 40[13]/;
      const problems = seen.problems.filter((problem) => !(hasKey(this.edge) && asked.test(problem)));
      check(problems.length === 0, `The browser complains: ${problems.join("; ")}`);
    });
  }

  private load(healthy: boolean | undefined) {
    const { loadSeconds = 15, log } = this.options;
    if (loadSeconds === 0) return undefined;
    return this.steps.run("load test", [healthy], (details) =>
      checkLoad(details, this.options, {
        system: "phi3",
        baseUrl: this.page.baseUrl,
        headers: this.edge.key,
        model: this.outputs.model,
        durationSeconds: loadSeconds,
        maxTokens,
        log,
      }),
    );
  }

  private engineDown() {
    const { engine } = this.edge;
    if (!engine) return undefined;
    return this.steps.run("visitors are told when the engine is down", [], async (details) => {
      await engine.stop();
      // The load balancer's own error, not one of this machine's.
      await sleep(200);
      const answer = await this.page.expect([502, 503, 504], "/v1/chat/completions", {
        method: "POST",
        json: this.chatOf(),
      });
      details["status"] = answer.status;
      const seen = await this.usePage("engine-down");
      Object.assign(details, seenOf(seen));
      check(Boolean(seen.error), "The page shows no error.");
    });
  }

  private usePage(folder: string): Promise<PageUse> {
    return usePage(this.fronts.page.baseUrl, {
      prompt: question,
      apiKey: this.edge.key["Authorization"]?.replace(/^Bearer /, ""),
      screenshotDir: join(this.options.outDir, folder),
      maxTokens,
    });
  }

  private chatOf() {
    const { model } = this.outputs;
    return { model, messages: [{ role: "user", content: question }], max_tokens: maxTokens, temperature: 0 };
  }
}

function hasKey({ key }: ModelEdge): boolean {
  return Object.keys(key).length > 0;
}

function seenOf({ problems, screenshots, lengths, ...seen }: PageUse): Record<string, unknown> {
  return { ...seen, steps: lengths.length, problems: problems.length === 0 ? "none" : problems, screenshots };
}
