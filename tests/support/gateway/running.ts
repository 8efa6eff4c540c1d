import { createHash } from "node:crypto";
import { createGateway, type Gateway } from "../../../services/gateway/gateway";
import type { Tracer } from "../../../services/gateway/monitoring/datadog";
import { readSettings } from "../../../services/gateway/settings";
import type { Variables } from "../../../services/lib/settings";

export interface Running extends Gateway {
  readonly url: string;
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Response>;
}

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

export const adminKey = "admin-key-of-the-tests";

export const localSettings: Variables = {
  HOST: "127.0.0.1",
  PORT: "0",
  LOG_LEVEL: "silent",
  API_KEYS: JSON.stringify([
    { id: "team-a", sha256: sha256(adminKey), admin: true, requestsPerMinute: 1_000_000, usdPerDay: 1 },
    { id: "team-b", sha256: sha256("private-key"), private: true },
    { id: "team-c", sha256: sha256("slow-key"), requestsPerMinute: 2 },
  ]),
  DATABASE_TLS: "off",
  // A busy machine's Redis is slow, not away.
  REDIS_TIMEOUT_MS: "5000",
  SHUTDOWN_GRACE_SECONDS: "5",
};

/** A gateway in this process, on a free port. */
export async function startGateway(variables: Variables, options: { tracer?: Tracer } = {}): Promise<Running> {
  const gateway = await createGateway(readSettings({ ...localSettings, ...variables }), options);
  const url = await gateway.start();
  return { ...gateway, url, ...client(url) };
}

export function client(url: string): Pick<Running, "post" | "get"> {
  const authorization = `Bearer ${adminKey}`;
  return {
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    get: (path, headers = {}) => fetch(`${url}${path}`, { headers: { authorization, ...headers } }),
  };
}
