import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface BadServer {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Answers every path of Ollama's, each wrong in another way. Repeats the Authorization header that it got, as bad servers do in errors. */
export async function startBadServer(): Promise<BadServer> {
  const server = createServer((request, response) => {
    const json = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const streamed = body.includes('"stream": true');
      if (request.url === "/api/tags") return json(200, { models: [{ name: "another" }] });
      if (request.url === "/") return response.destroy();
      // The stream ends before it is done.
      if (request.url === "/api/chat" && streamed) {
        return json(200, { model: "tiny", message: { role: "assistant", content: "Hel" }, done: false });
      }
      if (request.url === "/api/chat") return json(500, { error: `bad key: ${request.headers.authorization}` });
      // Never ends.
      if (streamed) return response.writeHead(200).flushHeaders();
      return json(200, { model: "tiny", response: "", done: true, eval_count: 1 });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
