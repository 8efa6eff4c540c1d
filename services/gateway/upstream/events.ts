import type { Usage } from "../spend/prices";

/** More than this without the end of an event is no stream of events. */
export const LONGEST_EVENT = 262_144;

/**
 * Judges the beginning of a stream before any of it goes out.
 *
 * @returns `more` until there is a whole event with data, then what it is
 */
export function judgeBeginning(text: string): "more" | "fine" | { readonly malformed: string } {
  for (let start = 0; ; ) {
    const rest = start === 0 ? text : text.slice(start);
    const end = /\r?\n\r?\n/.exec(rest);
    if (!end) return text.length > LONGEST_EVENT ? { malformed: "no event in the first 256 KiB" } : "more";
    const data = rest
      .slice(0, end.index)
      .split(/\r?\n/)
      .flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []))
      .join("\n");
    if (data !== "") return judgeData(data);
    // A comment, sent to keep the connection open.
    start += end.index + end[0].length;
  }
}

function judgeData(data: string): "fine" | { readonly malformed: string } {
  if (data.trim() === "[DONE]") return "fine";
  try {
    const { error } = JSON.parse(data) as { error?: { message?: unknown } | null };
    return error ? { malformed: `an error instead of a token: ${String(error.message ?? "")}` } : "fine";
  } catch {
    return { malformed: "the first event is not JSON" };
  }
}

/** What an answer says of its tokens, from its last bytes: the usage stands at the end of bodies and of streams. */
export function usageIn(text: string): Usage | undefined {
  const last = (name: string) =>
    text
      .match(new RegExp(`"${name}"\\s*:\\s*\\d+`, "g"))
      ?.at(-1)
      ?.match(/\d+$/)?.[0];
  const [input, output] = [last("prompt_tokens"), last("completion_tokens")];
  return input === undefined || output === undefined
    ? undefined
    : { inputTokens: Number(input), outputTokens: Number(output) };
}

/** Keeps the last bytes of what passes, without copying it. */
export class Tail {
  private readonly chunks: Buffer[] = [];
  private kept = 0;

  constructor(private readonly bytes = 1024) {}

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.kept += chunk.length;
    for (let first = this.chunks[0]; first && this.kept - first.length >= this.bytes; first = this.chunks[0]) {
      this.kept -= first.length;
      this.chunks.shift();
    }
  }

  get text(): string {
    return Buffer.concat(this.chunks).subarray(-this.bytes).toString("latin1");
  }
}

/** Takes the event with the usage out of a stream: the gateway asked for it, and the caller did not. */
export class UsageFilter {
  private rest = "";

  /** Of what came so far, the whole events that are the caller's. */
  pass(chunk: Buffer): Buffer {
    // latin1 keeps every byte as it is, also of a character that two chunks share.
    const events = (this.rest + chunk.toString("latin1")).split(/(?<=\n\r?\n)/);
    this.rest = /\n\r?\n$/.test(events.at(-1) ?? "") ? "" : (events.pop() ?? "");
    return Buffer.from(events.filter((event) => !/"choices"\s*:\s*\[\s*\]/.test(event)).join(""), "latin1");
  }

  end(): Buffer {
    return Buffer.from(this.rest, "latin1");
  }
}
