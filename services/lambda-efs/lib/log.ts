const RANK = { debug: 0, info: 1, warn: 2, error: 3 } as const;

export type Level = keyof typeof RANK;

export interface LogFields {
  readonly requestId?: string;
  readonly fileId?: string;
  readonly stage?: string;
  readonly durationMs?: number;
  readonly [field: string]: unknown;
}

export interface Logger extends Readonly<Record<Level, (message: string, fields?: LogFields) => void>> {
  /** The same logger, with more fields in every line. */
  with(fields: LogFields): Logger;
}

/**
 * A logger of JSON lines for CloudWatch Logs Insights. `fields` are in every line.
 *
 * Lines go straight to standard output: Lambda's console methods would put a time stamp and the request id in front, and the line
 * would no longer be JSON.
 */
export function createLogger(
  level: Level,
  fields: LogFields,
  write: (line: string) => void = (line) => process.stdout.write(line),
): Logger {
  const at = (own: Level) => (message: string, extra?: LogFields) => {
    if (RANK[own] < RANK[level]) return;
    write(
      `${JSON.stringify({ timestamp: new Date().toISOString(), level: own, message, ...fields, ...extra }, plain)}\n`,
    );
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (extra) => createLogger(level, { ...fields, ...extra }, write),
  };
}

/** JSON.stringify shows an Error as {}: give its name, message, stack and cause. */
function plain(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return typeof value === "bigint" ? value.toString() : value;
  const { name, message, stack, cause } = value;
  return {
    name,
    message,
    stack,
    ...("code" in value ? { code: value.code } : {}),
    ...(cause === undefined ? {} : { cause }),
  };
}
