import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";

/** What the server does instead of answering a GET in full. */
export interface Fault {
  /** Breaks the connection off after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Sends so many bytes and then nothing more, with the connection open. */
  readonly stallAfter?: number;
  /** Sends the body without Content-Length. */
  readonly withoutLength?: boolean;
  /** Refuses with that status and S3 error code. */
  readonly refuse?: { readonly status: number; readonly code: string };
}

/** Bytes made while they are sent, for objects larger than memory should hold. */
export interface Generated {
  readonly sizeBytes: number;
}

export interface S3Server {
  readonly endpoint: string;
  /** By key, in one bucket of any name. */
  readonly objects: Map<string, Buffer | Generated>;
  /** By key. */
  readonly faults: Map<string, Fault>;
  /** "GET models/x", in order. */
  readonly requests: string[];
  /** Called after an object was stored; what a bucket notification hangs on. */
  onPut: (key: string) => void | Promise<void>;
  close(): Promise<void>;
}

/**
 * An S3 endpoint on loopback with path-style addresses: GET, HEAD and PUT of objects, `If-None-Match: *`, the SHA-256 and errors as S3 sends them.
 * It does not check signatures or permissions.
 */
export async function startS3Server(): Promise<S3Server> {
  const state = {
    objects: new Map<string, Buffer | Generated>(),
    faults: new Map<string, Fault>(),
    requests: [] as string[],
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const key = path.split("/").slice(2).join("/");
    state.requests.push(`${request.method} ${key}`);
    const fault = state.faults.get(key) ?? {};
    if (fault.refuse) return refuse(response, fault.refuse.status, fault.refuse.code);
    if (request.method === "PUT") return put(request, response, key);
    const object = state.objects.get(key);
    if (object === undefined) return refuse(response, 404, "NoSuchKey");
    return send(response, object, fault, request.method === "HEAD");
  }

  async function put(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    if (request.headers["if-none-match"] === "*" && state.objects.has(key))
      return refuse(response, 412, "PreconditionFailed");
    const announced = request.headers["x-amz-checksum-sha256"];
    if (announced !== undefined && announced !== createHash("sha256").update(body).digest("base64")) {
      return refuse(response, 400, "BadDigest");
    }
    state.objects.set(key, body);
    await api.onPut(key);
    response.writeHead(200, { ETag: `"${createHash("md5").update(body).digest("hex")}"` }).end();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const api: S3Server = {
    ...state,
    endpoint: `http://127.0.0.1:${port}`,
    onPut: () => undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return api;
}

/** The bytes of a Generated object between two offsets: they differ from block to block, so that a lost block shows. */
export function generatedBlock(offset: number, length: number): Buffer {
  const block = Buffer.alloc(Math.max(length, 8), BLOCK);
  block.writeDoubleBE(offset, 0);
  return block.subarray(0, length);
}

const BLOCK_BYTES = 1024 * 1024;
const BLOCK = createHash("sha512").update("llm-stacks").digest();

async function send(
  response: ServerResponse,
  object: Buffer | Generated,
  fault: Fault,
  headOnly: boolean,
): Promise<void> {
  const sizeBytes = Buffer.isBuffer(object) ? object.length : object.sizeBytes;
  const limit = Math.min(fault.cutAfter ?? sizeBytes, fault.stallAfter ?? sizeBytes);
  response.writeHead(200, {
    "Content-Type": "application/octet-stream",
    ...(fault.withoutLength ? {} : { "Content-Length": sizeBytes }),
  });
  if (headOnly) return void response.end();
  response.flushHeaders();
  // A client that hangs up ends the answer; that is its right.
  await pipeline(blocks(object, limit), response, { end: false }).catch(() => undefined);
  if (fault.stallAfter !== undefined) return;
  if (fault.cutAfter === undefined) return void response.end();
  // What was written has to leave this process before the connection breaks.
  await new Promise((done) => setTimeout(done, 5));
  response.destroy();
}

function* blocks(object: Buffer | Generated, limit: number): Generator<Buffer> {
  for (let offset = 0; offset < limit; offset += BLOCK_BYTES) {
    const length = Math.min(BLOCK_BYTES, limit - offset);
    yield Buffer.isBuffer(object) ? object.subarray(offset, offset + length) : generatedBlock(offset, length);
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  response.writeHead(status, { "Content-Type": "application/xml" }).end(body);
}
