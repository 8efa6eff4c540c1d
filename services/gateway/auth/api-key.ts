import { z } from "zod";

/** A key as the operator writes it: the gateway knows the digest only. */
export const apiKeySchema = z.strictObject({
  /** Names the key in metrics, budgets and logs. */
  id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 letters, digits, dots, dashes or underscores"),
  /** `printf %s "$key" | sha256sum` */
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, "must be the 64 hex digits of a SHA-256")
    .transform((text) => text.toLowerCase()),
  /** Default: DEFAULT_REQUESTS_PER_MINUTE. */
  requestsPerMinute: z.number().int().positive().optional(),
  /** Dollars per day (UTC) on paid providers. Default: DEFAULT_USD_PER_DAY. */
  usdPerDay: z.number().nonnegative().optional(),
  /** Its requests never leave the VPC's providers. Default: false. */
  private: z.boolean().optional(),
  /** May trip circuits. Default: false. */
  admin: z.boolean().optional(),
});

export type ApiKey = z.infer<typeof apiKeySchema>;
