import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TargetServer {
  readonly port: number;
  /** Sends an event to whoever reads /v1/stream, or ends the stream. */
  emit(event: string | undefined): void;
  close(): Promise<void>;
}

/** Stands for an inference engine: tells what it was asked, and streams events when the test says so. */
export async function startTargetServer(): Promise<TargetServer> {
  let listener: ServerResponse | undefined;
  const server = createServer(async (asked, answer) => {
    if (asked.url === "/v1/stream") {
      answer.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
      answer.flushHeaders();
      listener = answer;
      return;
    }
    let body = "";
    for await (const chunk of asked) body += chunk;
    answer.writeHead(200, { "Content-Type": "application/json" });
    answer.end(JSON.stringify({ method: asked.method, url: asked.url, headers: asked.headers, body }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    emit: (event) => {
      if (!listener) throw new Error("Nobody reads /v1/stream yet.");
      if (event === undefined) listener.end();
      else listener.write(`data: ${event}\n\n`);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
