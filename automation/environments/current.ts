import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../lib/exit";
import { localDir } from "../lib/paths";
import { knownStacks } from "../lib/project";

const defaultFile = join(localDir, "current-stack");

/** The stack that `./llm switch` chose for this checkout; undefined before, or when its settings file is gone. */
export function currentStack(file = defaultFile, known: readonly string[] = knownStacks()): string | undefined {
  if (!existsSync(file)) return undefined;
  const name = readFileSync(file, "utf8").trim();
  return known.includes(name) ? name : undefined;
}

/** Makes a stack the current one. @throws UsageError when it has no settings file */
export function chooseStack(name: string, file = defaultFile, known: readonly string[] = knownStacks()): void {
  if (!known.includes(name)) {
    throw new UsageError(
      `There is no stack "${name}".`,
      `Stacks with a settings file: ${known.join(", ")}. A new one: ./llm new ${name} --from dev`,
    );
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${name}\n`);
}

/** The stack a command is for: the one that is named, else the current one. @throws UsageError when there is neither */
export function stackOrCurrent(named: string | undefined): string {
  const stack = named ?? currentStack();
  if (stack !== undefined) return stack;
  throw new UsageError(
    "No stack is named and none is chosen.",
    `Name one of ${knownStacks().join(", ")}, or choose it for all commands: ./llm switch <stack>`,
  );
}
