import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { repoRoot } from "../../automation/lib/paths";
import { type SiteFile, siteFiles } from "../../components/edge/site-files";
import { contentSecurityPolicy } from "../../services/demo-web/content-security-policy";

/** What the server does with a request for the API instead of passing it on. */
export interface Fault {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent. */
  readonly body: string;
  /** Breaks the connection off after the body. */
  readonly cut?: boolean;
}

export interface PageServer {
  readonly url: string;
  /** Where the API is. */
  engine: string;
  /** By path. */
  readonly faults: Map<string, Fault>;
  /** Requests for the API as `POST /v1/chat/completions`, in order. */
  readonly requests: string[];
  /** Those whose browser left before the answer was at its end. */
  readonly left: string[];
  close(): Promise<void>;
}

/** A page's files, and which paths are the API's. */
export interface Site {
  /** From the checkout. */
  readonly folder: string;
  readonly api: readonly string[];
  /** Headers of the files beside their type. */
  readonly headers: Readonly<Record<string, string>>;
}

const demoWeb: Site = {
  folder: "services/demo-web/site",
  api: ["/health", "/v1/"],
  headers: { "content-security-policy": contentSecurityPolicy },
};

/**
 * A page on loopback as its distribution serves it: the files with the types and the policy they get there, and the API of an engine under the same origin,
 * passed on as it comes. Where the engine does not answer it says 502, as a load balancer does.
 *
 * @param site default: the demo page
 */
export async function startPageServer(engine: string, site: Site = demoWeb): Promise<PageServer> {
  const folder = join(repoRoot, site.folder);
  const files = new Map<string, SiteFile>(siteFiles(folder).map((file) => [`/${file.key}`, file]));
  const server = createServer((incoming, response) => {
    const path = incoming.url ?? "/";
    if (site.api.some((prefix) => path.startsWith(prefix))) {
      passOn(path, incoming, response);
      return;
    }
    const file = files.get(path === "/" ? "/index.html" : path);
    if (file === undefined) {
      response.writeHead(403).end();
      return;
    }
    response.writeHead(200, { "content-type": file.contentType, ...site.headers }).end(readFileSync(file.path));
  });

  function passOn(path: string, incoming: IncomingMessage, response: ServerResponse): void {
    const what = `${incoming.method} ${path}`;
    api.requests.push(what);
    response.once("close", () => {
      if (!response.writableFinished) api.left.push(what);
    });
    const fault = api.faults.get(path);
    if (fault) {
      answerWith(fault, response);
      return;
    }
    const outgoing = request(`${api.engine}${path}`, { method: incoming.method, headers: incoming.headers });
    outgoing.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.once("error", () => response.destroy());
    });
    outgoing.once("error", () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { "content-type": "text/html" }).end("<h1>502 Bad Gateway</h1>");
    });
    response.once("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const api: PageServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    engine,
    faults: new Map(),
    requests: [],
    left: [],
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return api;
}

function answerWith({ status = 200, headers, body, cut }: Fault, response: ServerResponse): void {
  response.writeHead(status, headers);
  if (!cut) {
    response.end(body);
    return;
  }
  // What was written has to leave this process before the connection breaks.
  response.write(body, () => setTimeout(() => response.destroy(), 20));
}
