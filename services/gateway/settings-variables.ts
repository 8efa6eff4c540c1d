import { z } from "zod";
import { number, url, webUrl, whole } from "../lib/settings";
import { type ApiKey, apiKeySchema } from "./auth/api-key";

export type Group =
  | "Server"
  | "Providers"
  | "Limits"
  | "Circuit breaker"
  | "Data"
  | "AWS"
  | "Security"
  | "Monitoring"
  | "Controls";

interface About {
  readonly group: Group;
  readonly doc: string;
  /** May also stand in the secret that GATEWAY_SECRET_ID names. Its value is never shown. */
  readonly secret?: true;
  readonly example?: string;
}

/** What `.env.example` says of each variable. */
export const about = z.registry<About>();

function variable<T extends z.ZodType>(schema: T, info: About): T {
  about.add(schema, info);
  return schema;
}

const flag = (value: boolean) =>
  z
    .enum(["true", "false"], 'must be "true" or "false"')
    .default(value ? "true" : "false")
    .transform((text) => text === "true");

const webUrls = () =>
  z
    .string()
    .transform((text) => text.split(",").map((each) => each.trim()))
    .pipe(z.array(webUrl()).min(1));

const risk = () => z.enum(["low", "medium", "high"], "must be low, medium or high");

const apiKeys = z.string().transform((text, context): ApiKey[] => {
  const refuse = (message: string) => {
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse("must be a JSON array of keys");
  }
  const parsed = z.array(apiKeySchema).safeParse(value);
  if (!parsed.success) {
    return refuse(parsed.error.issues.map(({ path, message }) => `[${path.join(".")}]: ${message}`).join("; "));
  }
  const ids = parsed.data.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined ? parsed.data : refuse(`has the id "${twice}" twice`);
});

/** Every variable that the gateway reads. */
export const shape = {
  HOST: variable(z.string().default("0.0.0.0"), { group: "Server", doc: "Address to listen on." }),
  PORT: variable(whole(0, 65_535).prefault("8080"), { group: "Server", doc: "0 takes a free port." }),
  LOG_LEVEL: variable(z.enum(["debug", "info", "warn", "error", "silent"]).default("info"), {
    group: "Server",
    doc: "debug, info, warn, error or silent.",
  }),
  SHUTDOWN_GRACE_SECONDS: variable(number(0, 3600).prefault("110"), {
    group: "Server",
    doc: "After SIGTERM: how long running answers may take to end. Below the load balancer's deregistration delay.",
  }),

  ENABLE_VLLM: variable(flag(true), { group: "Providers", doc: "false leaves vLLM out of the chain." }),
  VLLM_BASE_URLS: variable(webUrls().optional(), {
    group: "Providers",
    doc: "OpenAI-compatible base URLs of the vLLM replicas, with commas between.",
    example: "http://10.0.1.10:8000/v1,http://10.0.2.10:8000/v1",
  }),
  VLLM_MODEL: variable(z.string().min(1).optional(), {
    group: "Providers",
    doc: "The name that vLLM serves its model under.",
    example: "meta-llama/Llama-3.3-70B-Instruct",
  }),
  VLLM_API_KEY: variable(z.string().min(1).optional(), { group: "Providers", doc: "vLLM's --api-key.", secret: true }),
  OLLAMA_BASE_URL: variable(webUrl().optional(), {
    group: "Providers",
    doc: "OpenAI-compatible base URL of Ollama, the second of the chain.",
    example: "http://127.0.0.1:11434/v1",
  }),
  OLLAMA_MODEL: variable(z.string().min(1).optional(), {
    group: "Providers",
    doc: "Ollama's model.",
    example: "llama3.2:3b",
  }),
  OLLAMA_MAX_RISK: variable(risk().default("medium"), {
    group: "Providers",
    doc: "The riskiest task that Ollama's small model may serve: low, medium or high.",
  }),
  GEMINI_API_KEY: variable(z.string().min(1).optional(), {
    group: "Providers",
    doc: "Google's key. Without it the chain ends with Ollama.",
    secret: true,
  }),
  GEMINI_BASE_URL: variable(webUrl().prefault("https://generativelanguage.googleapis.com/v1beta/openai"), {
    group: "Providers",
    doc: "OpenAI-compatible endpoint of Gemini.",
  }),
  GEMINI_MODEL: variable(z.string().min(1).default("gemini-2.5-flash"), { group: "Providers", doc: "Gemini's model." }),
  GEMINI_USD_PER_MILLION_INPUT_TOKENS: variable(number(0, 10_000).prefault("0.30"), {
    group: "Providers",
    doc: "Price for spend caps. The default is Google's for gemini-2.5-flash as known in November 2026, not verified.",
  }),
  GEMINI_USD_PER_MILLION_OUTPUT_TOKENS: variable(number(0, 10_000).prefault("2.50"), {
    group: "Providers",
    doc: "As above, for output.",
  }),
  HEALTH_CHECK_SECONDS: variable(number(0.05, 600).prefault("5"), {
    group: "Providers",
    doc: "Pause between background checks of providers, database and Redis.",
  }),

  BODY_LIMIT_BYTES: variable(whole(1024, 1_073_741_824).prefault("4194304"), {
    group: "Limits",
    doc: "Largest request body.",
  }),
  MAX_CONCURRENT_REQUESTS: variable(whole(1, 100_000).prefault("2048"), {
    group: "Limits",
    doc: "Requests that one process runs at a time; more get 503 with Retry-After.",
  }),
  MAX_CONCURRENT_STREAMS: variable(whole(1, 100_000).prefault("1024"), {
    group: "Limits",
    doc: "Streams among them.",
  }),
  CONNECT_TIMEOUT_SECONDS: variable(number(0.05, 60).prefault("2"), {
    group: "Limits",
    doc: "For a connection to a provider.",
  }),
  FIRST_TOKEN_TIMEOUT_SECONDS: variable(number(0.05, 3600).prefault("60"), {
    group: "Limits",
    doc: "For the head of a streamed answer; then the next provider is asked.",
  }),
  STALL_TIMEOUT_SECONDS: variable(number(0.05, 3600).prefault("60"), {
    group: "Limits",
    doc: "Longest silence within an answer.",
  }),
  ANSWER_TIMEOUT_SECONDS: variable(number(0.05, 3600).prefault("300"), {
    group: "Limits",
    doc: "For an answer that is not streamed; then the next provider is asked.",
  }),
  REQUEST_TIMEOUT_SECONDS: variable(number(0.05, 86_400).prefault("600"), {
    group: "Limits",
    doc: "For a request, all providers together.",
  }),
  REPLICA_LOAD_FACTOR: variable(number(1, 100).prefault("1.25"), {
    group: "Limits",
    doc: "A replica with more than this times the average of running requests passes new ones on to its neighbour.",
  }),

  BREAKER_FAILURES: variable(whole(1, 1000).prefault("3"), {
    group: "Circuit breaker",
    doc: "Failures in a row that open a provider's circuit.",
  }),
  BREAKER_OPEN_SECONDS: variable(number(0.05, 3600).prefault("60"), {
    group: "Circuit breaker",
    doc: "Time until a single request probes it.",
  }),
  LEAVING_FILE: variable(z.string().min(1).optional(), {
    group: "Circuit breaker",
    doc: "File that gets a line of time, host and address when an engine is about to end; its circuit opens before errors start.",
    example: "/var/lib/llm-stacks/leaving",
  }),

  DATABASE_URL: variable(url("postgres:", "postgresql:").optional(), {
    group: "Data",
    doc: "PostgreSQL for durable jobs. Without it /v1/jobs is off.",
    example: "postgres://gateway@db.internal:5432/agents",
    secret: true,
  }),
  DATABASE_SECRET_ID: variable(z.string().min(1).optional(), {
    group: "Data",
    doc: "Secret with username and password, as RDS manages it; read again at each new connection, so rotation needs no restart.",
  }),
  DATABASE_TLS: variable(z.enum(["verify", "off"]).default("verify"), {
    group: "Data",
    doc: "verify, or off for a server on this machine.",
  }),
  DATABASE_CA_FILE: variable(z.string().min(1).optional(), {
    group: "Data",
    doc: "PEM file of the authority that signed the database's certificate, such as RDS's global bundle.",
    example: "/etc/ssl/rds-global-bundle.pem",
  }),
  REDIS_URL: variable(url("redis:", "rediss:").optional(), {
    group: "Data",
    doc: "Redis for breaker state, rate limits and spend. Without it each process keeps its own and paid providers are off.",
    example: "rediss://cache.internal:6379",
  }),
  REDIS_TIMEOUT_MS: variable(whole(10, 10_000).prefault("250"), {
    group: "Data",
    doc: "A Redis command that takes longer counts as failed: what waits for it is a request.",
  }),
  REDIS_AUTH_TOKEN: variable(z.string().min(1).optional(), { group: "Data", doc: "Redis's AUTH token.", secret: true }),
  VECTOR_STORE_HEALTH_URL: variable(webUrl().optional(), {
    group: "Data",
    doc: "GET on it must answer 2xx. Without it the vector store is not a component of the health report.",
  }),

  AWS_REGION: variable(z.string().min(1).default("us-east-1"), { group: "AWS", doc: "Region of queue and secrets." }),
  JOBS_QUEUE_URL: variable(webUrl().optional(), {
    group: "AWS",
    doc: "SQS queue of durable jobs. Without it /v1/jobs is off.",
    example: "https://sqs.us-east-1.amazonaws.com/123456789012/agents-jobs-dev",
  }),
  JOBS_CONCURRENCY: variable(whole(0, 1000).prefault("4"), {
    group: "AWS",
    doc: "Jobs that this process works on at a time; 0 leaves the work to others.",
  }),
  JOBS_VISIBILITY_SECONDS: variable(whole(2, 43_200).prefault("60"), {
    group: "AWS",
    doc: "How long a job stays hidden from other workers; extended while it is worked on.",
  }),
  RESULTS_BUCKET: variable(z.string().min(1).optional(), {
    group: "AWS",
    doc: "S3 bucket for results of jobs above 64 KiB, under results/. Without it the database keeps them all.",
    example: "agents-results-dev",
  }),
  JOBS_KEEP_DAYS: variable(whole(1, 3650).prefault("30"), {
    group: "AWS",
    doc: "Finished jobs are forgotten after so many days; the bucket's own rule should keep results as long.",
  }),
  GATEWAY_SECRET_ID: variable(z.string().min(1).optional(), {
    group: "AWS",
    doc: "Secret of Secrets Manager, a JSON object with values for the variables marked secret.",
  }),

  API_KEYS: variable(apiKeys.optional(), {
    group: "Security",
    doc: "JSON array of keys: id, sha256 (hex digest of the key), and optionally requestsPerMinute, usdPerDay, private, admin.",
    example: '[{"id":"team-a","sha256":"<64 hex digits>","requestsPerMinute":600,"usdPerDay":5}]',
    secret: true,
  }),
  ALLOW_ANONYMOUS: variable(flag(false), {
    group: "Security",
    doc: "true lets requests without a key in, as the key `anonymous` that may not spend money.",
  }),
  JWT_SECRET: variable(z.string().min(32, "must have 32 characters or more").optional(), {
    group: "Security",
    doc: "Verifies HS256 tokens, which are taken beside keys.",
    secret: true,
  }),
  JWT_JWKS_URL: variable(webUrl().optional(), {
    group: "Security",
    doc: "Keys of an identity provider instead, for RS256 and ES256.",
  }),
  JWT_ISSUER: variable(z.string().min(1).optional(), { group: "Security", doc: "Who must have issued a token." }),
  JWT_AUDIENCE: variable(z.string().min(1).optional(), { group: "Security", doc: "Whom a token must be for." }),
  DEFAULT_REQUESTS_PER_MINUTE: variable(whole(1, 10_000_000).prefault("600"), {
    group: "Security",
    doc: "Of a key that does not say, and of each token's subject.",
  }),
  DEFAULT_USD_PER_DAY: variable(number(0, 1_000_000).prefault("1"), {
    group: "Security",
    doc: "What such a key may spend on paid providers in a day (UTC).",
  }),
  WEBHOOK_SECRET: variable(z.string().min(16, "must have 16 characters or more").optional(), {
    group: "Security",
    doc: "Signs webhooks of jobs. Without it jobs with a webhook are refused.",
    secret: true,
  }),
  WEBHOOK_ALLOWED_HOSTS: variable(
    z
      .string()
      .transform((text) => text.split(",").map((each) => each.trim().toLowerCase()))
      .optional(),
    { group: "Security", doc: "Hosts that webhooks may go to, with commas between.", example: "hooks.example.com" },
  ),

  ENABLE_DATADOG: variable(flag(false), {
    group: "Monitoring",
    doc: "Metrics, events and traces to the Datadog agent.",
  }),
  DD_AGENT_HOST: variable(z.string().min(1).default("127.0.0.1"), { group: "Monitoring", doc: "Where the agent is." }),
  DD_DOGSTATSD_PORT: variable(whole(1, 65_535).prefault("8125"), { group: "Monitoring", doc: "Its DogStatsD port." }),
  DD_SERVICE: variable(z.string().min(1).default("llm-gateway"), { group: "Monitoring", doc: "Service tag." }),
  DD_ENV: variable(z.string().min(1).default("dev"), { group: "Monitoring", doc: "Environment tag." }),

  ENABLE_AUTONOMOUS_MODE: variable(flag(false), {
    group: "Controls",
    doc: "false refuses tasks of high risk unless X-LLM-Approved-By names who approved them.",
  }),
  ENABLE_SELF_MODIFICATION: variable(flag(false), {
    group: "Controls",
    doc: "false refuses tasks marked X-LLM-Task: self-modification.",
  }),
  EVOLUTIONS_PER_DAY: variable(whole(0, 100_000).prefault("10"), {
    group: "Controls",
    doc: "Such tasks per key and day (UTC).",
  }),
  CONFIDENCE_THRESHOLD: variable(number(0, 1).prefault("0.8"), {
    group: "Controls",
    doc: "A task of high risk whose X-LLM-Confidence is lower is refused.",
  }),
} as const;
