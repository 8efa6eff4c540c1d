import { z } from "zod";
import { secretVariables, type Variable, variables } from "./settings-variables";

/** A number from text: Number alone would take "" for 0. */
const number = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, `must be a number from ${least} to ${most}`)
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`));

const whole = (least: number, most: number) => number(least, most).pipe(z.number().int("must be a whole number"));

const webUrl = () =>
  z
    .string()
    .refine((text) => URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol), {
      message: "must be a URL that starts with http:// or https://",
    })
    .transform((text) => text.replace(/\/+$/, ""));

const text = () => z.string().min(1);

const needed = <T extends z.ZodType>(schema: T) =>
  z.string({ error: "is needed and not set" }).pipe(schema as unknown as z.ZodType<z.output<T>, string>);

const shape = {
  ENVIRONMENT: text().default("free-tier"),
  HOST: text().default("0.0.0.0"),
  PORT: whole(0, 65_535).prefault("8000"),
  LOG_LEVEL: z.enum(["info", "warn", "error", "silent"], "must be info, warn, error or silent").default("info"),
  LOG_SUCCESS_SAMPLE: whole(1, 1_000_000).prefault("10"),
  // 170 MB a day are 5 GB a month, CloudWatch's free allowance; the rest is for the other containers.
  LOG_DAILY_MEGABYTES: whole(1, 170).prefault("120"),
  MAX_WORKERS: z.literal("1", "must be 1: more processes don't fit in 1 GiB").default("1").transform(Number),
  SHUTDOWN_GRACE_SECONDS: number(0, 3600).prefault("20"),
  PUBLIC_ORIGIN: webUrl().optional(),

  OPERATOR_KEY: z.string().min(20, "must have 20 characters or more").optional(),

  DB_HOST: needed(text()),
  DB_PORT: whole(1, 65_535).prefault("3306"),
  DB_NAME: z
    .string()
    .regex(/^\w{1,64}$/, "must be 1 to 64 letters, digits and _")
    .default("afirgen"),
  DB_USER: needed(text()),
  DB_PASSWORD: needed(text()),
  DB_POOL_SIZE: whole(1, 5).prefault("5"),
  DB_TLS: z.enum(["rds", "verify", "off"], "must be rds, verify or off").default("rds"),
  DB_CA_FILE: text().optional(),
  DB_CLEANUP_ABOVE_GB: number(0, 65_536).prefault("18"),

  MODEL_BASE_URL: needed(webUrl()),
  SUMMARISER_MODEL: text().default("gguf_summariser"),
  BNS_CHECK_MODEL: text().default("gguf_bns_check"),
  ASR_OCR_BASE_URL: needed(webUrl()),
  ASR_MODEL: text().default("whisper-base"),
  OCR_MODEL: text().default("dots_ocr"),
  MODEL_TIMEOUT_SECONDS: number(0.05, 3600).prefault("300"),
  MODEL_MAX_TOKENS: whole(16, 8192).prefault("800"),

  MAX_CONCURRENT_FIRS: whole(1, 100).prefault("3"),
  MEMORY_QUEUE_ABOVE_PERCENT: number(1, 100).prefault("85"),
  MEMORY_RESUME_BELOW_PERCENT: number(1, 100).prefault("80"),
  MEMORY_CHECK_SECONDS: number(0.05, 60).prefault("1"),
  QUEUE_LENGTH: whole(0, 10_000).prefault("10"),
  QUEUE_ABANDONED_SECONDS: number(0.1, 86_400).prefault("60"),
  QUEUE_WAIT_SECONDS: number(0.1, 86_400).prefault("900"),
  UPLOAD_LIMIT_BYTES: whole(1024, 1_073_741_824).prefault("26214400"),

  SESSIONS_FOLDER: text().default("/sessions"),
  KB_FOLDER: text().default("/kb"),

  AWS_REGION: text().default("us-east-1"),
  TEMP_BUCKET: text().optional(),
  METRICS_NAMESPACE: text().optional(),
  ALERT_TOPIC_ARN: text().optional(),
} as const satisfies Record<Variable, z.ZodType>;

export const settingsSchema = z.object(shape);

export type Settings = z.infer<typeof settingsSchema>;

/** What must hold between variables. `of` are those it reads: it is not asked when one of them is wrong by itself. */
const relations: readonly {
  of: readonly Variable[];
  at: Variable;
  wrong: (settings: Settings) => boolean;
  message: string;
}[] = [
  {
    of: ["MEMORY_QUEUE_ABOVE_PERCENT", "MEMORY_RESUME_BELOW_PERCENT"],
    at: "MEMORY_RESUME_BELOW_PERCENT",
    wrong: (s) => s.MEMORY_RESUME_BELOW_PERCENT > s.MEMORY_QUEUE_ABOVE_PERCENT,
    message: "must not be more than MEMORY_QUEUE_ABOVE_PERCENT",
  },
  {
    of: ["DB_TLS", "DB_CA_FILE"],
    at: "DB_CA_FILE",
    wrong: (s) => s.DB_CA_FILE !== undefined && s.DB_TLS !== "verify",
    message: "is read only with DB_TLS=verify",
  },
];

export type Variables = Readonly<Record<string, string | undefined>>;

/** Settings that can't be used. The message lists every mistake, by variable. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/**
 * The backend's settings. A variable that is empty counts as not set; one that the backend does not know is left alone.
 *
 * @throws SettingsError with all that is wrong; values are not in it
 */
export function readSettings(given: Variables): Settings {
  const values: Record<string, unknown> = {};
  const problems: { at: string; message: string }[] = [];
  for (const [name, schema] of Object.entries(shape)) {
    const parsed = z.safeParse(schema, given[name] === "" ? undefined : given[name]);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(...parsed.error.issues.map(({ message }) => ({ at: name, message })));
  }
  const wrong = new Set(problems.map(({ at }) => at));
  // Each variable went through its own schema of the shape, and a relation reads only those that passed.
  const settings = values as Settings;
  for (const { of, at, wrong: isWrong, message } of relations) {
    if (!of.some((name) => wrong.has(name)) && isWrong(settings)) problems.push({ at, message });
  }
  if (problems.length === 0) return settings;
  const lines = problems.map(({ at, message }) => `  ${at}: ${message}. ${variables[at as Variable]}`);
  throw new SettingsError(`The settings of the AFIRGen backend can't be used:\n${lines.join("\n")}`);
}

/** Default of each variable that has one, as text; for the documentation. */
export function defaults(): Partial<Record<Variable, string>> {
  const found: Partial<Record<Variable, string>> = {};
  for (const [name, schema] of Object.entries(shape)) {
    const parsed = z.safeParse(schema, undefined);
    if (parsed.success && parsed.data !== undefined) found[name as Variable] = String(parsed.data);
  }
  return found;
}

/** Whether a variable's value must not be shown. */
export function isSecret(name: Variable): boolean {
  return (secretVariables as readonly Variable[]).includes(name);
}
