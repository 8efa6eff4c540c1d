import { changed } from "./trim";

/** Where the upstream provider waits for a resource to reach a state. */
export const STATE_FILE = "internal/retry/state.go";

/** Environment variable, set only where the provider talks to the emulator, that makes the plugin wait shortly. */
export const SHORT_WAITS_VARIABLE = "LLM_STACKS_SHORT_WAITS";

const IMPORTS = 'import (\n\t"context"\n\t"errors"\n';
const DEFAULT_DELAY =
  "\tdelay := backoff.SDKv2HelperRetryCompatibleDelay(conf.Delay, conf.PollInterval, conf.MinTimeout)\n";

/**
 * Let the provider look every 100 ms, instead of every 3 to 15 s, for the state it waits for, when the variable is set.
 *
 * AWS answers with what it was told only after a while, so the provider asks up to fifteen times in a row before it
 * believes an answer: 129 s for a deleted queue, 55 s for a bucket's lifecycle rules. An emulator knows at once. What is
 * asked, and how often, stays the same; only the pauses are shorter. Upstream does this too when it replays recordings.
 */
export function shortenWaits(source: string): string {
  for (const part of [IMPORTS, DEFAULT_DELAY]) {
    if (source.split(part).length !== 2) throw changed(STATE_FILE, `does not have once: ${part.trim()}`);
  }
  return source
    .replace(IMPORTS, `${IMPORTS}\t"os"\n`)
    .replace(
      DEFAULT_DELAY,
      `${DEFAULT_DELAY}\tif os.Getenv("${SHORT_WAITS_VARIABLE}") != "" {\n\t\tdelay = backoff.FixedDelay(100 * time.Millisecond)\n\t}\n`,
    );
}
