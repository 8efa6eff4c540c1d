import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { inferenceRequest } from "../client/inference-request";
import { GatewayError } from "../errors";
import type { Jobs } from "../jobs/jobs";
import { jobView } from "../jobs/view";
import { checkWebhook } from "../jobs/webhooks";
import type { Parts } from "../parts";
import { isPrivate, modelOf, taskOf } from "./completions";
import { bearer, errorAnswer, taskHeaders } from "./schemas";

const job = {
  type: "object",
  properties: {
    id: { type: "string", format: "uuid" },
    object: { type: "string", enum: ["job"] },
    status: { type: "string", enum: ["queued", "running", "succeeded", "failed"] },
  },
  required: ["id", "object", "status"],
  additionalProperties: true,
} as const;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Durable jobs. Where the settings have no queue the routes say so. */
export function jobRoutes(app: FastifyInstance, parts: Parts, jobs: Jobs | undefined): void {
  const { authenticator, limits, controls, settings } = parts;
  const on = (): Jobs => {
    if (jobs) return jobs;
    throw new GatewayError("unavailable", "Jobs are off: the gateway has no JOBS_QUEUE_URL.");
  };

  app.post(
    "/v1/jobs",
    {
      schema: {
        summary: "A long or bulk request that is kept until it is answered, also when no engine runs",
        tags: ["Jobs"],
        security: bearer,
        headers: {
          type: "object",
          properties: {
            ...taskHeaders.properties,
            "idempotency-key": {
              type: "string",
              minLength: 1,
              maxLength: 255,
              description: "The same key with the same body gives the same job. Default: a new one.",
            },
          },
        },
        body: {
          type: "object",
          required: ["request"],
          additionalProperties: false,
          properties: {
            request: {
              type: "object",
              description: "The body of POST /v1/chat/completions or /v1/completions, without stream.",
              additionalProperties: true,
            },
            webhook: { type: "string", maxLength: 2000, description: "Called with the finished job, signed." },
          },
        },
        response: { 200: job, 202: job, "4xx": errorAnswer, "5xx": errorAnswer },
      },
    },
    async (request, reply) => {
      const { headers } = request;
      const caller = await authenticator.authenticate(headers.authorization);
      await limits.take(caller);
      const store = on();
      const task = taskOf(headers);
      const { request: asked, webhook } = request.body as { request: Record<string, unknown>; webhook?: string };
      checkRequest(asked);
      modelOf(parts, { model: "auto", ...asked });
      if (webhook !== undefined) checkWebhook(webhook, settings);
      await controls.check(caller, task);
      const added = await store
        .submit({
          keyId: caller.id,
          idempotencyKey: (headers["idempotency-key"] as string | undefined) ?? randomUUID(),
          request: asked,
          options: {
            risk: task.risk,
            private: isPrivate(caller, headers),
            session: (headers["x-session-id"] as string | undefined) ?? null,
            usdPerDay: caller.usdPerDay,
          },
          webhook: webhook ?? null,
        })
        .catch(notStored);
      if (!added.same) {
        const message = "This Idempotency-Key was used with another request. Use a new key for a new request.";
        throw new GatewayError("conflict", message, { param: "idempotency-key" });
      }
      reply.header("location", `/v1/jobs/${added.job.id}`);
      return reply.status(added.created ? 202 : 200).send(jobView(added.job));
    },
  );

  app.get(
    "/v1/jobs/:id",
    {
      schema: {
        summary: "A job's state, and its answer when it is finished",
        tags: ["Jobs"],
        security: bearer,
        params: { type: "object", required: ["id"], properties: { id: { type: "string" } } },
        response: { 200: job, "4xx": errorAnswer, "5xx": errorAnswer },
      },
    },
    async (request) => {
      const caller = await authenticator.authenticate(request.headers.authorization);
      const { id } = request.params as { id: string };
      const found = UUID.test(id) ? await on().store.get(caller.id, id).catch(notStored) : undefined;
      if (!found) throw new GatewayError("not_found", `This key has no job ${id}.`);
      return jobView(found);
    },
  );
}

function checkRequest(asked: Record<string, unknown>): void {
  const refuse = (message: string, cause?: unknown) =>
    new GatewayError("invalid_request", message, { param: "request", cause });
  if (asked["stream"] === true) throw refuse("request: a job can't stream; leave stream out.");
  try {
    inferenceRequest(asked);
  } catch (error) {
    throw refuse((error as Error).message, error);
  }
}

function notStored(cause: unknown): never {
  throw new GatewayError(
    "unavailable",
    "The job store can't be reached now. Try again with the same Idempotency-Key.",
    {
      retryAfterSeconds: 5,
      cause,
    },
  );
}
