import { readFileSync } from "node:fs";
import { Pool } from "pg";
import { z } from "zod";
import type { Log } from "../log";
import { fetchSecret } from "../secrets";
import type { Settings } from "../settings";

const credentialsSchema = z.object({ username: z.string().min(1), password: z.string().min(1) });

/** Connections to PostgreSQL, with credentials that may be rotated while the gateway runs. */
export async function openDatabase(settings: Settings, log: Log): Promise<Pool | undefined> {
  const { DATABASE_URL, DATABASE_SECRET_ID: secret, DATABASE_TLS, DATABASE_CA_FILE, AWS_REGION } = settings;
  if (DATABASE_URL === undefined) return undefined;
  const { hostname, port, username, password, pathname } = new URL(DATABASE_URL);
  const credentials = async () => credentialsSchema.parse(JSON.parse(await fetchSecret(secret ?? "", AWS_REGION)));
  const pool = new Pool({
    host: hostname,
    port: Number(port || 5432),
    database: decodeURIComponent(pathname.slice(1)) || "postgres",
    // RDS rotates the password and leaves the user.
    user: secret ? (await credentials()).username : decodeURIComponent(username),
    password: secret ? async () => (await credentials()).password : decodeURIComponent(password) || undefined,
    ssl:
      DATABASE_TLS === "off"
        ? false
        : { rejectUnauthorized: true, ...(DATABASE_CA_FILE ? { ca: readFileSync(DATABASE_CA_FILE, "utf8") } : {}) },
    max: 10,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    application_name: "llm-gateway",
  });
  // Of idle connections; without a listener it would end the process.
  pool.on("error", (error) => log.warn({ error: error.message }, "A connection to the database broke"));
  return pool;
}
