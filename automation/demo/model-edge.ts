import { apiKeyHeaders } from "../../loadtest/api-key";
import { type Front, openFront } from "../../local/front";
import { serveBehind } from "../../local/model/behind";
import { ensureModelServer, type ModelServer, type ModelServerOptions } from "../../local/model/server";
import { reach } from "../../local/urls";
import { FrontClient } from "./front-client";

export interface ModelEdgeOptions {
  /** Of the local AWS; undefined for a stack on AWS, whose fleet has the engine. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** SSM parameter with the key; undefined where none is asked for. */
  readonly apiKeyParameter: string | undefined;
  /** As the output of that name: `rest` where a REST API asks for the key. */
  readonly edgeApi?: "rest" | undefined;
  /** What the fleet serves, for the engine that takes its place locally. */
  readonly model: string;
  readonly api: NonNullable<ModelServerOptions["api"]>;
  /** Target groups that the local engine is registered in. */
  readonly targetGroupArns: readonly string[];
  readonly log: (line: string) => void;
}

/** The deployed edge of a model system, reachable from this machine, with an engine behind it. */
export interface ModelEdge {
  /** The headers with the key; empty where none is asked for. */
  readonly key: Readonly<Record<string, string>>;
  /** What answers on this machine in the place of the fleet; undefined on AWS. */
  readonly engine: Pick<ModelServer, "description" | "port" | "stop"> | undefined;
  readonly enter: Enter;
}

/** How a viewer who came over plain HTTP looks to the local AWS, which has one port for all. */
export const plainHttp = { "X-Forwarded-Proto": "http" } as const;

/**
 * Runs `action` with the edge of a deployed system. Locally a real small model is registered in the deployed target groups for that time, so that requests reach it by
 * the stack's own distribution, API, listeners and rules.
 *
 * @throws UserError when the key can't be read or the engine can't be had
 */
export async function withModelEdge<T>(options: ModelEdgeOptions, action: (edge: ModelEdge) => Promise<T>): Promise<T> {
  const { endpoint, region, apiKeyParameter, edgeApi, log } = options;
  const key = await apiKeyHeaders(apiKeyParameter, region, edgeApi);
  return withEntrance(endpoint, async (enter) => {
    if (endpoint === undefined) return await action({ key, engine: undefined, enter });
    const engine = await startEngine(options, key);
    const once = stopOnce(engine);
    try {
      log(`${engine.description} answers in the place of the fleet`);
      const behind = { endpoint, region, targetGroupArns: options.targetGroupArns, port: engine.port };
      const local = { description: engine.description, port: engine.port, stop: once };
      return await serveBehind(behind, () => action({ key, engine: local, enter }));
    } finally {
      await once();
    }
  });
}

/** A way in by one of the stack's URLs, without a key. On AWS the URL itself. */
export type Enter = (url: string) => Promise<FrontClient>;

/** Runs `action` with ways in that end with it. */
export async function withEntrance<T>(endpoint: string | undefined, action: (enter: Enter) => Promise<T>): Promise<T> {
  const fronts: Front[] = [];
  const enter: Enter = async (url) => {
    if (endpoint === undefined) return new FrontClient(url.replace(/\/+$/, ""));
    const { baseUrl, headers } = reach(url, endpoint);
    const front = await openFront(baseUrl, headers);
    fronts.push(front);
    return new FrontClient(front.url);
  };
  try {
    return await action(enter);
  } finally {
    await Promise.all(fronts.map((front) => front.stop()));
  }
}

function startEngine({ log, model, api }: ModelEdgeOptions, key: ModelEdge["key"]): Promise<ModelServer> {
  const apiKey = key["Authorization"]?.replace(/^Bearer /, "");
  return ensureModelServer(log, { names: [model], api, ...(api === "vllm" && apiKey !== undefined && { apiKey }) });
}

/** A step may stop the engine before the end does. */
function stopOnce(engine: ModelServer): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () => {
    stopped ??= engine.stop();
    return stopped;
  };
}
