import { z } from "zod";
import { number, parseSettings, type Relation, type Variables, webUrl, whole } from "../../lib/settings";
import { secretVariables, type Variable, variables } from "./settings-variables";

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

const relations: readonly Relation<Settings>[] = [
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

/** The backend's settings. @throws SettingsError with all that is wrong; values are not in it */
export function readSettings(given: Variables): Settings {
  return parseSettings(shape, relations, given, (mistakes) => {
    const lines = mistakes.map(({ at, message }) => `  ${at}: ${message}. ${variables[at]}`);
    return `The settings of the AFIRGen backend can't be used:\n${lines.join("\n")}`;
  });
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
