import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout this file belongs to. */
export const repoRoot = resolve(__dirname, "../..");

/** Git-ignored folder for the state, data and logs of local stacks. `LLM_STACKS_LOCAL_DIR` names another, below the checkout. */
export const localDir = resolve(repoRoot, process.env["LLM_STACKS_LOCAL_DIR"] || ".local");

/** A path that the caller gave, as it meant it: the launcher changes to the checkout. */
export function callerPath(path: string): string {
  return resolve(process.env["LLM_CALLER_DIR"] ?? ".", path);
}

/** Folder of a report: the one that the caller names, or `evidence/<name>` in the checkout. */
export function evidenceDir(out: string | undefined, name: string): string {
  return out === undefined ? join(repoRoot, "evidence", name) : callerPath(out);
}

/**
 * Folder outside the checkout for what takes long to make and serves every checkout: the engine, Node, the emulator.
 * `LLM_STACKS_CACHE` names it; default `$XDG_CACHE_HOME/llm-stacks`, or `~/.cache/llm-stacks`.
 */
export function cacheDir(): string {
  const explicit = process.env["LLM_STACKS_CACHE"];
  if (explicit) return resolve(explicit);
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "llm-stacks");
}
