import type { OutputMap } from "@pulumi/pulumi/automation";
import { reachableApiUrl } from "../../local/urls";
import { openSession, type Session } from "../lib/session";
import { UserError } from "../lib/user-error";

export interface OutputsFlags {
  local?: boolean;
  json?: boolean;
}

/** Outputs as plain values: secrets hidden, and a local stack's API URLs as this machine reaches them. */
export function plainOutputs(session: Session, outputs: OutputMap): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { value, secret }]) => [
      name,
      secret ? "[secret]" : mapStrings(value, (text) => reachable(session, text)),
    ]),
  );
}

function reachable(session: Session, text: string): string {
  const { emulator } = session;
  return emulator && /^https:\/\/[a-z0-9]+\.execute-api\./.test(text) ? reachableApiUrl(text, emulator.endpoint) : text;
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
  }
  return value;
}

export function printOutputs(session: Session, outputs: OutputMap): void {
  const plain = plainOutputs(session, outputs);
  if (Object.keys(plain).length === 0) return;
  console.log("\nOutputs:");
  for (const [system, values] of Object.entries(plain)) {
    console.log(`  ${system}`);
    const rows = typeof values === "object" && values !== null ? Object.entries(values) : [["", values]];
    for (const [key, value] of rows) console.log(`    ${String(key).padEnd(22)} ${format(value)}`);
  }
}

function format(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** `./llm outputs`: the outputs of the last update. */
export async function outputs(stackName: string, flags: OutputsFlags): Promise<void> {
  const session = await openSession(stackName, flags);
  const current = await session.stack.outputs();
  if (Object.keys(current).length === 0) {
    throw new UserError(
      `Stack ${stackName} has no outputs: it is not deployed.`,
      `Deploy it: ./llm up ${stackName}${flags.local ? " --local" : ""}`,
    );
  }
  if (flags.json) console.log(JSON.stringify(plainOutputs(session, current), null, 2));
  else printOutputs(session, current);
}
