import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout this file belongs to. */
export const repoRoot = resolve(__dirname, "../..");

/** Git-ignored folder for the state, data and logs of local stacks. `LLM_STACKS_LOCAL_DIR` names another, below the checkout. */
export const localDir = resolve(repoRoot, process.env["LLM_STACKS_LOCAL_DIR"] || ".local");

/**
 * Folder outside the checkout for what takes long to make and serves every checkout: the engine, Node, the emulator.
 * `LLM_STACKS_CACHE` names it; default `$XDG_CACHE_HOME/llm-stacks`, or `~/.cache/llm-stacks`.
 */
export function cacheDir(): string {
  const explicit = process.env["LLM_STACKS_CACHE"];
  if (explicit) return resolve(explicit);
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "llm-stacks");
}
