import { createInterface } from "node:readline/promises";
import { UsageError } from "./exit";

/**
 * Ask a question on the terminal.
 *
 * @throws UsageError when nobody is there to answer
 */
export async function ask(question: string, withoutTerminal: string): Promise<string> {
  if (!process.stdin.isTTY) throw new UsageError("There is no terminal to ask on.", withoutTerminal);
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await readline.question(question)).trim();
  } finally {
    readline.close();
  }
}

/** A yes-or-no question; anything but yes is no. */
export async function confirm(question: string): Promise<boolean> {
  const answer = await ask(`${question} [y/N] `, "Pass --yes to go on without a question.");
  return /^y(es)?$/i.test(answer);
}

/** Seconds since `start` (from `performance.now()`), for a message. */
export function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
