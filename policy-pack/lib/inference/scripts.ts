import { readingsOf } from "../user-data";
import type { Value } from "../value";

/** One command of a script: a line, with those that it is continued on. */
export interface Command {
  /** Where it starts, from 1. */
  readonly line: number;
  /** Without comment, and with the script's own variables filled in where they are plain. */
  readonly text: string;
}

/** The commands of user data, however it is written: as text, in base64 or compressed. */
export function commandsOf(userData: Value): readonly Command[] {
  const text = userData.scalar();
  return text === undefined ? [] : readingsOf(String(text)).flatMap(commandsIn);
}

/** The commands of a script. */
export function commandsIn(script: string): readonly Command[] {
  const joined = joinContinued(script.split(/\r?\n/));
  const variables = new Map(joined.flatMap(({ text }) => assignments(text)));
  return joined.map(({ line, text }) => ({ line, text: fillIn(text, variables) }));
}

function joinContinued(lines: readonly string[]): readonly Command[] {
  const commands: Command[] = [];
  let start: number | undefined;
  let text = "";
  for (const [index, raw] of lines.entries()) {
    const part = raw.replace(/^\s*#.*$/, "");
    start ??= index + 1;
    if (part.endsWith("\\")) {
      text += `${part.slice(0, -1)} `;
      continue;
    }
    commands.push({ line: start, text: text + part });
    start = undefined;
    text = "";
  }
  if (start !== undefined) commands.push({ line: start, text });
  return commands.filter((command) => command.text.trim() !== "");
}

const assignment =
  /^\s*(?:export\s+|readonly\s+|local\s+)?([A-Za-z_]\w*)=(?:"([^"$`]*)"|'([^']*)'|([^\s"'$`;&|]+))\s*;?\s*$/;

function assignments(text: string): readonly (readonly [string, string])[] {
  const [, name, double, single, bare] = assignment.exec(text) ?? [];
  return name === undefined ? [] : [[name, double ?? single ?? bare ?? ""]];
}

function fillIn(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\{(\w+)(?::?-[^}]*)?\}|(\w+))/g, (whole, braced?: string, plain?: string) => {
    return variables.get(braced ?? plain ?? "") ?? whole;
  });
}

/** The words of a command, without quotes. */
export function wordsOf(text: string): readonly string[] {
  return (text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? []).map((word) => word.replace(/["']/g, ""));
}
