import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "../auth/authenticate";
import type { Task } from "../auth/controls";
import { asGatewayError, GatewayError } from "../errors";
import type { Parts } from "../parts";
import { affinityKey } from "../router/affinity";
import type { Risk } from "../router/providers";
import { Answer } from "../upstream/answer";
import type { Incoming } from "../upstream/upstreams";
import { logFailure, writeError } from "./errors";
import { bearer, chatBody, completionBody, errorAnswer, passed, taskHeaders } from "./schemas";

declare module "fastify" {
  interface FastifyRequest {
    /** The body as it came: what need not change goes on without being written anew. */
    bytes: Buffer | null;
  }
}

/** The routes that the gateway is there for. */
export function completionRoutes(app: FastifyInstance, parts: Parts): void {
  const route = (path: Incoming["path"], body: object, summary: string) =>
    app.post(
      `/v1${path}`,
      {
        schema: {
          summary,
          tags: ["Completions"],
          security: bearer,
          headers: taskHeaders,
          body,
          response: { 200: passed, "4xx": errorAnswer, "5xx": errorAnswer },
        },
      },
      (request, reply) => complete(parts, path, request, reply),
    );
  route("/chat/completions", chatBody, "A chat's next message");
  route("/completions", completionBody, "A text's continuation");
}

async function complete(
  parts: Parts,
  path: Incoming["path"],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { settings, authenticator, limits, controls, gate, router, upstreams, telemetry } = parts;
  const start = performance.now();
  const { headers } = request;
  const caller = await authenticator.authenticate(headers.authorization);
  await limits.take(caller);
  const task = taskOf(headers);
  if (task.risk === "high" || task.kind !== undefined) await controls.check(caller, task);
  const body = request.body as Record<string, unknown>;
  const model = modelOf(parts, body);
  const streamed = body["stream"] === true;
  await gate.within(streamed, async () => {
    reply.hijack();
    const { raw } = reply;
    const answer = new Answer(raw, { "x-request-id": request.id });
    const incoming: Incoming = { path, body, bytes: request.bytes ?? Buffer.alloc(0) };
    let status = 200;
    try {
      const { firstByteMs } = await router.route({
        route: {
          model,
          risk: task.risk,
          private: isPrivate(caller, headers),
          affinity: affinityKey(body, headers["x-session-id"] as string | undefined),
        },
        caller,
        body,
        bytes: incoming.bytes.length,
        deadline: Date.now() + settings.REQUEST_TIMEOUT_SECONDS * 1000,
        sleep: (ms) => sleepUnlessLeft(answer, ms),
        attempt: async (target, remainingMs) => {
          const result = await upstreams.ask(target, incoming, answer, remainingMs);
          return { result, usage: result.usage };
        },
      });
      telemetry.passed(path, firstByteMs);
    } catch (thrown) {
      const error = asGatewayError(thrown);
      status = error.status;
      logFailure(request.log, error);
      writeError(raw, error, request.id);
    } finally {
      telemetry.request(path, status, (performance.now() - start) / 1000);
    }
  });
}

/** @throws GatewayError model_not_found */
export function modelOf({ models }: Pick<Parts, "models">, body: Readonly<Record<string, unknown>>): string {
  const model = body["model"];
  if (typeof model === "string" && (model === "auto" || models.includes(model))) return model;
  const message = `There is no model ${JSON.stringify(model)}; there are auto, ${models.join(", ")}.`;
  throw new GatewayError("model_not_found", message, { param: "model" });
}

/** What the headers say of the task. They were checked by their schema. */
export function taskOf(headers: IncomingHttpHeaders): Task {
  const confidence = headers["x-llm-confidence"];
  return {
    risk: (headers["x-llm-risk"] as Risk | undefined) ?? "medium",
    kind: headers["x-llm-task"] as string | undefined,
    confidence: confidence === undefined ? undefined : Number(confidence),
    approvedBy: headers["x-llm-approved-by"] as string | undefined,
  };
}

/** Whether the request must stay with providers within the VPC: its key says so, or it does itself. */
export function isPrivate(caller: Pick<Caller, "private">, headers: IncomingHttpHeaders): boolean {
  return caller.private || headers["x-llm-private"] === "true";
}

function sleepUnlessLeft(answer: Answer, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (answer.left) return resolve(false);
    const end = (stayed: boolean) => {
      clearTimeout(timer);
      answer.onLeft(undefined);
      resolve(stayed);
    };
    const timer = setTimeout(() => end(true), ms);
    answer.onLeft(() => end(false));
  });
}
