import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Certificate, makeCertificate } from "../../../../local/servers/certificate";
import { startPostgres } from "../../../../local/servers/postgres";
import { startRedis } from "../../../../local/servers/redis";
import { type LocalServer, requireProgram } from "../../../../local/servers/server";

let dir: string;
let certificate: Certificate;
let ca: string;
const password = "a secret # with 'odd' characters";

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "servers-test-"));
  certificate = makeCertificate(dir);
  ca = readFileSync(certificate.certificate, "utf8");
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("PostgreSQL as on AWS", () => {
  let server: LocalServer;
  beforeAll(async () => {
    server = await startPostgres({ user: "app", password, database: "jobs", certificate });
  });
  afterAll(() => server?.dispose());

  const connect = async (options: object) => {
    const { hostname: host, pathname } = new URL(server.url);
    const client = new Client({ host, port: server.port, user: "app", database: pathname.slice(1), ...options });
    try {
      await client.connect();
      const { rows } = await client.query(
        "select current_database() as name, ssl from pg_stat_ssl where pid = pg_backend_pid()",
      );
      return rows[0];
    } finally {
      await client.end();
    }
  };

  test("lets in whoever has the password and trusts its certificate, by TLS", async () => {
    expect(await connect({ password, ssl: { ca } })).toEqual({ name: "jobs", ssl: true });
    await expect(connect({ password: "other", ssl: { ca } })).rejects.toThrow("password authentication failed");
    await expect(connect({ password, ssl: true })).rejects.toThrow(/self.signed/);
  });
});

describe("Redis as on AWS", () => {
  let server: LocalServer;
  beforeAll(async () => {
    server = await startRedis({ password, certificate });
  });
  afterAll(() => server?.dispose());

  const ping = async (options: object) => {
    const redis = new Redis(server.url, { retryStrategy: () => null, lazyConnect: true, ...options });
    redis.on("error", () => {});
    try {
      await redis.connect();
      return await redis.ping();
    } finally {
      redis.disconnect();
    }
  };

  test("lets in whoever has the password and trusts its certificate, by TLS", async () => {
    expect(await ping({ password, tls: { ca } })).toBe("PONG");
    await expect(ping({ tls: { ca } })).rejects.toThrow();
    await expect(ping({ password })).rejects.toThrow();
  });
});

test("a program that is not there is named, with its package", () => {
  expect(() => requireProgram("no-such-server", "no-such-package")).toThrow("no-such-server is not installed.");
});
