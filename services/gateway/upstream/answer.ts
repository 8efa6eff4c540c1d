import type { ServerResponse } from "node:http";

/** The caller's side of a request: what has gone out, and whether the caller is still there. */
export class Answer {
  /** Part of a provider's answer has gone out; nobody else may answer. */
  committed = false;
  /** The caller closed the connection before the answer's end. */
  left = false;
  private leaving: (() => void) | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly headers: Readonly<Record<string, string>>,
  ) {
    response.once("close", () => {
      this.left = !response.writableFinished;
      if (this.left) this.leaving?.();
    });
  }

  /** One listener at a time: the attempt that runs, or the wait before the next. */
  onLeft(listener: (() => void) | undefined): void {
    this.leaving = listener;
  }

  /** A whole answer. */
  send(status: number, contentType: string, provider: string, body: readonly Buffer[], length: number): void {
    this.committed = true;
    this.response.writeHead(status, {
      ...this.headers,
      "content-type": contentType,
      "content-length": length,
      "x-llm-provider": provider,
    });
    const [only] = body;
    if (only !== undefined && body.length === 1) this.response.end(only);
    else this.response.end(Buffer.concat(body, length));
  }

  /** The beginning of a stream. */
  begin(provider: string): void {
    this.committed = true;
    this.response.writeHead(200, {
      ...this.headers,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      // Else nginx and its like would collect the stream.
      "x-accel-buffering": "no",
      "x-llm-provider": provider,
    });
  }

  /** @returns false when the caller reads more slowly than the provider writes: wait for `drained` */
  write(chunk: Buffer): boolean {
    return this.response.write(chunk);
  }

  drained(resume: () => void): void {
    this.response.once("drain", resume);
  }

  end(last?: string): void {
    this.response.end(last);
  }
}
