import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "../../../local/model/child";
import { freePort } from "../../../local/server-process";
import { runServer, type TestServer } from "./test-server";

/** A real Redis of its own. Debian's package is `redis-server`. */
export async function startRedis(): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), "gateway-redis-"));
  const port = await freePort();
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir];
  return runServer({
    name: "redis-server",
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    launch: () => startChild("redis-server", args, { env: process.env, logFile: join(dir, "redis.log") }),
  });
}
