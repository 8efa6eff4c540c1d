/** Every error that the API answers with. */
const kinds = {
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported_type: 415,
  internal_error: 500,
  queue_full: 503,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof kinds;

/** A failure that the caller is told: `{"error": {"code", "message"}}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  /** @param message shown to the caller: what is wrong, what was expected, what to do */
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }

  get status(): number {
    return kinds[this.code];
  }
}

/** Any thrown value as an ApiError; undefined for one that nobody expected. */
export function asApiError(thrown: unknown): ApiError | undefined {
  if (thrown instanceof ApiError) return thrown;
  const { statusCode, code } = thrown as { statusCode?: unknown; code?: unknown };
  if (statusCode === 413 || code === "FST_REQ_FILE_TOO_LARGE") {
    return new ApiError(
      "too_large",
      "The body is larger than this service takes. Send a shorter recording or a smaller image.",
    );
  }
  if (statusCode === 415) {
    return new ApiError("unsupported_type", "Send application/json with a text, or multipart/form-data with a file.");
  }
  if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500) {
    return new ApiError("invalid_request", "The request can't be read: expected JSON, or a form with one file.");
  }
  return undefined;
}
