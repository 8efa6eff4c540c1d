import { createHmac } from "node:crypto";
import { GatewayError } from "../errors";
import type { Log } from "../log";
import type { Settings } from "../settings";
import type { Job, JobStore } from "./store";
import { jobView } from "./view";

const TIMEOUT_MS = 10_000;
/** Tries over about three hours: 10 s, 20 s, 40 s and so on after each. */
const MOST_ATTEMPTS = 10;

type WebhookSettings = Pick<Settings, "WEBHOOK_SECRET" | "WEBHOOK_ALLOWED_HOSTS">;

/**
 * Checks where a job wants its result sent: only listed hosts, and encrypted, except on this machine. Else anybody with a key could have the
 * gateway call what only the VPC reaches.
 *
 * @throws GatewayError invalid_request, or unavailable when webhooks are off
 */
export function checkWebhook(url: string, { WEBHOOK_SECRET, WEBHOOK_ALLOWED_HOSTS }: WebhookSettings): void {
  if (!WEBHOOK_SECRET || !WEBHOOK_ALLOWED_HOSTS) {
    throw new GatewayError(
      "unavailable",
      "Webhooks are off: the gateway has no WEBHOOK_SECRET or no WEBHOOK_ALLOWED_HOSTS.",
    );
  }
  const refuse = (message: string) => new GatewayError("invalid_request", message, { param: "webhook" });
  if (!URL.canParse(url)) throw refuse("webhook must be a URL.");
  const { protocol, host, hostname, username } = new URL(url);
  if (!WEBHOOK_ALLOWED_HOSTS.includes(host)) throw refuse(`webhook: ${host} is not one of WEBHOOK_ALLOWED_HOSTS.`);
  if (protocol !== "https:" && hostname !== "127.0.0.1") throw refuse("webhook must start with https://.");
  if (username) throw refuse("webhook must not have credentials in it.");
}

/**
 * Calls the webhooks that are due. A call may come twice, when a gateway dies between the call and noting it; both have the job's id as their
 * `webhook-id`, by which the receiver knows.
 */
export async function deliverWebhooks(store: JobStore, settings: WebhookSettings, log: Log): Promise<void> {
  for (const { job, attempts } of await store.dueWebhooks()) {
    const error = await deliver(job, settings).then(
      () => undefined,
      (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
    );
    const again = error === undefined || attempts >= MOST_ATTEMPTS ? undefined : 10 * 2 ** (attempts - 1);
    if (error !== undefined) log.warn({ job: job.id, error, attempts, again }, "A webhook was not delivered");
    await store.webhookDone(job.id, error === undefined, again);
  }
}

async function deliver(job: Job, settings: WebhookSettings): Promise<void> {
  const { webhook } = job;
  if (webhook === null) return;
  checkWebhook(webhook, settings);
  const body = JSON.stringify({ type: `job.${job.state}`, data: jobView(job) });
  const timestamp = `${Math.floor(Date.now() / 1000)}`;
  const response = await fetch(webhook, {
    method: "POST",
    body,
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      "content-type": "application/json",
      "webhook-id": job.id,
      "webhook-timestamp": timestamp,
      "webhook-signature": sign(settings.WEBHOOK_SECRET ?? "", job.id, timestamp, body),
    },
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
}

/** As standardwebhooks.com has it: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. */
export function sign(secret: string, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}
