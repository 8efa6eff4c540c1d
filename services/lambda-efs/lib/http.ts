import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { asServiceError, errorBody, ServiceError } from "./errors";
import type { Logger } from "./log";

export function isApiEvent(event: unknown): event is APIGatewayProxyEvent {
  return typeof event === "object" && event !== null && "httpMethod" in event && "requestContext" in event;
}

/** The JSON object in a proxy event's body: EMPTY_BODY or BAD_JSON if there is none, BAD_REQUEST for a property not in `known`. */
export function parseBody<Known extends string>(
  event: Pick<APIGatewayProxyEvent, "body" | "isBase64Encoded">,
  known: readonly Known[],
): Partial<Record<Known, string>> {
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? "", "base64").toString("utf8") : (event.body ?? "");
  if (text.trim() === "") throw new ServiceError("EMPTY_BODY", "parse", "The request has no body; send a JSON object.");
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ServiceError("BAD_JSON", "parse", "The body must be a JSON object.");
  }
  const allowed: readonly string[] = known;
  for (const [name, content] of Object.entries(value)) {
    if (!allowed.includes(name)) {
      const message = `Unknown property ${JSON.stringify(name.slice(0, 60))}; known are ${known.join(", ")}.`;
      throw new ServiceError("BAD_REQUEST", "parse", message);
    }
    if (typeof content !== "string") throw new ServiceError("BAD_REQUEST", "parse", `"${name}" must be a string.`);
  }
  return value;
}

/** Runs a request and turns what it throws into its error answer; the cause goes to the log. */
export async function answer(
  { requestId, log, corsAllowOrigin }: { requestId: string; log: Logger; corsAllowOrigin: string | undefined },
  run: () => Promise<{ status: number; body: unknown }>,
): Promise<APIGatewayProxyResult> {
  try {
    const { status, body } = await run();
    return jsonResponse(status, body, corsAllowOrigin);
  } catch (thrown) {
    const error = asServiceError(thrown, "process");
    logFailure(log, error);
    return jsonResponse(error.status, errorBody(error, requestId), corsAllowOrigin);
  }
}

/** The caller's mistakes are warnings, so that an alarm on errors means the system's. */
export function logFailure(log: Logger, error: ServiceError): void {
  const { code, status, stage, fileId, message, cause } = error;
  log[status >= 500 ? "error" : "warn"](message, { code, status, stage, fileId, cause });
}

function jsonResponse(status: number, body: unknown, corsAllowOrigin: string | undefined): APIGatewayProxyResult {
  return {
    statusCode: status,
    headers: {
      "Content-Type": "application/json",
      ...(corsAllowOrigin === undefined ? {} : { "Access-Control-Allow-Origin": corsAllowOrigin }),
      // A shared cache must not hand one origin's answer to another.
      ...(corsAllowOrigin === undefined || corsAllowOrigin === "*" ? {} : { Vary: "Origin" }),
    },
    body: JSON.stringify(body),
  };
}

/**
 * Strict base64. Line breaks are let through, since `base64` prints them; Buffer.from alone would accept, and skip, anything.
 */
export function decodeBase64(text: string): Buffer {
  const compact = text.replace(/[\r\n]/g, "");
  const bytes = Buffer.from(compact, "base64");
  if (bytes.toString("base64") === compact) return bytes;
  throw new ServiceError("BAD_BASE64", "parse", '"data" must be base64 of the standard alphabet, with padding.');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ServiceError("BAD_JSON", "parse", "The body is not JSON.", { cause });
  }
}
