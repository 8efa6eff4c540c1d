import { isAbsolute } from "node:path";
import { ServiceError } from "./errors";
import type { Level } from "./log";

export interface FunctionEnv {
  /** Folder where the access point is mounted. */
  readonly mountPath: string;
  readonly bucket: string;
  /** Whether the consumer also puts results into the bucket. */
  readonly archive: boolean;
  /** Value of Access-Control-Allow-Origin. No header if undefined. */
  readonly corsAllowOrigin: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads the function's configuration; all that is wrong with it is in one MISCONFIGURED error. */
export function readEnv(variables: Variables): FunctionEnv {
  const mountPath = variables["EFS_MOUNT_PATH"] ?? "";
  const bucket = variables["S3_BUCKET_NAME"] ?? "";
  const archive = variables["ENABLE_S3_ARCHIVE"] ?? "false";
  const problems = [
    ...(isAbsolute(mountPath) ? [] : ["EFS_MOUNT_PATH must be an absolute path"]),
    ...(bucket === "" ? ["S3_BUCKET_NAME must name the stack's bucket"] : []),
    ...(archive === "true" || archive === "false" ? [] : ['ENABLE_S3_ARCHIVE must be "true" or "false"']),
  ];
  if (problems.length > 0) throw new ServiceError("MISCONFIGURED", "configure", `${problems.join("; ")}.`);
  return { mountPath, bucket, archive: archive === "true", corsAllowOrigin: corsOrigin(variables) };
}

/** Apart from readEnv, because an error about the environment is an answer that needs its CORS header as well. */
export function corsOrigin(variables: Variables): string | undefined {
  return variables["CORS_ALLOW_ORIGIN"] || undefined;
}

/** LOG_LEVEL, in any case; "info" if unset or unknown. */
export function logLevel(variables: Variables): Level {
  const wanted = variables["LOG_LEVEL"]?.toLowerCase();
  return wanted === "debug" || wanted === "warn" || wanted === "error" ? wanted : "info";
}
