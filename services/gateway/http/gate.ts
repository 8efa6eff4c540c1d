import { GatewayError } from "../errors";
import type { Settings } from "../settings";

/** Lets in as many requests and streams as one process takes at a time. */
export class Gate {
  requests = 0;
  streams = 0;

  constructor(private readonly settings: Pick<Settings, "MAX_CONCURRENT_REQUESTS" | "MAX_CONCURRENT_STREAMS">) {}

  /**
   * Runs the action if there is room for it.
   *
   * @throws GatewayError overloaded
   */
  async within<T>(streamed: boolean, action: () => Promise<T>): Promise<T> {
    const { MAX_CONCURRENT_REQUESTS, MAX_CONCURRENT_STREAMS } = this.settings;
    if (this.requests >= MAX_CONCURRENT_REQUESTS) throw full(`${MAX_CONCURRENT_REQUESTS} requests`);
    if (streamed && this.streams >= MAX_CONCURRENT_STREAMS) throw full(`${MAX_CONCURRENT_STREAMS} streams`);
    this.requests += 1;
    if (streamed) this.streams += 1;
    try {
      return await action();
    } finally {
      this.requests -= 1;
      if (streamed) this.streams -= 1;
    }
  }
}

function full(what: string): GatewayError {
  return new GatewayError(
    "overloaded",
    `The gateway runs ${what} already, which is all it takes. Try again in a second.`,
    {
      retryAfterSeconds: 1,
    },
  );
}
