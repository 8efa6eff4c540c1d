import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repoRoot } from "../../../../automation/lib/paths";
import { envExample, loadSettings, readSettings } from "../../../../services/gateway/settings";

const least = { OLLAMA_BASE_URL: "http://127.0.0.1:11434/v1/", OLLAMA_MODEL: "tiny", ALLOW_ANONYMOUS: "true" };
const sha256 = "AB".repeat(32);

describe("settings", () => {
  test("three variables are enough", () => {
    expect(readSettings(least)).toMatchObject({
      PORT: 8080,
      OLLAMA_BASE_URL: "http://127.0.0.1:11434/v1",
      BREAKER_FAILURES: 3,
      BREAKER_OPEN_SECONDS: 60,
      ENABLE_VLLM: true,
      ENABLE_AUTONOMOUS_MODE: false,
    });
  });

  test("an empty variable is one that is not set, and strangers don't matter", () => {
    expect(readSettings({ ...least, PORT: "", HOME: "/root" }).PORT).toBe(8080);
  });

  test("all mistakes come at once, by variable, and no secret's value", () => {
    const read = () =>
      readSettings({
        PORT: "eighty",
        VLLM_BASE_URLS: "http://a/v1,ftp://b",
        ENABLE_DATADOG: "yes",
        JWT_SECRET: "too-short-to-be-safe",
        DATABASE_URL: "mysql://user:hunter2@db/x",
        MAX_CONCURRENT_STREAMS: "10",
        MAX_CONCURRENT_REQUESTS: "5",
        OLLAMA_BASE_URL: "http://o/v1",
      });
    expect(read).toThrow(/PORT: .*ENABLE_DATADOG: must be "true" or "false"/s);
    for (const name of ["VLLM_BASE_URLS", "JWT_SECRET", "DATABASE_URL", "OLLAMA_MODEL", "MAX_CONCURRENT_STREAMS"]) {
      expect(read).toThrow(`  ${name}: `);
    }
    expect(read).not.toThrow(/too-short-to-be-safe|hunter2/);
    // Not asked, because a variable that they read is wrong by itself.
    expect(read).not.toThrow(/API_KEYS: |VLLM_MODEL: /);
  });

  test.each([
    [{ ...least, OLLAMA_BASE_URL: "" }, "there is no provider"],
    [{ ...least, ALLOW_ANONYMOUS: "false" }, "nobody could use the gateway"],
    [{ ...least, VLLM_BASE_URLS: "http://a/v1,http://a/v1", VLLM_MODEL: "m" }, "names a replica twice"],
    [{ ...least, VLLM_BASE_URLS: "http://a/v1" }, "VLLM_MODEL: is needed"],
    [{ ...least, JWT_JWKS_URL: "https://id/keys" }, "needs JWT_ISSUER and JWT_AUDIENCE"],
    [{ ...least, JOBS_QUEUE_URL: "https://sqs/1/q" }, "DATABASE_URL: is needed"],
    [{ ...least, API_KEYS: "team-a" }, "must be a JSON array"],
    [{ ...least, API_KEYS: '[{"id":"a b","sha256":"x","extra":1}]' }, /\[0\.id\].*\[0\.sha256\].*extra/],
    [
      {
        ...least,
        API_KEYS: JSON.stringify([
          { id: "a", sha256 },
          { id: "a", sha256 },
        ]),
      },
      'the id "a" twice',
    ],
  ])("%j is refused", (variables, message) => {
    expect(() => readSettings(variables)).toThrow(message);
  });

  test("keys come with their digest in lower case", () => {
    expect(readSettings({ ...least, API_KEYS: JSON.stringify([{ id: "a", sha256 }]) }).API_KEYS).toEqual([
      { id: "a", sha256: sha256.toLowerCase() },
    ]);
  });

  test("secrets come from the secret, and the environment wins", async () => {
    const secret = JSON.stringify({ GEMINI_API_KEY: "from-secret", VLLM_API_KEY: "from-secret" });
    const asked: string[] = [];
    const fetch = async (id: string) => {
      asked.push(id);
      return secret;
    };
    const settings = await loadSettings({ ...least, GATEWAY_SECRET_ID: "agents/keys", VLLM_API_KEY: "own" }, fetch);
    expect([settings.GEMINI_API_KEY, settings.VLLM_API_KEY, asked]).toEqual(["from-secret", "own", ["agents/keys"]]);
    expect((await loadSettings(least, fetch)).GEMINI_API_KEY).toBeUndefined();
  });

  test.each([
    ["[]", "must be a JSON object"],
    ["{{", "must be a JSON object"],
    ['{"PORT":"1"}', "holds PORT; expected"],
  ])("the secret %s is refused", async (text, message) => {
    await expect(loadSettings({ ...least, GATEWAY_SECRET_ID: "s" }, async () => text)).rejects.toThrow(message);
  });

  test("a secret that can't be read is an error that says what to check", async () => {
    const refuse = () => Promise.reject(new Error("AccessDenied"));
    await expect(loadSettings({ ...least, GATEWAY_SECRET_ID: "s" }, refuse)).rejects.toThrow(
      /the secret s can't be read \(AccessDenied\).*GetSecretValue/,
    );
  });

  test(".env.example is what the schema says, and its defaults are settings", () => {
    const text = readFileSync(join(repoRoot, "services/gateway/.env.example"), "utf8");
    expect(text).toBe(envExample());
    const given = Object.fromEntries(
      [...text.matchAll(/^([A-Z_0-9]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
    );
    expect(readSettings({ ...least, ...given, ALLOW_ANONYMOUS: "true" })).toEqual(readSettings(least));
  });
});
