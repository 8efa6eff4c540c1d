/** Of a conversation's start: what a system prompt and the first question mostly fit in. */
const PREFIX_CHARACTERS = 1024;

interface Prompt {
  readonly prompt_cache_key?: unknown;
  readonly messages?: unknown;
  readonly prompt?: unknown;
}

/**
 * The key that brings a request to the replica which has its beginning in the prefix cache: the caller's session or cache key if it names one,
 * else the text that the conversation starts with: its first message, and the second where the first is the system's. Later turns of a
 * conversation start alike, so they come to the same replica.
 */
export function affinityKey(body: Prompt, session: string | undefined): string {
  if (session !== undefined) return `session:${session}`;
  if (typeof body.prompt_cache_key === "string") return `cache:${body.prompt_cache_key}`;
  if (typeof body.prompt === "string") return body.prompt.slice(0, PREFIX_CHARACTERS);
  if (!Array.isArray(body.messages)) return "";
  const [first, second]: { readonly role?: unknown; readonly content?: unknown }[] = body.messages;
  const start = textOf(first?.content);
  if (first?.role !== "system" && first?.role !== "developer") return start;
  return `${start}\n${textOf(second?.content)}`;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content.slice(0, PREFIX_CHARACTERS);
  if (!Array.isArray(content)) return "";
  let text = "";
  for (const part of content as { readonly text?: unknown }[]) {
    if (typeof part?.text === "string") text += part.text;
    if (text.length >= PREFIX_CHARACTERS) break;
  }
  return text.slice(0, PREFIX_CHARACTERS);
}
