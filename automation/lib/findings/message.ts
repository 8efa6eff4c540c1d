/** What a policy's message says, taken apart. */
export interface PolicyMessage {
  kind: "violation" | "unverifiable" | "other";
  /** One per property that is wrong or that could not be known; for another pack's message one with its whole text. */
  findings: { path: string; problem: string }[];
  why?: string;
  fix?: string;
  see?: string;
}

const COLOUR_TAG = /<\{%[^%]*%\}>/g;
const UNVERIFIABLE =
  /^cannot be known at preview: (.*)\. This rule and all others that read it judge it when it is known\.$/;
/** `ingress[0].cidrBlocks[1]`, `tags["cost centre"]`: no blanks outside quotes, so a sentence with a colon is no path. */
const PATH =
  /^((?:[A-Za-z_$][\w$-]*|\["(?:[^"\\]|\\.)*"\])(?:\.[A-Za-z_$][\w$-]*|\[(?:\d+|"(?:[^"\\]|\\.)*")\])*): (.*)$/s;
const SECTION = /^(Why|Fix|See): (.*)$/s;

/** A message without the engine's colour tags and the line ends around it. */
export function plainMessage(message: string): string {
  return message.replaceAll(COLOUR_TAG, "").trim();
}

/**
 * Takes a message of this project's pack apart: `[rule] path: problem.` lines, then `Why:`, `Fix:` and `See:`. Anything
 * else, such as another pack's message, is kept whole.
 */
export function parseMessage(rule: string, message: string): PolicyMessage {
  const text = plainMessage(message);
  const prefix = `[${rule}] `;
  if (!text.startsWith(prefix)) return { kind: "other", findings: [{ path: "", problem: text }] };

  const unverifiable = UNVERIFIABLE.exec(text.slice(prefix.length));
  if (unverifiable) {
    const paths = (unverifiable[1] ?? "").split(", ");
    return { kind: "unverifiable", findings: paths.map((path) => ({ path, problem: "cannot be known at preview" })) };
  }

  const parsed: PolicyMessage = { kind: "violation", findings: [] };
  const rest: string[] = [];
  for (const line of text.split("\n")) {
    const section = SECTION.exec(line);
    if (section) {
      parsed[(section[1] ?? "").toLowerCase() as "why" | "fix" | "see"] = section[2] ?? "";
    } else if (line.startsWith(prefix)) {
      const finding = line.slice(prefix.length).replace(/\.$/, "");
      const path = PATH.exec(finding);
      parsed.findings.push({ path: path?.[1] ?? "", problem: path?.[2] ?? finding });
    } else {
      rest.push(line);
    }
  }
  // Lines of no known form, such as an internal error's stack, belong to the finding before them.
  const last = parsed.findings.at(-1);
  if (last && rest.length > 0) last.problem = [last.problem, ...rest].join("\n");
  return parsed;
}
