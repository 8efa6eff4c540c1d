import { createServer } from "node:http";
import { Pool } from "undici";

/** The least that a proxy on undici can do: no parsing, no checks, no second choice. What a gateway adds is measured against it. */
const pool = new Pool(process.env["UPSTREAM"] ?? "", { connections: 2048 });

createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    pool
      .stream(
        {
          path: request.url ?? "/",
          method: "POST",
          headers: { "content-type": "application/json" },
          body: Buffer.concat(parts),
        },
        ({ statusCode, headers }) =>
          response.writeHead(statusCode, { "content-type": String(headers["content-type"]) }),
      )
      .catch(() => response.destroy());
  });
}).listen(Number(process.env["PORT"]), "127.0.0.1");
