/** Where in a request the failure happened: what an operator looks at first. */
export type Stage =
  | "configure"
  | "parse"
  | "mount"
  | "fetch"
  | "write"
  | "publish"
  | "store"
  | "load"
  | "process"
  | "archive";

interface ErrorKind {
  /** HTTP status of the API's answer. */
  readonly status: number;
  readonly meaning: string;
  /** What the caller or the operator can do. */
  readonly remedy: string;
}

/** Every error the two functions answer with. The API document lists the same table, and a test compares the two. */
export const ERROR_KINDS = {
  EMPTY_BODY: { status: 400, meaning: "The request has no body.", remedy: "Send a JSON object." },
  BAD_JSON: { status: 400, meaning: "The body is not a JSON object.", remedy: "Check quoting and Content-Type." },
  BAD_REQUEST: {
    status: 400,
    meaning: "A property is missing, unknown or of the wrong type.",
    remedy: "The message names it.",
  },
  BAD_FILE_ID: {
    status: 400,
    meaning: "The file id, or the one taken from the key, has a form that could leave its folder or not fit on EFS.",
    remedy: "Use folders and names of letters, digits and `._-+=@`, as the message says.",
  },
  BAD_KEY: {
    status: 400,
    meaning: "The key is not under `models/` or `inputs/`.",
    remedy: "Upload the object below one of the two and send that key.",
  },
  BAD_BASE64: {
    status: 400,
    meaning: "`data` is not base64.",
    remedy: "Use the standard alphabet with padding, as `base64` prints it.",
  },
  EMPTY_FILE: { status: 400, meaning: "The file has no bytes.", remedy: "Send the file's contents." },
  NOT_FOUND: { status: 404, meaning: "No file with that id is on EFS.", remedy: "Ingest it first." },
  OBJECT_NOT_FOUND: {
    status: 404,
    meaning: "The bucket has no object with that key.",
    remedy: "Upload it, or correct the key.",
  },
  CONFLICT: {
    status: 409,
    meaning: "Another file has that id, on EFS or in the bucket. It was left as it is.",
    remedy: "Choose another `fileId`, or remove the old file first.",
  },
  TOO_LARGE: { status: 413, meaning: "The file is larger than 1 GiB.", remedy: "Split the model into parts." },
  INTERNAL: {
    status: 500,
    meaning: "An unexpected failure.",
    remedy: "Look the `requestId` up in the function's log.",
  },
  MISCONFIGURED: {
    status: 500,
    meaning: "The function lacks an environment variable, or was sent an event it does not serve.",
    remedy: "Compare its configuration with the stack's program.",
  },
  MOUNT_MISSING: {
    status: 500,
    meaning: "The EFS mount path is not there.",
    remedy: "Check the function's file system configuration and the mount targets.",
  },
  MOUNT_READ_ONLY: {
    status: 500,
    meaning: "EFS refuses to be written to.",
    remedy: "Check `elasticfilesystem:ClientWrite` and the access point's owner and permissions.",
  },
  MOUNT_FULL: { status: 500, meaning: "EFS has no room or quota left.", remedy: "Remove files or raise the quota." },
  MOUNT_FAILED: {
    status: 500,
    meaning: "A read or write on EFS failed.",
    remedy: "Try again; then check the mount targets, and that nothing else writes into the folders.",
  },
  S3_FAILED: {
    status: 502,
    meaning: "S3 refused a request or broke off.",
    remedy: "Try again; then check the function's role and the S3 endpoint of the VPC.",
  },
  TIMEOUT: {
    status: 504,
    meaning: "The function stopped itself just before its own time limit.",
    remedy: "Try again; upload large files to `models/` instead of naming them here.",
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** A failure with a code, a place and, where known, a file: the one family both functions answer and log with. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";

  /**
   * @param message what is wrong with this request; shown to the caller, so nothing internal belongs in it
   * @param details `cause` goes to the log only
   */
  constructor(
    readonly code: ErrorCode,
    readonly stage: Stage,
    message: string,
    readonly details: { readonly fileId?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
  }

  get status(): number {
    return ERROR_KINDS[this.code].status;
  }

  get fileId(): string | undefined {
    return this.details.fileId;
  }
}

/** The JSON body of an error answer. */
export interface ErrorBody {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly stage: Stage;
    readonly fileId: string | null;
    readonly requestId: string;
  };
}

export function errorBody(error: ServiceError, requestId: string): ErrorBody {
  const { code, message, stage, fileId } = error;
  return { error: { code, message, stage, fileId: fileId ?? null, requestId } };
}

/** Any thrown value as a ServiceError. An unknown one becomes INTERNAL, and what it said goes to the log alone. */
export function asServiceError(error: unknown, stage: Stage, fileId?: string): ServiceError {
  if (error instanceof ServiceError) {
    return error.fileId === undefined && fileId !== undefined
      ? new ServiceError(error.code, error.stage, error.message, { fileId, cause: error.cause })
      : error;
  }
  return isAbort(error)
    ? new ServiceError("TIMEOUT", stage, "The function's time was nearly up, so it stopped.", { fileId, cause: error })
    : new ServiceError("INTERNAL", stage, "The function failed unexpectedly.", { fileId, cause: error });
}

/** What a failed file operation on the mount means. Names and paths of the mount stay out of the message. */
export function mountError(error: unknown, stage: Stage, fileId?: string): ServiceError {
  if (error instanceof ServiceError || isAbort(error)) return asServiceError(error, stage, fileId);
  const details = { fileId, cause: error };
  switch (errno(error)) {
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return new ServiceError("MOUNT_READ_ONLY", stage, "EFS can't be written to.", details);
    case "ENOSPC":
    case "EDQUOT":
      return new ServiceError("MOUNT_FULL", stage, "EFS has no room left.", details);
    case undefined:
      return asServiceError(error, stage, fileId);
    default:
      return new ServiceError("MOUNT_FAILED", stage, `A file operation on EFS failed (${errno(error)}).`, details);
  }
}

/** The POSIX error name of a failed system call, such as "ENOENT". */
export function errno(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Only a signal's own error: the S3 client calls a slow connection a TimeoutError too, and that is S3's failure. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error instanceof DOMException);
}
