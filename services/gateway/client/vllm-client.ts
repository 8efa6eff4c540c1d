import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from "openai";
import pLimit from "p-limit";
import { failureOfError, failureOfStatus, ProviderError, retryAfterMs } from "../errors";
import type { InferenceRequest } from "./inference-request";

export interface VLLMClientOptions {
  /** OpenAI-compatible base URL, which ends with `/v1`. */
  readonly baseUrl: string;
  /** Default none. */
  readonly apiKey?: string;
  /** Model that is asked whatever a request names. Default: the request's. */
  readonly model?: string;
  /** For a whole answer; for a streamed one, until its head. Default: 600,000. */
  readonly timeoutMs?: number;
  /** Longest silence in a stream. Default: 60,000. */
  readonly stallMs?: number;
  /** Requests of a batch that run at a time. Default: 8. */
  readonly concurrency?: number;
}

export interface InferenceResult {
  readonly text: string;
  readonly model: string;
  /** `stop`, `length`, `tool_calls`, `content_filter`; null if the server gave none. */
  readonly finishReason: string | null;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
  /** The answer's own JSON. */
  readonly body: object;
}

export type BatchResult =
  | { readonly ok: true; readonly result: InferenceResult }
  | { readonly ok: false; readonly error: ProviderError };

export interface Health {
  readonly healthy: boolean;
  readonly latencyMs: number;
  /** Why it is not healthy. */
  readonly error?: string;
}

interface CallOptions {
  /** Its abort closes the connection, and with it ends the engine's work. */
  readonly signal?: AbortSignal;
}

/**
 * A client of vLLM or any other server with OpenAI's API, for batches, jobs and checks. It never retries by itself: what comes after a failure
 * is for the router to say. Every method throws ProviderError.
 */
export class VLLMClient {
  private readonly openai: OpenAI;
  private readonly timeoutMs: number;
  private readonly stallMs: number;
  private readonly concurrency: number;

  constructor(private readonly options: VLLMClientOptions) {
    this.timeoutMs = options.timeoutMs ?? 600_000;
    this.stallMs = options.stallMs ?? 60_000;
    this.concurrency = options.concurrency ?? 8;
    this.openai = new OpenAI({
      baseURL: options.baseUrl,
      // The SDK wants one, and servers without --api-key don't look.
      apiKey: options.apiKey ?? "none",
      maxRetries: 0,
      timeout: this.timeoutMs,
      // Else it would take both from OPENAI_ORG_ID and OPENAI_PROJECT_ID and tell them to every server.
      organization: null,
      project: null,
    });
  }

  async complete(request: InferenceRequest, { signal }: CallOptions = {}): Promise<InferenceResult> {
    const body = { ...request, model: this.modelOf(request), stream: false };
    const answer = await this.ask(() =>
      this.openai.post<ChatAnswer>(pathOf(request), { body, signal, timeout: this.timeoutMs }),
    );
    const [choice] = answer.choices ?? [];
    if (!choice) throw new ProviderError("malformed", "the answer has no choices");
    return {
      text: choice.message?.content ?? choice.text ?? "",
      model: answer.model ?? body.model,
      finishReason: choice.finish_reason ?? null,
      usage: { inputTokens: answer.usage?.prompt_tokens ?? 0, outputTokens: answer.usage?.completion_tokens ?? 0 },
      body: answer,
    };
  }

  /** Gives the answer's text as it comes. Leaving the loop ends the request. */
  async *stream(request: InferenceRequest, { signal }: CallOptions = {}): AsyncGenerator<string, void, undefined> {
    const own = new AbortController();
    const both = signal ? AbortSignal.any([signal, own.signal]) : own.signal;
    const body = { ...request, model: this.modelOf(request), stream: true };
    const chunks = await this.ask(() =>
      this.openai.post<AsyncIterable<ChatChunk>>(pathOf(request), { body, signal: both, stream: true }),
    );
    const iterator = chunks[Symbol.asyncIterator]();
    let finished = false;
    let committed = false;
    try {
      for (;;) {
        const { done, value } = await this.ask(() => withinStall(iterator.next(), this.stallMs), committed);
        if (done) break;
        const [choice] = value.choices ?? [];
        finished ||= typeof choice?.finish_reason === "string";
        const text = choice?.delta?.content ?? choice?.text;
        if (!text) continue;
        committed = true;
        yield text;
      }
      if (signal?.aborted) throw new ProviderError("cancelled", "the caller left", { committed });
      if (!finished) throw new ProviderError("reset", "the stream ended before the answer was finished", { committed });
    } finally {
      own.abort();
    }
  }

  /** Runs many requests, at most `concurrency` at a time. Results are in the order of the requests; one failure fails none of the others. */
  batch(
    requests: readonly InferenceRequest[],
    { signal, concurrency = this.concurrency }: CallOptions & { readonly concurrency?: number } = {},
  ): Promise<BatchResult[]> {
    const limit = pLimit(concurrency);
    const one = async (request: InferenceRequest): Promise<BatchResult> => {
      if (signal?.aborted) return { ok: false, error: new ProviderError("cancelled", "the caller left") };
      try {
        return { ok: true, result: await this.complete(request, { signal }) };
      } catch (error) {
        return { ok: false, error: failureOfError(error) };
      }
    };
    return Promise.all(requests.map((request) => limit(one, request)));
  }

  /** Whether the server answers its list of models, which vLLM, Ollama and Gemini all have. Never throws. */
  async health({ timeoutMs = 2_000 }: { readonly timeoutMs?: number } = {}): Promise<Health> {
    const start = performance.now();
    const latencyMs = () => Math.round((performance.now() - start) * 10) / 10;
    try {
      await this.ask(() => this.openai.get("/models", { timeout: timeoutMs }));
      return { healthy: true, latencyMs: latencyMs() };
    } catch (error) {
      const { message, details } = failureOfError(error);
      return {
        healthy: false,
        latencyMs: latencyMs(),
        error: details.status === undefined ? message : `HTTP status ${details.status}`,
      };
    }
  }

  private modelOf(request: InferenceRequest): string {
    return this.options.model ?? request.model;
  }

  private async ask<T>(call: () => PromiseLike<T>, committed = false): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw failureOf(error, committed);
    }
  }
}

function pathOf({ messages }: InferenceRequest): string {
  return messages === undefined ? "/completions" : "/chat/completions";
}

function failureOf(error: unknown, committed: boolean): ProviderError {
  if (error instanceof ProviderError) {
    return committed ? new ProviderError(error.kind, error.message, { ...error.details, committed }) : error;
  }
  const details = { committed, cause: error };
  if (error instanceof APIUserAbortError) return new ProviderError("cancelled", "the caller left", details);
  if (error instanceof APIConnectionTimeoutError) return new ProviderError("timeout", "no answer in time", details);
  if (error instanceof APIConnectionError) return failureOfError(error, committed);
  if (error instanceof APIError && typeof error.status === "number") {
    const body = Buffer.from(JSON.stringify({ error: error.error ?? { message: error.message } }));
    const retryAfter = error.headers?.get("retry-after") ?? undefined;
    const failure = failureOfStatus(error.status, body, retryAfter, Date.now());
    return new ProviderError(failure.kind, failure.message, {
      ...details,
      status: error.status,
      retryAfterMs: retryAfterMs(retryAfter, Date.now()),
    });
  }
  if (error instanceof SyntaxError) return new ProviderError("malformed", "the answer is not JSON", details);
  // An error event of a stream: the SDK gives it without a status.
  if (error instanceof APIError) return new ProviderError("server_error", error.message, details);
  return failureOfError(error, committed);
}

async function withinStall<T>(next: Promise<T>, stallMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ProviderError("timeout", `silent for ${stallMs} ms`)), stallMs);
  });
  try {
    return await Promise.race([next, stalled]);
  } finally {
    clearTimeout(timer);
  }
}

interface Usage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
}

interface ChatAnswer {
  readonly model?: string;
  readonly choices?: readonly {
    readonly message?: { readonly content?: string | null };
    readonly text?: string;
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: Usage;
}

interface ChatChunk {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string | null };
    readonly text?: string;
    readonly finish_reason?: string | null;
  }[];
}
