import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startPostgres } from "../../../../local/servers/postgres";
import type { LocalServer } from "../../../../local/servers/server";
import { JobStore, type NewJob } from "../../../../services/gateway/jobs/store";
import { checkWebhook, deliverWebhooks, sign } from "../../../../services/gateway/jobs/webhooks";
import { silent } from "../../../../services/gateway/log";

let server: LocalServer;
let pool: Pool;
let store: JobStore;

beforeAll(async () => {
  server = await startPostgres();
  pool = new Pool({ connectionString: server.url });
  pool.on("error", () => {});
  store = new JobStore(pool);
  // As processes that start together do.
  await Promise.all([store.prepare(), new JobStore(pool).prepare(), new JobStore(pool).prepare()]);
});
afterAll(async () => {
  await pool.end();
  await server.dispose();
});
beforeEach(async () => {
  await pool.query("truncate gateway_jobs");
});

const asked: NewJob = {
  keyId: "team-a",
  idempotencyKey: "order-1",
  request: { model: "auto", prompt: "Once" },
  options: { risk: "medium", private: false, session: null, usdPerDay: 1 },
  webhook: null,
};
const success = { state: "succeeded", provider: "vllm/0", result: { text: "upon a time" } } as const;

async function leased(seconds = 60, job = asked) {
  const { job: added } = await store.add(job);
  const lease = await store.claim(added.id, seconds);
  if (typeof lease === "string") throw new Error(lease);
  return lease;
}

describe("the job store", () => {
  test("the same idempotency key gives the same job, another body is told apart, another key's jobs are its own", async () => {
    const first = await store.add(asked);
    expect([first.created, first.same, first.job.state]).toEqual([true, true, "queued"]);
    expect(await store.add(asked)).toEqual({ created: false, same: true, job: first.job });
    expect(await store.add({ ...asked, request: { model: "auto", prompt: "Twice" } })).toMatchObject({
      created: false,
      same: false,
    });
    const richer = { ...asked, options: { ...asked.options, usdPerDay: 5 } };
    expect(await store.add(richer)).toMatchObject({ created: false, same: true });
    expect((await store.add({ ...asked, keyId: "team-b" })).created).toBe(true);
    expect(await store.get("team-a", first.job.id)).toEqual(first.job);
    expect(await store.get("team-b", first.job.id)).toBeUndefined();
  });

  test("of many at once with one idempotency key there is one job, and of many workers one has it", async () => {
    const added = await Promise.all(Array.from({ length: 8 }, () => store.add(asked)));
    expect(added.filter(({ created }) => created)).toHaveLength(1);
    const [id, ...others] = new Set(added.map(({ job }) => job.id));
    expect(others).toEqual([]);
    const claims = await Promise.all(Array.from({ length: 8 }, () => store.claim(id ?? "", 60)));
    expect(claims.filter((claim) => claim === "busy")).toHaveLength(7);
  });

  test("a result is written once, and by the holder of the lease only", async () => {
    const lost = await leased(0);
    const lease = await store.claim(lost.job.id, 60);
    if (typeof lease === "string") throw new Error(lease);
    expect(await store.extend(lost, 60)).toBe(false);
    expect(await store.finish(lost, { state: "failed", error: { message: "late" } })).toBe(false);
    expect(await store.finish(lease, success)).toBe(true);
    expect(await store.finish(lease, { ...success, result: { text: "again" } })).toBe(false);
    expect(await store.claim(lease.job.id, 60)).toBe("finished");
    expect(await store.get("team-a", lease.job.id)).toMatchObject({
      state: "succeeded",
      provider: "vllm/0",
      result: { text: "upon a time" },
      attempts: 2,
      finishedAt: expect.any(Date),
    });
  });

  test("a large result is kept in the bucket, where its lease names it, and comes with the job all the same", async () => {
    const objects = new Map<string, string>();
    const own = new JobStore(pool, {
      write: async (key, json) => void objects.set(key, json),
      read: async (key) => objects.get(key) ?? "",
      close: () => {},
    });
    const lost = await leased(0);
    const lease = await store.claim(lost.job.id, 60);
    if (typeof lease === "string") throw new Error(lease);
    const large = { text: "upon a time ".repeat(6_000) };
    expect(await own.finish(lost, { ...success, result: { text: "late ".repeat(20_000) } })).toBe(false);
    expect(await own.finish(lease, { ...success, result: large })).toBe(true);
    expect(objects.size).toBe(2);
    expect((await pool.query("select result from gateway_jobs")).rows).toEqual([{ result: null }]);
    expect((await own.get("team-a", lease.job.id))?.result).toEqual(large);
    expect((await own.add(asked)).job.result).toEqual(large);
    const small = await leased(60, { ...asked, idempotencyKey: "order-2" });
    await own.finish(small, success);
    expect(objects.size).toBe(2);
  });

  test("jobs that finished long ago are forgotten, others stay", async () => {
    const old = await leased();
    await store.finish(old, success);
    const recent = await leased(60, { ...asked, idempotencyKey: "order-2" });
    await store.finish(recent, success);
    await store.add({ ...asked, idempotencyKey: "order-3" });
    await pool.query("update gateway_jobs set created_at = now() - interval '9 days'");
    await pool.query("update gateway_jobs set finished_at = now() - interval '8 days' where id = $1", [old.job.id]);
    expect(await store.forget(8)).toBe(1);
    expect(await store.get("team-a", old.job.id)).toBeUndefined();
    expect((await pool.query("select id from gateway_jobs")).rowCount).toBe(2);
  });

  test("an extended lease holds, a released job is free, and counts as tried only when it was", async () => {
    const lease = await leased(0);
    expect(await store.extend(lease, 60)).toBe(true);
    expect(await store.claim(lease.job.id, 60)).toBe("busy");
    await store.release(lease, false);
    const second = await store.claim(lease.job.id, 60);
    expect(second).toMatchObject({ job: { attempts: 1 } });
    if (typeof second === "string") throw new Error(second);
    await store.release(second, true);
    expect(await store.claim(lease.job.id, 60)).toMatchObject({ job: { attempts: 2 } });
  });

  test("a job that the queue may not know is found once, and not while a worker has it", async () => {
    const { job } = await store.add(asked);
    expect(await store.unsent(3600, 3600)).toEqual([]);
    const found = await Promise.all([store.unsent(0, 3600), store.unsent(0, 3600)]);
    expect(found.flat()).toEqual([job.id]);
    expect(await store.unsent(0, 3600)).toEqual([]);
    // Its message was lost.
    const lease = await store.claim(job.id, 60);
    expect(await store.unsent(0, 0)).toEqual([]);
    if (typeof lease === "string") throw new Error(lease);
    await store.release(lease, true);
    expect(await store.unsent(0, 0)).toEqual([job.id]);
    expect(await store.claim("00000000-0000-4000-8000-000000000000", 1)).toBe("finished");
  });
});

describe("webhooks", () => {
  const settings = { WEBHOOK_SECRET: "0123456789abcdef", WEBHOOK_ALLOWED_HOSTS: ["hooks.example.com", "127.0.0.1:1"] };

  test("go to listed hosts only, encrypted", () => {
    expect(checkWebhook("https://hooks.example.com/x", settings)).toBeUndefined();
    expect(checkWebhook("http://127.0.0.1:1/x", settings)).toBeUndefined();
    const refused =
      (url: string, own: Parameters<typeof checkWebhook>[1] = settings) =>
      () =>
        checkWebhook(url, own);
    expect(refused("https://169.254.169.254/latest")).toThrow("not one of WEBHOOK_ALLOWED_HOSTS");
    expect(refused("https://hooks.example.com:8443/")).toThrow("not one of");
    expect(refused("http://hooks.example.com/")).toThrow("must start with https://");
    expect(refused("https://u:p@hooks.example.com/")).toThrow("credentials");
    expect(refused("hooks")).toThrow("must be a URL");
    expect(refused("https://hooks.example.com/", { ...settings, WEBHOOK_SECRET: undefined })).toThrow(
      "Webhooks are off",
    );
  });

  test("carry the finished job, signed, and come again until they are taken", async () => {
    const calls: { headers: IncomingHttpHeaders; body: string }[] = [];
    let status = 500;
    const receiver = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      calls.push({ headers: request.headers, body });
      response.writeHead(status).end();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => receiver.once("listening", resolve));
    const host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    const own = { ...settings, WEBHOOK_ALLOWED_HOSTS: [host] };
    const lease = await leased(60, { ...asked, webhook: `http://${host}/done` });
    await deliverWebhooks(store, own, silent);
    expect(calls).toHaveLength(0);

    await store.finish(lease, success);
    await Promise.all([deliverWebhooks(store, own, silent), deliverWebhooks(store, own, silent)]);
    expect(calls).toHaveLength(1);
    await deliverWebhooks(store, own, silent);
    expect(calls, "not before its time").toHaveLength(1);
    status = 204;
    await pool.query("update gateway_jobs set webhook_due_at = now()");
    await deliverWebhooks(store, own, silent);
    await pool.query("update gateway_jobs set webhook_due_at = now() where webhook_due_at is not null");
    await deliverWebhooks(store, own, silent);
    expect(calls).toHaveLength(2);
    const [first, second] = calls;
    expect(JSON.parse(second?.body ?? "")).toMatchObject({
      type: "job.succeeded",
      data: { id: lease.job.id, status: "succeeded", response: { text: "upon a time" }, provider: "vllm/0" },
    });
    const {
      "webhook-id": id = "",
      "webhook-timestamp": timestamp = "",
      "webhook-signature": signature,
    } = second?.headers ?? {};
    expect([id, first?.headers["webhook-id"]]).toEqual([lease.job.id, lease.job.id]);
    expect(signature).toBe(sign("0123456789abcdef", `${id}`, `${timestamp}`, second?.body ?? ""));
    receiver.close();
  });
});
