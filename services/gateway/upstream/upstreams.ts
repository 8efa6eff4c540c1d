import { Agent, type Dispatcher } from "undici";
import { failureOfError } from "../errors";
import { isPaid, type Provider, type Target } from "../router/providers";
import type { Settings } from "../settings";
import type { Answer } from "./answer";
import { Passage, type Passed } from "./passage";

/** A body that the caller sent, parsed once. */
export interface Incoming {
  readonly path: "/chat/completions" | "/completions";
  readonly bytes: Buffer;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Connections to the providers. */
export class Upstreams {
  private readonly agent: Agent;
  private readonly places = new Map<
    Target,
    { readonly origin: string; readonly path: string; readonly headers: Record<string, string> }
  >();

  constructor(private readonly settings: Settings) {
    this.agent = new Agent({
      connections: settings.MAX_CONCURRENT_REQUESTS,
      connect: { timeout: settings.CONNECT_TIMEOUT_SECONDS * 1000 },
      keepAliveTimeout: 10_000,
    });
  }

  /**
   * Sends the request to a target and its answer to the caller.
   *
   * @throws ProviderError
   */
  ask(target: Target, incoming: Incoming, answer: Answer, remainingMs: number): Promise<Passed> {
    const { FIRST_TOKEN_TIMEOUT_SECONDS, ANSWER_TIMEOUT_SECONDS, STALL_TIMEOUT_SECONDS } = this.settings;
    const streamed = incoming.body["stream"] === true;
    const { origin, path, headers } = this.place(target);
    const options: Dispatcher.DispatchOptions = {
      origin,
      path: path + incoming.path,
      method: "POST",
      headers,
      body: bodyFor(target.provider, incoming),
      // A whole answer has no head until all its tokens are there.
      headersTimeout: (streamed ? FIRST_TOKEN_TIMEOUT_SECONDS : ANSWER_TIMEOUT_SECONDS) * 1000,
      bodyTimeout: STALL_TIMEOUT_SECONDS * 1000,
    };
    return new Promise((done, failed) => {
      const hideUsage = streamed && isPaid(target.provider) && !wantsUsage(incoming.body);
      try {
        this.agent.dispatch(
          options,
          new Passage({ answer, provider: target.id, streamed, hideUsage, remainingMs, done, failed }),
        );
      } catch (error) {
        failed(failureOfError(error));
      }
    });
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private place(target: Target) {
    let place = this.places.get(target);
    if (!place) {
      const { origin, pathname } = new URL(target.baseUrl);
      const { apiKey } = target.provider;
      const headers = {
        "content-type": "application/json",
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      };
      place = { origin, path: pathname.replace(/\/$/, ""), headers };
      this.places.set(target, place);
    }
    return place;
  }
}

/** The caller's own bytes, unless the provider must be asked for another model or for the usage that its price is charged by. */
export function bodyFor(provider: Provider, { bytes, body }: Incoming): Buffer | string {
  const usage = body["stream"] === true && isPaid(provider) && !wantsUsage(body);
  if (body["model"] === provider.model && !usage) return bytes;
  const options = usage ? { stream_options: { ...asObject(body["stream_options"]), include_usage: true } } : {};
  return JSON.stringify({ ...body, model: provider.model, ...options });
}

function wantsUsage(body: Incoming["body"]): boolean {
  return asObject(body["stream_options"])["include_usage"] === true;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
