import { Agent, FormData, fetch, type Response } from "undici";
import { z } from "zod";
import { PlainError } from "./log";

export interface ModelServers {
  /** OpenAI-compatible, with /v1. */
  readonly textUrl: string;
  readonly speechAndImagesUrl: string;
  readonly timeoutMs: number;
  /** Told of each call that ended, well or not. */
  readonly onCall: (ms: number) => void;
}

/** A model's server that can't be reached, or does not answer as it must. */
export class ModelError extends PlainError {
  override readonly name = "ModelError";
}

export interface Chat {
  readonly model: string;
  readonly system: string;
  readonly user: string;
  readonly temperature: number;
  readonly maxTokens: number;
  /** JSON schema of the answer. */
  readonly schema: Record<string, unknown>;
  readonly signal: AbortSignal;
}

const completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
});
const transcription = z.object({ text: z.string() });

/** Calls of the three models: text, speech, images. */
export class ModelClient {
  private readonly agent: Agent;

  constructor(private readonly servers: ModelServers) {
    const { timeoutMs } = servers;
    this.agent = new Agent({ headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connectTimeout: 5_000 });
  }

  /** The text of an answer that follows the schema, as far as the server sees to it. @throws ModelError */
  async chat({ model, system, user, temperature, maxTokens, schema, signal }: Chat): Promise<string> {
    const body = {
      model,
      temperature,
      max_tokens: maxTokens,
      messages: [
        { role: "system", content: system },
        { role: "user", content: user },
      ],
      response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } },
    };
    const answer = await this.call("The text model", `${this.servers.textUrl}/chat/completions`, json(body), signal);
    return contentOf(parse("The text model", completion, answer));
  }

  /** What is said in a recording. @throws ModelError */
  async transcribe(model: string, file: Blob, name: string, signal: AbortSignal): Promise<string> {
    const form = new FormData();
    form.set("model", model);
    form.set("response_format", "json");
    form.set("file", file, name);
    const url = `${this.servers.speechAndImagesUrl}/audio/transcriptions`;
    const answer = await this.call("The speech model", url, { body: form }, signal);
    return parse("The speech model", transcription, answer).text.trim();
  }

  /** What is written in an image. @throws ModelError */
  async readImage(model: string, bytes: Uint8Array, type: string, signal: AbortSignal): Promise<string> {
    const url = `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
    const body = {
      model,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Give all text of this image, as it stands there, and nothing else." },
            { type: "image_url", image_url: { url } },
          ],
        },
      ],
    };
    const address = `${this.servers.speechAndImagesUrl}/chat/completions`;
    const answer = await this.call("The image model", address, json(body), signal);
    return contentOf(parse("The image model", completion, answer)).trim();
  }

  /** Whether the text model's server answers. */
  async ready(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(2_000);
      const response = await fetch(`${this.servers.textUrl}/models`, { dispatcher: this.agent, signal });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private async call(
    who: string,
    url: string,
    init: { body: FormData | string; headers?: Record<string, string> },
    signal: AbortSignal,
  ): Promise<unknown> {
    const { timeoutMs, onCall } = this.servers;
    const start = performance.now();
    const both = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const response = await fetch(url, { method: "POST", ...init, dispatcher: this.agent, signal: both });
      if (!response.ok) throw await refusal(who, response);
      return await response.json();
    } catch (cause) {
      if (cause instanceof ModelError) throw cause;
      if (signal.aborted) throw signal.reason;
      if (both.aborted) throw new ModelError(`${who} did not answer within ${timeoutMs / 1000} s.`, { cause });
      throw new ModelError(`${who} can't be reached, or broke off.`, { cause });
    } finally {
      onCall(performance.now() - start);
    }
  }
}

function json(body: object) {
  return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

/** What the server says may quote the request, so only its status is kept. */
async function refusal(who: string, response: Response): Promise<ModelError> {
  await response.body?.cancel();
  return new ModelError(`${who} answered with HTTP status ${response.status}.`);
}

function parse<T extends z.ZodType>(who: string, schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ModelError(`${who} did not answer in the form of OpenAI's API.`);
}

function contentOf({ choices }: z.output<typeof completion>): string {
  return choices[0]?.message.content ?? "";
}
