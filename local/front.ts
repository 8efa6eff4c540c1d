import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface Front {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Opens a name of the local AWS, such as a distribution's, as a URL of this machine that browsers and other clients can use. It does what DNS and TLS do on AWS: it
 * brings requests to the right place, says by which name they were made, and that they came over HTTPS. Bytes pass as they come, in both directions.
 *
 * @param endpoint of the local AWS
 * @param headers that say for whom a request is; what a request has of itself stays, but for `Host`
 */
export async function openFront(endpoint: string, headers: Readonly<Record<string, string>>): Promise<Front> {
  const { Host, ...others } = headers;
  const server = createServer((asked, answer) => {
    const passed = request(
      new URL(endpoint),
      {
        method: asked.method,
        path: asked.url,
        headers: { ...lowerCase(others), ...asked.headers, ...(Host === undefined ? {} : { host: Host }) },
      },
      (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        // What streams has to leave at once.
        answer.flushHeaders();
        given.on("error", () => answer.destroy()).pipe(answer);
      },
    );
    passed.once("error", () => {
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(502).end("The local AWS does not answer.");
    });
    answer.once("close", () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
