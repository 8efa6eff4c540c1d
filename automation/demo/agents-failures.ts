import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AgentsClient,
  chatOf,
  countOf,
  type Health,
  maxTokens,
  providerOf,
  question,
  told,
  until,
} from "./agents-client";
import type { Machines } from "./agents-machines";
import { readStream } from "./chat-steps";
import { FrontClient } from "./front-client";
import { summarize, tenths } from "./statistics";
import { check, type Steps } from "./steps";

const longQuestion = "Tell a long story about a fox, a crow and a piece of cheese.";
/** Long enough to be broken off in the middle, on a machine without a GPU too. */
const longTokens = 400;
const concurrent = 6;

/** Takes the parts of the system away, one after another: what no one does to a system that others use. */
export class Failures {
  constructor(
    private readonly steps: Steps,
    private readonly client: AgentsClient,
    private readonly machines: Machines,
  ) {}

  async run(first: true | undefined): Promise<void> {
    const { machines } = this;
    const fallback = await this.fallback(machines, first);
    const opened = await this.circuitOpens(machines, fallback);
    const closed = await this.circuitCloses(machines, opened);
    await this.brokenStream(machines, closed);
    await this.workerKilled(machines, first);
    await this.serverKilled(machines, first);
    await this.redisAway(machines, first);
  }

  private fallback({ engine, ollama }: Machines, first: true | undefined) {
    return this.steps.run("the engine stops while it answers, and Ollama takes over", [first], async (details) => {
      await ollama.start();
      await until(
        async () => (await this.client.report()).components["provider:ollama"]?.status === "healthy",
        30,
        "No Ollama.",
      );
      const asked = Array.from({ length: concurrent }, () => this.client.ask({ max_tokens: 96 }));
      await sleep(500);
      await engine.stop();
      const answers = await Promise.all(asked);
      details["clientMs"] = summarize(answers.map(({ clientMs }) => clientMs));
      details["providers"] = countOf(answers);
      check(
        answers.some((answer) => providerOf(answer) === "ollama"),
        "Ollama answered none of them.",
      );
      const hidden = await this.client.ask({}, { "x-llm-private": "true" });
      details["private"] = providerOf(hidden);
      return true as const;
    });
  }

  private circuitOpens({ worker }: Machines, fallback: true | undefined) {
    return this.steps.run("the engine's circuit is open, in the other process too", [fallback], async (details) => {
      const other = new FrontClient(worker.url);
      const states = async () => {
        const { body } = await other.expect([200], "/api/health/");
        return [(await this.client.report()).circuits["vllm/0"], (body as Health).circuits["vllm/0"]];
      };
      // One that is due for its probe still counts as open.
      await until(async () => (await states()).every((state) => state === "open"), 15, "It is not open in both.");
      details["states"] = await states();
      return true as const;
    });
  }

  private circuitCloses({ engine, worker }: Machines, opened: true | undefined) {
    return this.steps.run("the engine is back: one probe closes the circuit", [opened], async (details) => {
      await engine.start();
      const start = performance.now();
      await until(
        async () => providerOf(await this.client.ask({ max_tokens: 4 })) === "vllm/0",
        60,
        "vLLM is not asked again.",
      );
      details["afterMs"] = tenths(performance.now() - start);
      const other = async () => (await new FrontClient(worker.url).expect([200], "/api/health/")).body as Health;
      await until(async () => (await other()).circuits["vllm/0"] === "closed", 10, "It is open in the other process.");
      return true as const;
    });
  }

  private brokenStream({ engine }: Machines, closed: true | undefined) {
    const name = "a stream that breaks ends with an error, and is not begun again elsewhere";
    return this.steps.run(name, [closed], async (details) => {
      const json = chatOf({
        stream: true,
        max_tokens: longTokens,
        messages: [{ role: "user", content: longQuestion }],
      });
      const streamed = this.client.api.stream("/v1/chat/completions", { method: "POST", json });
      await sleep(1_500);
      await engine.stop();
      const lines = await streamed;
      const { pieces } = readStream(lines.filter(({ text }) => !text.includes('"error"')));
      const error = lines.find(({ text }) => text.includes('"error"'))?.text;
      Object.assign(details, { events: pieces.length, error });
      await engine.start();
      check(pieces.length > 0, "No text came before the engine stopped.");
      check(error !== undefined, `The stream ended with ${lines.at(-1)?.text}, without an error.`);
    });
  }

  private workerKilled({ worker }: Machines, first: true | undefined) {
    return this.steps.run("a worker is killed over a job: another try answers it, once", [first], async (details) => {
      const { id } = await this.client.submit(longQuestion, longTokens, randomUUID());
      await until(async () => (await this.client.job(id)).status === "running", 30, "Nobody works on it.", 50);
      await worker.kill();
      const orphan = await this.client.job(id);
      details["afterKill"] = { status: orphan.status, attempts: orphan.attempts };
      check(orphan.status === "running", `The job was ${orphan.status} before its worker could be killed.`);
      await worker.start();
      const done = await this.client.finished(id);
      Object.assign(details, told(done));
      check(done.attempts === 2, `It took ${done.attempts} attempts, not 2.`);
      await until(async () => (await this.client.queued()) === 0, 30, "The queue still has the job's message.");
    });
  }

  private serverKilled({ server }: Machines, first: true | undefined) {
    return this.steps.run("the server is killed: its jobs are there when it is back", [first], async (details) => {
      const idempotencyKey = randomUUID();
      const { id } = await this.client.submit(question, maxTokens, idempotencyKey);
      await server.kill();
      const away = await this.client.api.expect([502, 503, 504], `/v1/jobs/${id}`);
      details["while away"] = away.status;
      await server.start();
      const done = await this.client.finished(id);
      Object.assign(details, told(done));
      const again = await this.client.submit(question, maxTokens, idempotencyKey, [200]);
      check(again.id === id && again.attempts === done.attempts, "The same idempotency key began the job anew.");
    });
  }

  private redisAway({ redis }: Machines, first: true | undefined) {
    return this.steps.run("without Redis it goes on, and says so", [first], async (details) => {
      await redis.stop();
      try {
        await until(
          async () => (await this.client.report()).components["redis"]?.status === "unhealthy",
          10,
          "It is not told.",
        );
        const answer = await this.client.ask();
        Object.assign(details, { status: answer.status, health: (await this.client.report()).status });
      } finally {
        await redis.start();
      }
      await until(
        async () => (await this.client.report()).components["redis"]?.status === "healthy",
        15,
        "It is not found again.",
      );
    });
  }
}
