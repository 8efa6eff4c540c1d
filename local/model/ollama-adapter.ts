import { type Adapter, forward, startAdapter } from "./adapter";

/**
 * Lets Ollama be asked under any host name, as on the instances, where it listens on all addresses. On the loopback address alone it answers 403
 * to names that are not this machine's, and so to everything that comes by a load balancer.
 *
 * https://github.com/ollama/ollama/blob/v0.17.4/server/routes.go (allowedHostsMiddleware)
 */
export function startOllamaAdapter(engine: string, ownPort?: number): Promise<Adapter> {
  return startAdapter((incoming, response) => forward(engine, incoming, response), ownPort);
}
