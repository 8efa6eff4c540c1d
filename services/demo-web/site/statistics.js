/**
 * @typedef {object} Measured times in milliseconds on one clock
 * @property {number} sentAt
 * @property {number} [firstAt] of the first text. Default: none came
 * @property {number} [lastAt] of the last text. Default: none came
 * @property {number} endedAt
 * @property {number} chunks parts of the answer that brought text
 * @property {number} [tokens] as the engine counted them. Default: it did not say
 */

/**
 * @typedef {object} Figures
 * @property {number | undefined} firstTokenMs
 * @property {number} totalMs
 * @property {number} count
 * @property {"tokens" | "chunks"} unit what was counted
 * @property {number | undefined} perSecond of those after the first, from the first to the last; undefined below two, and where all came at once
 */

/** Below this, in milliseconds, the first text and the last came at once, and their distance says nothing about the engine. */
const atOnceMs = 10;

/**
 * @param {Measured} measured
 * @returns {Figures}
 */
export function figuresOf({ sentAt, firstAt, lastAt, endedAt, chunks, tokens }) {
  const count = tokens ?? chunks;
  const generating = firstAt === undefined || lastAt === undefined ? 0 : lastAt - firstAt;
  return {
    firstTokenMs: firstAt === undefined ? undefined : firstAt - sentAt,
    totalMs: endedAt - sentAt,
    count,
    unit: tokens === undefined ? "chunks" : "tokens",
    perSecond: count > 1 && generating >= atOnceMs ? ((count - 1) * 1000) / generating : undefined,
  };
}

/**
 * The figures as the page shows them; "–" for what there is none of.
 * @param {Figures} figures
 */
export function shown({ firstTokenMs, totalMs, count, unit, perSecond }) {
  return {
    first: firstTokenMs === undefined ? "–" : duration(firstTokenMs),
    total: duration(totalMs),
    count: unit === "tokens" ? `${count} tokens` : `${count} chunks (the engine did not count tokens)`,
    rate: perSecond === undefined ? "–" : `${perSecond.toFixed(1)} ${unit}/s`,
  };
}

/**
 * "420 ms" below a second, else "2.31 s".
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const whole = Math.round(milliseconds);
  return whole < 1000 ? `${whole} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
