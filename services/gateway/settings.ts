import { z } from "zod";
import { parseSettings, type Relation, SettingsError, type Variables } from "../lib/settings";
import { about, type Group, shape } from "./settings-variables";

export const settingsSchema = z.object(shape);

export type Settings = z.infer<typeof settingsSchema>;

const relations: readonly Relation<Settings>[] = [
  {
    of: ["VLLM_BASE_URLS", "VLLM_MODEL"],
    at: "VLLM_MODEL",
    wrong: (s) => s.VLLM_BASE_URLS !== undefined && s.VLLM_MODEL === undefined,
    message: "is needed with VLLM_BASE_URLS",
  },
  {
    of: ["VLLM_BASE_URLS"],
    at: "VLLM_BASE_URLS",
    wrong: (s) => new Set(s.VLLM_BASE_URLS).size < (s.VLLM_BASE_URLS?.length ?? 0),
    message: "names a replica twice",
  },
  {
    of: ["OLLAMA_BASE_URL", "OLLAMA_MODEL"],
    at: "OLLAMA_MODEL",
    wrong: (s) => s.OLLAMA_BASE_URL !== undefined && s.OLLAMA_MODEL === undefined,
    message: "is needed with OLLAMA_BASE_URL",
  },
  {
    of: ["ENABLE_VLLM", "VLLM_BASE_URLS", "OLLAMA_BASE_URL", "GEMINI_API_KEY"],
    at: "VLLM_BASE_URLS",
    wrong: (s) => !(s.ENABLE_VLLM && s.VLLM_BASE_URLS) && !s.OLLAMA_BASE_URL && !s.GEMINI_API_KEY,
    message: "is needed, or OLLAMA_BASE_URL, or GEMINI_API_KEY: there is no provider",
  },
  {
    of: ["API_KEYS", "JWT_SECRET", "JWT_JWKS_URL", "ALLOW_ANONYMOUS"],
    at: "API_KEYS",
    wrong: (s) => !s.API_KEYS?.length && !s.JWT_SECRET && !s.JWT_JWKS_URL && !s.ALLOW_ANONYMOUS,
    message: "is needed, or JWT_SECRET, or JWT_JWKS_URL, or ALLOW_ANONYMOUS=true: nobody could use the gateway",
  },
  {
    of: ["JWT_JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE"],
    at: "JWT_JWKS_URL",
    wrong: (s) => s.JWT_JWKS_URL !== undefined && (!s.JWT_ISSUER || !s.JWT_AUDIENCE),
    message: "needs JWT_ISSUER and JWT_AUDIENCE: else any token of that provider would do",
  },
  {
    of: ["JWT_JWKS_URL", "JWT_SECRET"],
    at: "JWT_SECRET",
    wrong: (s) => s.JWT_JWKS_URL !== undefined && s.JWT_SECRET !== undefined,
    message: "must not be set together with JWT_JWKS_URL: choose one",
  },
  {
    of: ["JOBS_QUEUE_URL", "DATABASE_URL"],
    at: "DATABASE_URL",
    wrong: (s) => s.JOBS_QUEUE_URL !== undefined && s.DATABASE_URL === undefined,
    message: "is needed with JOBS_QUEUE_URL: jobs and results are kept there",
  },
  {
    of: ["MAX_CONCURRENT_STREAMS", "MAX_CONCURRENT_REQUESTS"],
    at: "MAX_CONCURRENT_STREAMS",
    wrong: (s) => s.MAX_CONCURRENT_STREAMS > s.MAX_CONCURRENT_REQUESTS,
    message: "must not be more than MAX_CONCURRENT_REQUESTS",
  },
];

/** Names of the variables that a secret may hold. */
export const secretNames: readonly string[] = Object.entries(shape).flatMap(([name, schema]) =>
  about.get(schema)?.secret ? [name] : [],
);

/** The gateway's settings. @throws SettingsError with all that is wrong; values of secrets are not in it */
export function readSettings(variables: Variables): Settings {
  return parseSettings(shape, relations, variables, (mistakes) => {
    const lines = mistakes.map(({ at, message }) => `  ${at}: ${message}`);
    return `The gateway's settings can't be used:\n${lines.join("\n")}\nservices/gateway/.env.example describes every variable.`;
  });
}

/**
 * Settings from the environment and, if GATEWAY_SECRET_ID is set, from that secret. What stands in the environment wins.
 *
 * @param fetchSecret reads a secret's text
 * @throws SettingsError also when the secret can't be read, is no JSON object, or holds what is not a secret variable
 */
export async function loadSettings(
  variables: Variables,
  fetchSecret: (id: string) => Promise<string>,
): Promise<Settings> {
  const id = variables["GATEWAY_SECRET_ID"];
  if (!id) return readSettings(variables);
  const secrets = await readSecret(id, fetchSecret);
  return readSettings({ ...secrets, ...Object.fromEntries(Object.entries(variables).filter(([, value]) => value)) });
}

async function readSecret(id: string, fetchSecret: (id: string) => Promise<string>): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await fetchSecret(id);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError(
      `GATEWAY_SECRET_ID: the secret ${id} can't be read (${why}). Check its name, the region and the role's secretsmanager:GetSecretValue.`,
      { cause },
    );
  }
  const expected = `a JSON object of texts with some of ${secretNames.join(", ")}`;
  const parsed = z.record(z.string(), z.string()).safeParse(parseJson(text));
  if (!parsed.success) throw new SettingsError(`GATEWAY_SECRET_ID: the secret ${id} must be ${expected}.`);
  const unknown = Object.keys(parsed.data).filter((name) => !secretNames.includes(name));
  if (unknown.length > 0) {
    throw new SettingsError(`GATEWAY_SECRET_ID: the secret ${id} holds ${unknown.join(", ")}; expected ${expected}.`);
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The text of `.env.example`: every variable with what it is, its group and its default. */
export function envExample(): string {
  const groups = new Map<Group, string[]>();
  for (const [name, schema] of Object.entries(shape)) {
    const info = about.get(schema);
    if (!info) throw new Error(`${name} is not described`);
    const fallback = z.safeParse(schema, undefined);
    const value = fallback.success && fallback.data !== undefined ? String(fallback.data) : undefined;
    const line = value === undefined ? `# ${name}=${info.example ?? ""}` : `${name}=${value}`;
    const lines = groups.get(info.group) ?? [];
    lines.push(`# ${info.doc}${info.secret ? " (secret)" : ""}`, line);
    groups.set(info.group, lines);
  }
  const parts = [...groups].map(([group, lines]) => `## ${group}\n${lines.join("\n")}\n`);
  return `# Settings of the gateway. Made by "npm run gateway:env"; a line without # is the default.\n\n${parts.join("\n")}`;
}
