import { join } from "node:path";
import { startChild } from "../model/child";
import { freePort } from "../server-process";
import type { Certificate } from "./certificate";
import { dataFolder, type LocalServer, requireProgram, runServer, writePrivate } from "./server";

export interface RedisOptions {
  /** What clients must send, as ElastiCache's AUTH token. Default: nothing. */
  readonly password?: string;
  /** Asks for TLS, and for nothing else. Default: plain TCP. */
  readonly certificate?: Certificate;
}

/**
 * A real Redis with nothing in it. Debian's package is `redis-server`.
 * @throws UserError when it is not installed, or does not start
 */
export async function startRedis({ password, certificate }: RedisOptions = {}): Promise<LocalServer> {
  const program = requireProgram("redis-server", "redis-server");
  const dir = dataFolder("redis");
  const port = await freePort();
  const settings = [
    ...(certificate
      ? [
          "port 0",
          `tls-port ${port}`,
          `tls-cert-file ${certificate.certificate}`,
          `tls-key-file ${certificate.key}`,
          "tls-auth-clients no",
        ]
      : [`port ${port}`]),
    ...(password === undefined ? [] : [`requirepass ${JSON.stringify(password)}`]),
    "bind 127.0.0.1",
    'save ""',
    "appendonly no",
    `dir ${dir}`,
  ];
  // A file, because everyone may read the list of processes.
  const file = writePrivate(join(dir, "redis.conf"), `${settings.join("\n")}\n`);
  return runServer({
    name: "redis-server",
    url: `${certificate ? "rediss" : "redis"}://127.0.0.1:${port}`,
    port,
    dir,
    launch: () => startChild(program, [file], { env: process.env, logFile: join(dir, "redis.log") }),
  });
}
