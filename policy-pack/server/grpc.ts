/**
 * As much of gRPC as a policy pack needs: calls with one request and one answer, uncompressed, over HTTP/2 without TLS.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 *
 * The engine asks twice for each resource, and a general server for Node.js (@grpc/grpc-js) takes longer to receive a
 * question than the rules take to answer it.
 */
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";

/** Answers an encoded request with an encoded response. A throw fails the call with its text. */
export type Method = (request: Buffer) => Uint8Array;

/** https://grpc.io/docs/guides/status-codes/ */
const status = { ok: 0, unknown: 2, unimplemented: 12, internal: 13 } as const;

class CallFailed extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Serves methods by their paths, such as `/pulumirpc.Analyzer/Analyze`, on a free port of this machine.
 *
 * @returns the port, and what ends the server and its connections
 */
export function serveGrpc(methods: ReadonlyMap<string, Method>): Promise<{ port: number; close(): void }> {
  // A stack of thousands of resources is judged in one message; by default a session may hold 10 MB.
  const server = createServer({
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
    settings: { initialWindowSize: 8 * 1024 * 1024 },
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => receive(stream, headers, methods));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const close = (): void => {
        server.close();
        for (const session of sessions) session.destroy();
      };
      resolve({ port: (server.address() as AddressInfo).port, close });
    });
  });
}

function receive(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, methods: ReadonlyMap<string, Method>): void {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A call that is cancelled needs no answer.
  stream.on("error", () => undefined);
  stream.on("end", () => {
    try {
      const path = headers[":path"] ?? "";
      const method = methods.get(path);
      if (!method) throw new CallFailed(status.unimplemented, `the policy pack has no method ${path}`);
      succeed(stream, method(messageIn(Buffer.concat(chunks))));
    } catch (error) {
      fail(stream, error);
    }
  });
}

/** A message is preceded by a byte that says whether it is compressed, and by its length. */
const prefixBytes = 5;

function messageIn(body: Buffer): Buffer {
  const isWhole = body.length >= prefixBytes && body.length === prefixBytes + body.readUInt32BE(1);
  if (!isWhole) throw new CallFailed(status.internal, "the request is not one whole message");
  if (body[0] !== 0) throw new CallFailed(status.unimplemented, "the request is compressed");
  return body.subarray(prefixBytes);
}

const contentType = { ":status": 200, "content-type": "application/grpc+proto" };

function succeed(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.destroyed) return;
  const framed = Buffer.allocUnsafe(prefixBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, prefixBytes);
  stream.respond(contentType, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": status.ok }));
  stream.end(framed);
}

function fail(stream: ServerHttp2Stream, error: unknown): void {
  if (stream.destroyed) return;
  const text = error instanceof CallFailed ? error.message : error instanceof Error ? error.stack : String(error);
  stream.respond(
    {
      ...contentType,
      "grpc-status": error instanceof CallFailed ? error.code : status.unknown,
      // Percent-encoded, as the protocol has it.
      "grpc-message": encodeURI(text ?? ""),
    },
    { endStream: true },
  );
}
