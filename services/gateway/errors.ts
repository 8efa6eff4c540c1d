interface ErrorKind {
  /** HTTP status of the answer. */
  readonly status: number;
  /** `type` of OpenAI's error object. */
  readonly type: string;
  readonly meaning: string;
}

/** Every error that the gateway itself answers with. The name is the `code` of OpenAI's error object. */
export const ERROR_KINDS = {
  invalid_request: {
    status: 400,
    type: "invalid_request_error",
    meaning: "The request, or a header of it, is not what the OpenAI API takes. The message names what is wrong.",
  },
  invalid_api_key: {
    status: 401,
    type: "authentication_error",
    meaning: "No key, an unknown key, or a token that does not verify.",
  },
  forbidden: {
    status: 403,
    type: "permission_error",
    meaning: "The key, or a control of the gateway, does not allow this.",
  },
  model_not_found: { status: 404, type: "invalid_request_error", meaning: "No provider serves that model." },
  not_found: { status: 404, type: "invalid_request_error", meaning: "No such route, or no such job of this key." },
  conflict: {
    status: 409,
    type: "invalid_request_error",
    meaning: "The idempotency key was used before with another body.",
  },
  body_too_large: { status: 413, type: "invalid_request_error", meaning: "The body is larger than BODY_LIMIT_BYTES." },
  rate_limit_exceeded: {
    status: 429,
    type: "rate_limit_error",
    meaning: "The key's requests of this minute are used up. Retry-After says when to try again.",
  },
  client_closed: {
    status: 499,
    type: "cancelled",
    meaning: "The caller left. Nobody sees this answer; metrics count it.",
  },
  internal_error: {
    status: 500,
    type: "server_error",
    meaning: "An unexpected failure. The log has it by request id.",
  },
  all_providers_failed: {
    status: 502,
    type: "server_error",
    meaning: "No provider could answer. The message and `attempts` name each one tried and why.",
  },
  stream_interrupted: {
    status: 502,
    type: "server_error",
    meaning: "The provider broke off after the first token; comes as the stream's last event.",
  },
  no_provider: {
    status: 503,
    type: "server_error",
    meaning: "No provider may serve the request now: circuits open, or private, risk or spend rules exclude all.",
  },
  overloaded: {
    status: 503,
    type: "server_error",
    meaning: "As many requests are running as this process takes. Retry-After says when to try again.",
  },
  unavailable: {
    status: 503,
    type: "server_error",
    meaning: "A part that this route needs is off or down, such as the job store.",
  },
  timeout: { status: 504, type: "server_error", meaning: "REQUEST_TIMEOUT_SECONDS passed before an answer." },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** One provider's part in a failed request, as the answer shows it. */
export interface AttemptReport {
  /** Provider and, where it has several, replica: `vllm/0`. */
  readonly provider: string;
  readonly kind: FailureKind | SkipReason;
  readonly status?: number;
  readonly message: string;
}

/** A failure that the gateway answers with, in the form of OpenAI's API. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";

  /** @param message shown to the caller, so nothing internal belongs in it */
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: {
      readonly param?: string;
      readonly retryAfterSeconds?: number;
      readonly attempts?: readonly AttemptReport[];
      /** The provider's own answer, passed on as it came: its status and its body. */
      readonly passOn?: { readonly status: number; readonly body: Buffer };
      /** For the log only. */
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
  }

  get status(): number {
    return this.details.passOn?.status ?? ERROR_KINDS[this.code].status;
  }
}

/** The JSON body of an error answer. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: ErrorCode;
    readonly attempts?: readonly AttemptReport[];
  };
}

export function errorBody({ code, message, details }: GatewayError): ErrorBody {
  const { param = null, attempts } = details;
  return { error: { message, type: ERROR_KINDS[code].type, param, code, ...(attempts ? { attempts } : {}) } };
}

/** Any thrown value as a GatewayError. An unknown one becomes internal_error, and what it said goes to the log alone. */
export function asGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError("internal_error", "The gateway failed unexpectedly.", { cause: thrown });
}

/** What can go wrong with one provider. `rules.ts` says for each what comes next. */
export type FailureKind =
  | "connect"
  | "reset"
  | "timeout"
  | "rate_limited"
  | "overloaded"
  | "server_error"
  | "unauthorized"
  | "model_not_found"
  | "context_length"
  | "bad_request"
  | "malformed"
  | "cancelled"
  | "deadline";

/** Why a provider was not asked at all. */
export type SkipReason = "circuit_open" | "outside" | "risk" | "spend_cap" | "not_asked";

/** A provider's failure to answer one request. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";

  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly details: {
      readonly status?: number;
      /** What the provider asked to wait. */
      readonly retryAfterMs?: number;
      /** The first token has gone out to the caller: nobody else may answer this request. */
      readonly committed?: boolean;
      readonly body?: Buffer;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
  }

  /** Whether it says something about the provider, rather than about the request or the caller. A circuit breaker counts these. */
  get providerFault(): boolean {
    switch (this.kind) {
      case "bad_request":
      case "context_length":
      case "model_not_found":
      case "cancelled":
      case "deadline":
        return false;
      default:
        return true;
    }
  }
}

const CONTEXT_LENGTH = /context_length_exceeded|maximum context length|context window|input is too long/i;

/** What a provider's HTTP error answer means. Its message is kept to 300 characters. */
export function failureOfStatus(
  status: number,
  body: Buffer,
  retryAfter: string | undefined,
  now: number,
): ProviderError {
  const message = providerMessage(body) || `HTTP status ${status}`;
  const details = { status, body, retryAfterMs: retryAfterMs(retryAfter, now) };
  return new ProviderError(kindOfStatus(status, message), message, details);
}

function kindOfStatus(status: number, message: string): FailureKind {
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 404) return "model_not_found";
  if (status === 408 || status === 504) return "timeout";
  if (status === 429) return "rate_limited";
  if (status === 503 || status === 529) return "overloaded";
  if (status >= 500) return "server_error";
  if (status >= 400) return CONTEXT_LENGTH.test(message) ? "context_length" : "bad_request";
  return "malformed";
}

function providerMessage(body: Buffer): string {
  const text = body.toString("utf8");
  try {
    const parsed = JSON.parse(text) as { error?: { message?: unknown } | string; message?: unknown; detail?: unknown };
    const { error, message, detail } = parsed;
    const found = typeof error === "object" && error !== null ? error.message : (error ?? message ?? detail);
    if (typeof found === "string") return found.slice(0, 300);
  } catch {
    // Not JSON: the text itself is what it says.
  }
  return text.slice(0, 300).trim();
}

/** Retry-After in milliseconds, of both its forms: seconds and a date. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** What a failed connection or a broken answer means. */
export function failureOfError(thrown: unknown, committed = false): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  const code = codeOf(thrown);
  const details = { committed, cause: thrown };
  switch (code) {
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return new ProviderError("connect", `no connection (${code})`, details);
    case "UND_ERR_HEADERS_TIMEOUT":
    case "UND_ERR_BODY_TIMEOUT":
    case "ETIMEDOUT":
      return new ProviderError("timeout", `no answer in time (${code})`, details);
    case undefined:
      return new ProviderError("server_error", thrown instanceof Error ? thrown.message : String(thrown), details);
    default:
      return code.startsWith("HPE_")
        ? new ProviderError("malformed", `the answer is not HTTP (${code})`, details)
        : new ProviderError("reset", `the connection broke (${code})`, details);
  }
}

function codeOf(thrown: unknown): string | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    // One error for several addresses of a name: any of them says why.
    const inner = error instanceof AggregateError ? error.errors[0] : error;
    if (inner instanceof Error && "code" in inner && typeof inner.code === "string") return inner.code;
  }
  return undefined;
}
