import { createHash, timingSafeEqual } from "node:crypto";

/** Gets the key that callers must send. */
export type ReadKey = () => Promise<string>;

const bearer = /^Bearer +(\S+)$/i;
const hash = (text: string) => createHash("sha256").update(text).digest();

/**
 * Whether an Authorization header carries the key, as `Bearer <key>`. Compares hashes, so that the time taken tells neither where the keys differ nor how long
 * the right one is.
 */
export function carriesKey(authorization: string | undefined, key: string): boolean {
  const sent = bearer.exec(authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(hash(sent), hash(key)) && sent !== "";
}

/**
 * Reads the key once and keeps it for a while: a key that was changed is known after `milliseconds` at most. A failed read is not kept.
 * @param now for tests
 */
export function keepFor(milliseconds: number, read: ReadKey, now: () => number = Date.now): ReadKey {
  let kept: { readonly key: Promise<string>; readonly until: number } | undefined;
  return () => {
    if (kept && now() < kept.until) return kept.key;
    const key = read();
    const mine = { key, until: now() + milliseconds };
    kept = mine;
    key.catch(() => {
      if (kept === mine) kept = undefined;
    });
    return key;
  };
}
