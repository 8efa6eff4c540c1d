import { setTimeout as sleep } from "node:timers/promises";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { FrontAnswer, FrontClient, Question } from "./front-client";
import { check } from "./steps";

export const question = "Why is the sky blue? Answer in one sentence.";
export const maxTokens = 32;

export interface Job {
  readonly id: string;
  readonly status: "queued" | "running" | "succeeded" | "failed";
  readonly attempts: number;
  readonly provider: string | null;
  readonly response: { readonly choices?: readonly { readonly message?: { readonly content?: string } }[] } | null;
  readonly error: object | null;
}

export interface Health {
  readonly status: string;
  readonly components: Readonly<Record<string, { readonly status: string }>>;
  readonly circuits: Readonly<Record<string, string>>;
}

/** The gateway, as its callers use it. */
export class AgentsClient {
  /** With a key. */
  readonly api: FrontClient;

  constructor(
    /** Without a key. */
    readonly front: FrontClient,
    readonly key: Readonly<Record<string, string>>,
    private readonly options: {
      readonly region: string;
      readonly queueUrl: string;
      /** For a job. A fleet that wakes from zero starts an instance and loads weights first. */
      readonly patienceMinutes: number;
    },
  ) {
    this.api = front.with(key);
  }

  ask(more: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<FrontAnswer> {
    const asked: Question = { method: "POST", json: chatOf(more), headers: { ...this.key, ...headers } };
    return this.api.expect([200], "/v1/chat/completions", asked);
  }

  async report(): Promise<Health> {
    return (await this.front.expect([200, 503], "/api/health/")).body as Health;
  }

  async submit(prompt: string, max_tokens: number, key: string, statuses = [202]): Promise<Job> {
    const json = { request: chatOf({ max_tokens, messages: [{ role: "user", content: prompt }] }) };
    const headers = { ...this.key, "idempotency-key": key };
    return (await this.api.expect(statuses, "/v1/jobs", { method: "POST", json, headers })).body as Job;
  }

  async job(id: string): Promise<Job> {
    return (await this.api.expect([200], `/v1/jobs/${id}`)).body as Job;
  }

  async finished(id: string): Promise<Job> {
    let job = await this.job(id);
    const ended = async () => {
      job = await this.job(id);
      return job.status === "succeeded" || job.status === "failed";
    };
    await until(ended, this.options.patienceMinutes * 60, `Job ${id} is ${job.status}.`);
    check(job.status === "succeeded", `Job ${id} failed: ${JSON.stringify(job.error)}`);
    return job;
  }

  /** Messages of the queue, those that a worker has too. */
  async queued(): Promise<number> {
    const sqs = new SQSClient({ region: this.options.region, useQueueUrlAsEndpoint: false });
    const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
    try {
      const input = { QueueUrl: this.options.queueUrl, AttributeNames: [...names] };
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand(input));
      return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
    } finally {
      sqs.destroy();
    }
  }
}

export function chatOf(more: object = {}) {
  const messages = [{ role: "user", content: question }];
  return { model: "auto", messages, max_tokens: maxTokens, temperature: 0, ...more };
}

export function providerOf({ headers }: FrontAnswer): string {
  return headers.get("x-llm-provider") ?? "nobody";
}

export function countOf(answers: readonly FrontAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of answers.map(providerOf)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

export function told({ id, attempts, provider, response }: Job): Record<string, unknown> {
  const text = response?.choices?.[0]?.message?.content;
  check(Boolean(text?.trim()), "The job's answer has no text.");
  return { job: id, attempts, provider, text };
}

/** @throws CheckFailed with the message when it is not so in time */
export async function until(
  holds: () => Promise<boolean>,
  seconds: number,
  message: string,
  pauseMs = 250,
): Promise<void> {
  for (const deadline = Date.now() + seconds * 1000; !(await holds()); await sleep(pauseMs)) {
    check(Date.now() < deadline, `${message} (${seconds} s)`);
  }
}
