import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { ApiError } from "./errors";
import { type Firs, QueueFull } from "./firs";
import { longestStatement } from "./generate";
import type { Store, Stored } from "./store";
import { kindOf, type Uploads, uploadTypes } from "./uploads";

export interface RouteParts {
  readonly firs: Firs;
  readonly store: Store;
  readonly uploads: Uploads;
  readonly operatorKey: string | undefined;
  readonly health: () => { readonly memoryPercent: number };
  readonly ready: () => Promise<Readonly<Record<string, boolean>>>;
}

/** Seconds between two questions of a caller that waits. */
export const pollSeconds = 2;
/** After a refusal for lack of room: about the time that one FIR takes. */
export const retryAfterSeconds = 30;

const textBody = z.strictObject({
  text: z
    .string("text is missing: expected what happened, in words")
    .trim()
    .min(10, "text is too short: expected what happened, in 10 characters or more")
    .max(longestStatement, `text is too long: expected ${longestStatement} characters or fewer`),
});

const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  before: z.iso.datetime({ offset: true }).optional(),
  archived: z.enum(["true", "false"]).default("false"),
});

const idForm = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Submission, polling, list, archive, health. */
export function routes(app: FastifyInstance, parts: RouteParts): void {
  const { firs, store } = parts;

  app.post("/api/fir", async (request, reply) => {
    // Before the body is read: who is refused should not have sent a file first.
    if (firs.full) throw queueFull();
    const id = request.isMultipart() ? await takeFile(request, parts) : await takeText(request, parts);
    return reply
      .code(202)
      .header("location", `/api/fir/${id}`)
      .header("retry-after", pollSeconds)
      .send({ id, status: statusNow(firs, id), position: firs.position(id) ?? 0 });
  });

  app.get("/api/fir/:id", async (request, reply) => {
    const found = await find(store, request);
    firs.asked(found.id);
    const view = viewOf(found, firs.position(found.id));
    if (found.endedAt === undefined) reply.header("retry-after", pollSeconds);
    return view;
  });

  app.delete("/api/fir/:id", async (request, reply) => {
    const { id } = await find(store, request);
    if (!(await firs.cancel(id))) throw new ApiError("conflict", "It has ended, so it can't be cancelled.");
    return reply.code(200).send({ id, status: "cancelled" });
  });

  app.get("/api/fir", async (request) => {
    requireOperator(request, parts.operatorKey);
    const query = listQuery.safeParse(request.query);
    if (!query.success) throw new ApiError("invalid_request", z.prettifyError(query.error));
    const { limit, before, archived } = query.data;
    const found = await store.list({
      limit,
      before: before === undefined ? undefined : new Date(before),
      archived: archived === "true",
    });
    return { firs: found.map((each) => viewOf(each, firs.position(each.id))) };
  });

  app.post("/api/fir/:id/archive", async (request) => {
    requireOperator(request, parts.operatorKey);
    const { id, archivedAt } = await find(store, request);
    if (archivedAt === undefined && !(await store.archive(id))) {
      throw new ApiError("conflict", "It is still being worked on, so it can't be archived.");
    }
    return { id, archived: true };
  });

  // For the container's health check and whoever looks: says nothing about database or models, whose absence no restart would heal.
  app.get("/health", async () => ({
    status: "ok",
    ...parts.health(),
    waiting: firs.waiting,
    working: firs.working,
    accepting: !firs.closed,
  }));

  app.get("/health/ready", async (_request, reply) => {
    const checks = await parts.ready();
    const ready = Object.values(checks).every(Boolean);
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready", checks });
  });
}

async function takeText(request: FastifyRequest, { firs }: RouteParts): Promise<string> {
  const body = textBody.safeParse(request.body);
  if (!body.success) {
    throw new ApiError("invalid_request", body.error.issues.map(({ message }) => message).join("; "));
  }
  const id = randomUUID();
  await admit(() => firs.submit({ id, source: "text", statement: body.data.text }));
  return id;
}

async function takeFile(request: FastifyRequest, { firs, uploads }: RouteParts): Promise<string> {
  const part = await request.file();
  if (!part)
    throw new ApiError("invalid_request", "The form has no file: expected one field with an audio or image file.");
  const source = kindOf(part.mimetype);
  if (source === undefined) {
    part.file.resume();
    throw new ApiError("unsupported_type", `The file is ${part.mimetype}; expected one of ${uploadTypes.join(", ")}.`);
  }
  const id = randomUUID();
  await uploads.save(id, part.file);
  try {
    if (part.file.truncated) throw new ApiError("too_large", "The file is larger than this service takes.");
    if (part.file.bytesRead === 0) throw new ApiError("invalid_request", "The file is empty.");
    // The owner's name for the file may be personal; its ending is all that a decoder may want.
    const name = `upload${/\.[A-Za-z0-9]{1,5}$/.exec(part.filename)?.[0] ?? ""}`;
    await admit(() => firs.submit({ id, source, upload: { name, type: part.mimetype } }));
  } catch (error) {
    await uploads.remove(id);
    throw error;
  }
  return id;
}

async function admit(submit: () => Promise<void>): Promise<void> {
  try {
    await submit();
  } catch (error) {
    if (error instanceof QueueFull) throw queueFull();
    throw new ApiError("unavailable", "The database can't be reached now. Try again.", pollSeconds * 5);
  }
}

function queueFull(): ApiError {
  return new ApiError(
    "queue_full",
    "As many FIRs are waiting as this service takes. Try again later.",
    retryAfterSeconds,
  );
}

async function find(store: Store, request: FastifyRequest): Promise<Stored> {
  const { id } = request.params as { id: string };
  const found = idForm.test(id) ? await store.find(id) : undefined;
  if (!found) throw new ApiError("not_found", "There is no FIR with that id.");
  return found;
}

function requireOperator(request: FastifyRequest, key: string | undefined): void {
  if (key === undefined) throw new ApiError("forbidden", "No OPERATOR_KEY is set, so nobody may do that.");
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
  if (!timingSafeEqual(digest(given), digest(key))) {
    throw new ApiError("unauthorized", "That needs the operator's key: Authorization: Bearer <key>.");
  }
}

/** Of one length, whatever was given. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function statusNow(firs: Firs, id: string): "waiting" | "working" {
  return firs.position(id) === undefined ? "working" : "waiting";
}

/** What a caller sees of an FIR. */
function viewOf(stored: Stored, position: number | undefined) {
  const { id, status, source, statement, fir, error, createdAt, endedAt, archivedAt, generationMs } = stored;
  return {
    id,
    status,
    ...(position === undefined ? {} : { position }),
    source,
    createdAt: createdAt.toISOString(),
    ...(endedAt && { endedAt: endedAt.toISOString() }),
    ...(archivedAt && { archivedAt: archivedAt.toISOString() }),
    ...(generationMs === undefined ? {} : { generationMs }),
    ...(source !== "text" && statement !== undefined && { statement }),
    ...(fir && { fir }),
    ...(error && { error }),
  };
}

/** For all answers: they are personal. */
export function neverStored(reply: FastifyReply): void {
  reply.header("cache-control", "no-store");
}
