/** What each variable of the backend is. Their forms and defaults are in settings.ts; this file imports nothing, so that a stack can name them. */
export const variables = {
  ENVIRONMENT: "Where it runs; in every line of the log.",
  HOST: "Address to listen on.",
  PORT: "0 takes a free port.",
  LOG_LEVEL: "info, warn, error or silent. There is no debug: it would print what people wrote.",
  LOG_SUCCESS_SAMPLE: "One in so many successful requests is logged; errors always are.",
  LOG_DAILY_MEGABYTES:
    "Lines of a day (UTC) at most, in MB (10^6 bytes) as they reach CloudWatch; beyond it only counts are logged, once a minute.",
  MAX_WORKERS: "Processes of the backend.",
  SHUTDOWN_GRACE_SECONDS:
    "After SIGTERM: how long running FIRs may take to end. The rest is taken up again at the next start.",
  PUBLIC_ORIGIN: "Origin of the page, where it is another than the API's, for CORS.",

  OPERATOR_KEY:
    "Lists and archives FIRs, as a bearer token (secret). Without it nobody can; whoever submits an FIR reads it by its id.",

  DB_HOST: "Host of MySQL.",
  DB_PORT: "Its port.",
  DB_NAME: "Database; its tables are made at the start.",
  DB_USER: "User of that database.",
  DB_PASSWORD: "Password of that user (secret).",
  DB_POOL_SIZE: "Connections at most, 1 to 5.",
  DB_TLS:
    "rds verifies against the certificates of RDS's authority, verify against DB_CA_FILE or the system's, off is for a server on this machine.",
  DB_CA_FILE: "With verify: PEM file of the authority.",
  DB_CLEANUP_ABOVE_GB: "cleanup deletes once the database has more GB (10^9 bytes).",

  MODEL_BASE_URL: "OpenAI-compatible server of the text models, with /v1.",
  SUMMARISER_MODEL: "Model that turns a statement into an FIR.",
  BNS_CHECK_MODEL: "Model that checks the sections of the Bharatiya Nyaya Sanhita.",
  ASR_OCR_BASE_URL: "Server of speech and images, with /v1.",
  ASR_MODEL: "Its speech model.",
  OCR_MODEL: "Its image model.",
  MODEL_TIMEOUT_SECONDS: "For one call of a model.",
  MODEL_MAX_TOKENS: "Longest answer of a text model.",

  MAX_CONCURRENT_FIRS: "FIRs worked on at a time; more wait.",
  MEMORY_QUEUE_ABOVE_PERCENT: "Above it new FIRs wait.",
  MEMORY_RESUME_BELOW_PERCENT: "Below it waiting FIRs go on.",
  MEMORY_CHECK_SECONDS: "Pause between two readings of the memory.",
  QUEUE_LENGTH: "FIRs that may wait; further ones get 503 with Retry-After.",
  QUEUE_ABANDONED_SECONDS: "A waiting FIR whose caller has not asked for so long leaves the queue.",
  QUEUE_WAIT_SECONDS: "Longest wait; then the FIR fails.",
  UPLOAD_LIMIT_BYTES: "Largest audio or image file.",

  SESSIONS_FOLDER: "Uploads of FIRs that have not ended, so that they go on after a restart.",
  KB_FOLDER: "Knowledge base: bns-sections.json.",

  AWS_REGION: "Region of bucket and metrics.",
  TEMP_BUCKET: "Gets a copy of each upload, which expires after a day. Without it there is none.",
  METRICS_NAMESPACE: "Namespace of the metrics in CloudWatch. Without it none are sent.",
  ALERT_TOPIC_ARN:
    "SNS topic that the machine's scripts tell of containers out of memory. The backend does not read it.",
} as const;

export type Variable = keyof typeof variables;

export const variableNames = Object.keys(variables) as readonly Variable[];

/** Those whose value must not be shown: a SecureString in Parameter Store. */
export const secretVariables = ["DB_PASSWORD", "OPERATOR_KEY"] as const satisfies readonly Variable[];
