import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface VllmAdapter {
  readonly endpoint: string;
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Gives an engine with OpenAI's API the rest of what vLLM's server has: GET /health, the key of --api-key on /v1/*, and 404 for all else.
 * Every request under /v1/ goes to the engine and its answer comes back as it is, chunk by chunk.
 *
 * @param engine its endpoint; GET /api/version must answer when it is up
 * @param apiKey what /v1/* asks for as a bearer token. Default none
 */
export async function startVllmAdapter(engine: string, apiKey: string | undefined): Promise<VllmAdapter> {
  const server = createServer((incoming, response) => {
    answer(engine, apiKey, incoming, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else reply(response, 502, { error: { message: `The engine does not answer: ${error.message}` } });
    });
  }).listen(0, "127.0.0.1");
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

async function answer(
  engine: string,
  apiKey: string | undefined,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = incoming.url ?? "/";
  if (path === "/health") {
    const { ok } = await fetch(`${engine}/api/version`);
    response.writeHead(ok ? 200 : 503).end();
    return;
  }
  if (!path.startsWith("/v1/")) return reply(response, 404, { detail: "Not Found" });
  if (apiKey !== undefined && incoming.method !== "OPTIONS" && !sameKey(incoming.headers.authorization, apiKey)) {
    return reply(response, 401, { error: "Unauthorized" });
  }
  await forward(`${engine}${path}`, incoming, response);
}

function forward(url: string, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  // The engine would compare the origin with its own list; vLLM takes any.
  const { host: _, origin: __, ...headers } = incoming.headers;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: incoming.method, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
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

function sameKey(authorization: string | undefined, key: string): boolean {
  const [given, wanted] = [Buffer.from(authorization ?? ""), Buffer.from(`Bearer ${key}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
