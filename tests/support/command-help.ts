import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { repoRoot } from "../../automation/lib/paths";

/** A command as its own `--help` describes it. */
export interface CommandHelp {
  readonly required: number;
  readonly most: number;
  /** Whether an option takes a value, by its name. */
  readonly options: ReadonlyMap<string, boolean>;
}

const cache = new Map<string, Promise<CommandHelp | undefined>>();

/** What a command line of ours says of a command; undefined where there is no such command. */
export function helpOf(script: string, words: readonly string[]): Promise<CommandHelp | undefined> {
  const key = [script, ...words].join(" ");
  const known = cache.get(key) ?? readHelp(script, words);
  cache.set(key, known);
  return known;
}

async function readHelp(script: string, words: readonly string[]): Promise<CommandHelp | undefined> {
  const args = ["--require", "tsx/cjs", join(repoRoot, script), ...words, "--help"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: repoRoot });
  const usage = /^Usage: (.+)$/m.exec(stdout)?.[1] ?? "";
  // Commander shows the help of the whole where it does not know the command.
  if (words.some((word) => !usage.split(" ").includes(word))) return undefined;
  const required = [...usage.matchAll(/<[^>]+>/g)].length;
  const optional = [...usage.matchAll(/\[(?!options\])[^\]]+\]/g)].length;
  return {
    required,
    most: usage.includes("...") ? Number.POSITIVE_INFINITY : required + optional,
    options: new Map(
      [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)( [<[])?/gm)].map(([, name = "", value]) => [
        name,
        value !== undefined,
      ]),
    ),
  };
}

/** What is wrong with calling a command so; none when it can be parsed. */
export function mistakesIn(args: readonly string[], { required, most, options }: CommandHelp): string[] {
  const mistakes: string[] = [];
  let positional = 0;
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i] ?? "";
    if (!word.startsWith("--")) {
      positional += 1;
      continue;
    }
    const takesValue = options.get(word);
    if (takesValue === undefined) mistakes.push(`there is no option ${word}`);
    if (takesValue !== true) continue;
    i += 1;
    if (args[i] === undefined || args[i]?.startsWith("--")) mistakes.push(`${word} has no value`);
  }
  if (positional < required || positional > most) mistakes.push(`${positional} arguments, not ${required} to ${most}`);
  return mistakes;
}
