import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Adapter, forward, reply, startAdapter } from "./adapter";

/**
 * Gives an engine with OpenAI's API the rest of what vLLM's server has: GET /health, the key of --api-key on /v1/*, and 404 for all else.
 * Every request under /v1/ goes to the engine and its answer comes back as it is, chunk by chunk.
 *
 * @param engine its endpoint; GET /api/version must answer when it is up
 * @param names that the model is served under; the engine may know more models, and tags of these
 * @param apiKey what /v1/* asks for as a bearer token. Default none
 */
export function startVllmAdapter(
  engine: string,
  names: readonly string[],
  apiKey: string | undefined,
  ownPort?: number,
): Promise<Adapter> {
  return startAdapter((incoming, response) => answer({ engine, names, apiKey }, incoming, response), ownPort);
}

interface Behind {
  readonly engine: string;
  readonly names: readonly string[];
  readonly apiKey: string | undefined;
}

async function answer(
  { engine, names, apiKey }: Behind,
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
  if (incoming.method === "GET" && path === "/v1/models") return listModels(engine, names, response);
  // The engine would compare the origin with its own list; vLLM takes any.
  await forward(engine, incoming, response, { without: ["origin"] });
}

async function listModels(engine: string, names: readonly string[], response: ServerResponse): Promise<void> {
  const list = (await (await fetch(`${engine}/v1/models`)).json()) as { data: { id: string }[] };
  const data = names.flatMap((name) => {
    const found = list.data.find(({ id }) => id === name || id === `${name}:latest`);
    return found ? [{ ...found, id: name }] : [];
  });
  reply(response, 200, { object: "list", data });
}

function sameKey(authorization: string | undefined, key: string): boolean {
  const [given, wanted] = [Buffer.from(authorization ?? ""), Buffer.from(`Bearer ${key}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
