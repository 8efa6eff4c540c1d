import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { Authenticator } from "../../../../services/gateway/auth/authenticate";
import { readSettings } from "../../../../services/gateway/settings";
import { costMicroUsd, estimateMicroUsd } from "../../../../services/gateway/spend/prices";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const keys = [
  { id: "team-a", sha256: sha256("key-a"), requestsPerMinute: 5, usdPerDay: 2, private: true, admin: true },
  { id: "team-b", sha256: sha256("key-b") },
];
const settings = (more: object = { API_KEYS: JSON.stringify(keys) }) =>
  readSettings({ OLLAMA_BASE_URL: "http://o/v1", OLLAMA_MODEL: "m", ...more });
const invalid = expect.objectContaining({ code: "invalid_api_key", status: 401 });
const who = async (authenticator: Authenticator, authorization?: string) => authenticator.authenticate(authorization);

describe("API keys", () => {
  test("are known by their digest, with their own limits or the defaults", async () => {
    const authenticator = new Authenticator(settings());
    const { sha256: _, ...teamA } = keys[0] ?? {};
    expect(await who(authenticator, "Bearer key-a")).toEqual(teamA);
    expect(await who(authenticator, "bearer  key-b")).toEqual({
      id: "team-b",
      requestsPerMinute: 600,
      usdPerDay: 1,
      private: false,
      admin: false,
    });
  });

  test.each([undefined, "Bearer ", "Basic key-a", "key-a", "Bearer key-c", `Bearer ${sha256("key-a")}`])(
    "%j is refused",
    async (authorization) => {
      await expect(who(new Authenticator(settings()), authorization)).rejects.toEqual(invalid);
    },
  );

  test("everybody gets in where that is allowed, and may not spend", async () => {
    const authenticator = new Authenticator(settings({ ALLOW_ANONYMOUS: "true", API_KEYS: JSON.stringify(keys) }));
    for (const authorization of [undefined, "Bearer none"]) {
      expect(await who(authenticator, authorization)).toMatchObject({ id: "anonymous", usdPerDay: 0, admin: false });
    }
    expect(await who(authenticator, "Bearer key-a")).toMatchObject({ id: "team-a" });
  });
});

describe("tokens", () => {
  const secret = "0123456789abcdef0123456789abcdef";
  const own = { JWT_SECRET: secret, JWT_ISSUER: "us", JWT_AUDIENCE: "gateway" };
  const token = (
    claims: object,
    key: Parameters<SignJWT["sign"]>[0] = new TextEncoder().encode(secret),
    alg = "HS256",
  ) =>
    new SignJWT({ sub: "ada", iss: "us", aud: "gateway", exp: Math.floor(Date.now() / 1000) + 60, ...claims })
      .setProtectedHeader({ alg })
      .sign(key);

  test("name their subject, who has the default limits and is no admin", async () => {
    const authenticator = new Authenticator(settings(own));
    const bearer = `Bearer ${await token({ private: true, admin: true })}`;
    for (const _ of ["verified", "known"]) {
      expect(await who(authenticator, bearer)).toEqual({
        id: "jwt:ada",
        requestsPerMinute: 600,
        usdPerDay: 1,
        private: true,
        admin: false,
      });
    }
  });

  test.each([
    ["another issuer", { iss: "them" }],
    ["another audience", { aud: "billing" }],
    ["no end", { exp: undefined }],
    ["no subject", { sub: undefined }],
    ["a strange subject", { sub: "a b\n" }],
    ["an end in the past", { exp: 1 }],
  ])("with %s are refused", async (_, claims) => {
    await expect(who(new Authenticator(settings(own)), `Bearer ${await token(claims)}`)).rejects.toEqual(invalid);
  });

  test("of another secret, or unsigned, are refused", async () => {
    const authenticator = new Authenticator(settings(own));
    const other = await token({}, new TextEncoder().encode("x".repeat(32)));
    const [, claims] = other.split(".");
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${claims}.`;
    for (const each of [other, none]) await expect(who(authenticator, `Bearer ${each}`)).rejects.toEqual(invalid);
  });

  test("that are remembered end when they end", async () => {
    let now = Date.now();
    const authenticator = new Authenticator(settings(own), () => now);
    const bearer = `Bearer ${await token({ exp: Math.floor(now / 1000) - 3 })}`;
    // Within the tolerance for clocks, and so not to be remembered.
    expect(await who(authenticator, bearer)).toMatchObject({ id: "jwt:ada" });
    now += 1;
    expect(await who(authenticator, bearer)).toMatchObject({ id: "jwt:ada" });
  });

  test("of an identity provider are verified with its published keys, and not with HS256", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const published = { keys: [{ ...(await exportJWK(publicKey)), alg: "ES256", use: "sig" }] };
    const server = createServer((_, response) => response.end(JSON.stringify(published))).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const { JWT_SECRET: _, ...rest } = own;
    const authenticator = new Authenticator(settings({ ...rest, JWT_JWKS_URL: `http://127.0.0.1:${port}/keys` }));
    expect(await who(authenticator, `Bearer ${await token({}, privateKey, "ES256")}`)).toMatchObject({ id: "jwt:ada" });
    await expect(who(authenticator, `Bearer ${await token({})}`)).rejects.toEqual(invalid);
    server.close();
  });
});

describe("what a request costs", () => {
  const prices = { input: 0.3, output: 2.5 };

  test("is its tokens at the price of a million, rounded up to a millionth of a dollar", () => {
    expect(costMicroUsd(prices, { inputTokens: 1_000_000, outputTokens: 0 })).toBe(300_000);
    expect(costMicroUsd(prices, { inputTokens: 1, outputTokens: 1 })).toBe(3);
  });

  test("is estimated from its size and the longest answer it allows", () => {
    expect(estimateMicroUsd(prices, { max_tokens: 100 }, 300)).toBe(280);
    expect(estimateMicroUsd(prices, { max_completion_tokens: 10, max_tokens: 100, n: 2 }, 300)).toBe(80);
    expect(estimateMicroUsd(prices, {}, 0)).toBe(20_480);
    expect(estimateMicroUsd(prices, { max_tokens: -5, n: "3" }, 0)).toBe(20_480);
  });
});
