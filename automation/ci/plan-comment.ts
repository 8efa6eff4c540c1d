import { table } from "../lib/markdown";

export interface PlanParts {
  readonly stack: string;
  /** What the preview printed, without colours. */
  readonly plan: string;
  /** What `preview --json` printed; undefined where it was refused or failed. */
  readonly preview?: { readonly changes?: Readonly<Record<string, number>> };
  /** The Markdown of the cost estimate. */
  readonly cost?: string;
}

/** The longest comment that GitHub takes, in characters; some are left for its own markup. Source: https://github.com/orgs/community/discussions/27190 */
export const commentLimit = 65_000;

const OPERATIONS = ["create", "update", "replace", "delete", "read", "same"];

/** What a change would do to a stack and what it would cost, as Markdown. The plan is cut where it would not fit; the end, which says what failed, stays. */
export function planComment({ stack, plan, preview, cost }: PlanParts): string {
  const head = [
    `## Stack ${stack}`,
    "",
    ...(preview ? summary(preview.changes ?? {}) : ["**The preview was refused or failed.** Its last lines say why."]),
    "",
    ...(cost === undefined ? ["The cost could not be estimated."] : [cost.trim()]),
    "",
    `<details${preview ? "" : " open"}><summary>Plan</summary>`,
    "",
  ].join("\n");
  const tail = "\n</details>\n";
  const shown = withoutColours(plan).trim() || "The preview printed nothing.";
  const fence = fenceFor(shown);
  const room = commentLimit - head.length - tail.length - 2 * fence.length - 100;
  if (room < 0)
    return `${head.slice(0, commentLimit - 100)}\n\nThe rest does not fit into a comment; the job's log has it.\n`;
  return `${head}\n${fence}text\n${cut(shown, room)}\n${fence}\n${tail}`;
}

function summary(changes: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(changes)
    .filter(([operation, count]) => operation !== "same" && count > 0)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([operation, count]) => [operation, String(count)]);
  if (rows.length === 0) return ["No resource changes."];
  return table(["change", "resources"], rows);
}

function rank(operation: string): number {
  const found = OPERATIONS.indexOf(operation);
  return found < 0 ? OPERATIONS.length : found;
}

/** More backquotes than the text has in a row, so that nothing in it ends the block. */
function fenceFor(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  return "`".repeat(longest + 1);
}

function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals' colours begin with one.
  return text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, "");
}

function cut(text: string, room: number): string {
  if (text.length <= room) return text;
  const note = "... (cut; the job's log has all of it)\n";
  return note + text.slice(text.length - (room - note.length));
}
