import type { ServerResponse } from "node:http";
import type { FastifyError, FastifyInstance } from "fastify";
import { asGatewayError, errorBody, GatewayError } from "../errors";
import type { Log } from "../log";

/** Makes every error of the server one of OpenAI's form. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((thrown: FastifyError, request, reply) => {
    const error = fromFastify(thrown);
    logFailure(request.log, error);
    const { passOn } = error.details;
    return reply
      .headers(errorHeaders(error))
      .status(error.status)
      .type("application/json")
      .send(passOn ? passOn.body : JSON.stringify(errorBody(error)));
  });
  app.setNotFoundHandler((request, reply) => {
    const error = new GatewayError(
      "not_found",
      `There is no ${request.method} ${request.url.split("?")[0]}; see /openapi.json.`,
    );
    return reply
      .status(error.status)
      .type("application/json")
      .send(JSON.stringify(errorBody(error)));
  });
}

/** Answers with an error where Fastify has handed the connection over. */
export function writeError(response: ServerResponse, error: GatewayError, requestId: string): void {
  if (response.destroyed || response.writableEnded) return;
  // The status is out, so the error is the stream's last event, which OpenAI's SDKs throw as an error.
  if (response.headersSent) {
    response.end(`data: ${JSON.stringify(errorBody(error))}\n\n`);
    return;
  }
  const body = error.details.passOn?.body ?? Buffer.from(JSON.stringify(errorBody(error)));
  response.writeHead(error.status, {
    "content-type": "application/json",
    "content-length": body.length,
    "x-request-id": requestId,
    ...errorHeaders(error),
  });
  response.end(body);
}

/** The caller's mistakes are not the operator's, and a caller who left is nobody's. */
export function logFailure(log: Log, error: GatewayError): void {
  if (error.status < 500) return;
  const { code, message, details } = error;
  // A provider's failure is told by its attempts: its cause would bring the provider's whole answer into the log.
  if (code === "internal_error") log.error({ code, err: details.cause }, message);
  else log.warn({ code, attempts: details.attempts }, message);
}

function errorHeaders({ details: { retryAfterSeconds } }: GatewayError): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { "retry-after": `${retryAfterSeconds}` };
}

function fromFastify(thrown: FastifyError): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  if (thrown.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return new GatewayError("body_too_large", "The request's body is larger than this gateway takes.", {
      cause: thrown,
    });
  }
  const [first] = thrown.validation ?? [];
  if (first) {
    const missing = first.params["missingProperty"];
    const path = [...first.instancePath.split("/").slice(1), ...(typeof missing === "string" ? [missing] : [])].join(
      ".",
    );
    const where = path || String(thrown.validationContext);
    return new GatewayError("invalid_request", `${where}: ${first.message ?? "is not valid"}.`, {
      param: where,
      cause: thrown,
    });
  }
  if (thrown.statusCode !== undefined && thrown.statusCode >= 400 && thrown.statusCode < 500) {
    return new GatewayError("invalid_request", thrown.message, { cause: thrown });
  }
  return asGatewayError(thrown);
}
