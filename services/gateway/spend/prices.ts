import type { Provider } from "../router/providers";

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

interface Ask {
  readonly max_tokens?: unknown;
  readonly max_completion_tokens?: unknown;
  readonly n?: unknown;
}

/** Output that is reserved for a request which sets no limit. A longer answer is charged in full afterwards. */
const UNLIMITED_OUTPUT_TOKENS = 8_192;

/** Cautious: English text has four bytes to a token, code and other scripts fewer. */
const BYTES_PER_TOKEN = 3;

type Prices = Provider["usdPerMillion"];

/** What a request costs, in millionths of a dollar, rounded up. */
export function costMicroUsd({ input, output }: Prices, { inputTokens, outputTokens }: Usage): number {
  return Math.ceil(input * inputTokens + output * outputTokens);
}

/** The most that a request is expected to cost, in millionths of a dollar. */
export function estimateMicroUsd(prices: Prices, body: Ask, bodyBytes: number): number {
  const limit = [body.max_completion_tokens, body.max_tokens].find(isCount) ?? UNLIMITED_OUTPUT_TOKENS;
  const choices = isCount(body.n) ? body.n : 1;
  return costMicroUsd(prices, {
    inputTokens: Math.ceil(bodyBytes / BYTES_PER_TOKEN),
    outputTokens: limit * choices,
  });
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}
