import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on the loopback address that stands before an engine. */
export interface Adapter {
  readonly endpoint: string;
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * @param answer is asked every request; what it throws is told as 502
 * @param ownPort default: a free one
 * @throws Error when somebody else listens on `ownPort`
 */
export async function startAdapter(
  answer: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>,
  ownPort = 0,
): Promise<Adapter> {
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else reply(response, 502, { error: { message: `The engine does not answer: ${error.message}` } });
    });
  }).listen(ownPort, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * Hands a request on under the engine's own host name, and its answer back as it is, chunk by chunk.
 *
 * @param without headers that the engine must not see
 * @param set headers that it gets whatever the request has, in lower case
 */
export function forward(
  engine: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  { without = [], set = {} }: { without?: readonly string[]; set?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const dropped = new Set(["host", ...without]);
  const kept = Object.entries(incoming.headers).filter(([name]) => !dropped.has(name));
  const headers = { ...Object.fromEntries(kept), ...set };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${engine}${incoming.url ?? "/"}`, { method: incoming.method, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      // What streams has to leave at once, its head too.
      response.flushHeaders();
      answered.pipe(response);
      answered.once("error", reject);
      answered.once("end", resolve);
    });
    outgoing.once("error", reject);
    // Whoever asked has gone: the engine should not go on.
    response.once("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
}

export function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
