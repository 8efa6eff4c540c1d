import swagger from "@fastify/swagger";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import { GatewayError } from "../errors";
import type { Settings } from "../settings";
import { answerErrors } from "./errors";

/** A Fastify server with what all routes share: logging, the parser of bodies, errors, the OpenAPI document. */
export async function createServer(settings: Settings): Promise<FastifyInstance> {
  const app = Fastify({
    logger: settings.LOG_LEVEL === "silent" ? false : { level: settings.LOG_LEVEL },
    // Metrics count requests; a line for each would cost more than the rest of the gateway.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.BODY_LIMIT_BYTES,
    requestIdHeader: "x-request-id",
    genReqId: () => crypto.randomUUID(),
    forceCloseConnections: "idle",
    routerOptions: { ignoreTrailingSlash: true },
    // A request is taken as it is, or refused: nothing is turned into something else.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
  });
  app.decorateRequest("bytes", null);
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, bytes: Buffer, done) => {
    request.bytes = bytes;
    try {
      done(null, JSON.parse(bytes.toString("utf8")));
    } catch (cause) {
      done(new GatewayError("invalid_request", `The body is not JSON: ${(cause as Error).message}.`, { cause }));
    }
  });
  answerErrors(app);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "LLM gateway",
        version: "1.0.0",
        description: "OpenAI-compatible gateway over vLLM, Ollama and Gemini.",
      },
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
    },
  });
  return app;
}
