import { hash } from "node:crypto";
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import { GatewayError } from "../errors";
import type { Settings } from "../settings";

/** Who sent a request, and what they may do. */
export interface Caller {
  readonly id: string;
  readonly requestsPerMinute: number;
  readonly usdPerDay: number;
  /** Their requests never leave the VPC's providers. */
  readonly private: boolean;
  readonly admin: boolean;
}

/** Tokens whose signature need not be checked again. */
const KNOWN_TOKENS = 10_000;

/** Finds out who sent a request: by API key, by JWT if the settings have one, or nobody if they let everybody in. */
export class Authenticator {
  private readonly keys: ReadonlyMap<string, Caller>;
  private readonly anonymous: Caller | undefined;
  private readonly verify: ((token: string) => Promise<JWTPayload>) | undefined;
  private readonly known = new Map<string, { caller: Caller; until: number }>();

  constructor(
    private readonly settings: Settings,
    private readonly now: () => number = Date.now,
  ) {
    const defaults = this.defaults();
    this.keys = new Map(
      (settings.API_KEYS ?? []).map(({ sha256, ...key }) => [
        sha256,
        {
          id: key.id,
          requestsPerMinute: key.requestsPerMinute ?? defaults.requestsPerMinute,
          usdPerDay: key.usdPerDay ?? defaults.usdPerDay,
          private: key.private ?? false,
          admin: key.admin ?? false,
        },
      ]),
    );
    this.anonymous = settings.ALLOW_ANONYMOUS ? { ...defaults, id: "anonymous", usdPerDay: 0 } : undefined;
    this.verify = verifier(settings);
  }

  /**
   * @param authorization the header's value: `Bearer <key or token>`
   * @throws GatewayError invalid_api_key
   */
  authenticate(authorization: string | undefined): Caller | Promise<Caller> {
    if (authorization === undefined) return this.anonymous ?? refuse("Send a key: Authorization: Bearer <key>.");
    const credential = /^Bearer +(\S+)\s*$/i.exec(authorization)?.[1];
    if (credential === undefined) return refuse("The Authorization header must be: Bearer <key>.");
    const digest = hash("sha256", credential, "hex");
    const caller = this.keys.get(digest);
    if (caller) return caller;
    if (this.verify && credential.split(".").length === 3)
      return this.authenticateToken(credential, digest, this.verify);
    // SDKs send some key always.
    return this.anonymous ?? refuse("The key is not known.");
  }

  private async authenticateToken(
    token: string,
    digest: string,
    verify: (token: string) => Promise<JWTPayload>,
  ): Promise<Caller> {
    const known = this.known.get(digest);
    if (known && known.until > this.now()) return known.caller;
    const claims = await verify(token).catch((cause: unknown) => {
      const why = cause instanceof errors.JOSEError ? cause.message : "it can't be verified now";
      throw new GatewayError("invalid_api_key", `The token is not valid: ${why}.`, { cause });
    });
    const { sub } = claims;
    if (!sub || !/^[\w.@:|-]{1,128}$/.test(sub))
      return refuse("The token is not valid: its subject must be 1 to 128 plain characters.");
    const caller = { ...this.defaults(), id: `jwt:${sub}`, private: claims["private"] === true };
    const oldest = this.known.size >= KNOWN_TOKENS ? this.known.keys().next().value : undefined;
    if (oldest !== undefined) this.known.delete(oldest);
    this.known.set(digest, { caller, until: Math.min((claims.exp ?? 0) * 1000, this.now() + 60_000) });
    return caller;
  }

  private defaults(): Omit<Caller, "id"> {
    const { DEFAULT_REQUESTS_PER_MINUTE: requestsPerMinute, DEFAULT_USD_PER_DAY: usdPerDay } = this.settings;
    return { requestsPerMinute, usdPerDay, private: false, admin: false };
  }
}

function verifier(settings: Settings): ((token: string) => Promise<JWTPayload>) | undefined {
  const { JWT_SECRET, JWT_JWKS_URL, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = settings;
  // A token without an end could not be taken back.
  const common: JWTVerifyOptions = { requiredClaims: ["exp", "sub"], clockTolerance: 5 };
  if (issuer) common.issuer = issuer;
  if (audience) common.audience = audience;
  if (JWT_SECRET) {
    const secret = new TextEncoder().encode(JWT_SECRET);
    return async (token) => (await jwtVerify(token, secret, { ...common, algorithms: ["HS256"] })).payload;
  }
  if (!JWT_JWKS_URL) return undefined;
  const keys = createRemoteJWKSet(new URL(JWT_JWKS_URL));
  return async (token) => (await jwtVerify(token, keys, { ...common, algorithms: ["RS256", "ES256"] })).payload;
}

function refuse(message: string): never {
  throw new GatewayError("invalid_api_key", message);
}
