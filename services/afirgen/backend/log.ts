/** Levels, least first. There is no debug. */
const levels = ["info", "warn", "error", "silent"] as const;
export type Level = (typeof levels)[number];

type Value = string | number | boolean | undefined;
/** What a line may hold: plain values. Nothing that people wrote belongs in one. */
export type Fields = Readonly<Record<string, Value>>;

export interface LogOptions {
  readonly level: Level;
  /** In each line. */
  readonly environment: string;
  /** One in so many successes is written. */
  readonly successSample: number;
  /** Of a day (UTC), as the lines reach CloudWatch. */
  readonly bytesPerDay: number;
  readonly write: (line: string) => void;
  readonly now?: () => number;
}

const dayMs = 86_400_000;
const minuteMs = 60_000;

/**
 * JSON lines for CloudWatch. Of successes one in `successSample` is written, of errors all, and beyond the day's bytes only how many lines were left out, once a minute.
 */
export class Log {
  private successes = 0;
  private day = 0;
  private bytes = 0;
  private leftOut = 0;
  private toldAt = Number.NEGATIVE_INFINITY;
  private readonly now: () => number;

  constructor(private readonly options: LogOptions) {
    this.now = options.now ?? Date.now;
  }

  info(message: string, fields: Fields = {}): void {
    this.line("info", message, fields);
  }

  warn(message: string, fields: Fields = {}): void {
    this.line("warn", message, fields);
  }

  /** @param error its kind, code and place are written; its text only if it is one of the backend's own, which hold nothing personal */
  error(message: string, error: unknown, fields: Fields = {}): void {
    this.line("error", message, { ...fields, ...errorFields(error) });
  }

  /** A success like many others. `sampled` in the line says how many it stands for. */
  success(message: string, fields: Fields = {}): void {
    const { successSample } = this.options;
    this.successes += 1;
    if ((this.successes - 1) % successSample === 0) this.line("info", message, { ...fields, sampled: successSample });
  }

  private line(level: Level, message: string, fields: Fields): void {
    if (levels.indexOf(level) < levels.indexOf(this.options.level)) return;
    const now = this.now();
    const day = Math.floor(now / dayMs);
    if (day !== this.day) {
      const { leftOut } = this;
      Object.assign(this, { day, bytes: 0, leftOut: 0, toldAt: Number.NEGATIVE_INFINITY });
      if (leftOut > 0)
        this.put(now, "warn", "lines of yesterday were left out: the day's limit was reached", { leftOut });
    }
    const text = this.text(now, level, message, fields);
    if (this.bytes + shippedBytes(text) + reserve <= this.options.bytesPerDay) {
      this.write(text);
      return;
    }
    this.leftOut += 1;
    if (now - this.toldAt < minuteMs) return;
    this.toldAt = now;
    this.put(now, "warn", "lines are left out: the day's limit is reached", { leftOut: this.leftOut });
  }

  private put(now: number, level: Level, message: string, fields: Fields): void {
    this.write(this.text(now, level, message, fields));
  }

  private write(text: string): void {
    this.bytes += shippedBytes(text);
    this.options.write(text);
  }

  private text(now: number, level: Level, message: string, fields: Fields): string {
    const { environment } = this.options;
    return JSON.stringify({ time: new Date(now).toISOString(), level, message, environment, ...fields });
  }
}

/** CloudWatch counts 26 bytes for each event beside its text; Docker's log file has the line in a JSON object with its stream and time. */
const perEvent = 26 + 80;

/** For 1,440 lines that tell what was left out. */
const reserve = 1440 * 400;

/** Bytes of a line as CloudWatch counts them, as Docker's log driver has wrapped it. */
export function shippedBytes(line: string): number {
  return Buffer.byteLength(JSON.stringify(line)) + perEvent;
}

/** An error whose text holds nothing that people wrote. */
export class PlainError extends Error {
  override readonly name: string = "PlainError";
}

function errorFields(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  // Statements and answers of models may be in the text of others: a database's error quotes values.
  const text = error instanceof PlainError ? error.message : undefined;
  const at = error.stack
    ?.split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 3)
    .map((line) => line.trim().slice(0, 160))
    .join(" < ");
  const cause = error.cause instanceof Error ? nameAndCode(error.cause) : undefined;
  return { error: error.name, code, text, at, cause };
}

function nameAndCode(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  return `${error.name}${code}`;
}

export const silentLog = new Log({
  level: "silent",
  environment: "test",
  successSample: 1,
  bytesPerDay: 0,
  write: () => {},
});
