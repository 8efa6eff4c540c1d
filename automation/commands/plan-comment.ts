import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { planComment as compose } from "../ci/plan-comment";
import { callerPath } from "../lib/paths";
import { UserError } from "../lib/user-error";

export interface PlanCommentFlags {
  plan: string;
  preview?: string;
  cost?: string;
  out: string;
}

/** `./llm comment`: what a preview and a cost estimate said, for a pull request or a job's summary. */
export async function planComment(stack: string, flags: PlanCommentFlags): Promise<void> {
  // A command that failed leaves an empty file, or none.
  const text = (path: string | undefined) =>
    path && existsSync(callerPath(path)) ? readFileSync(callerPath(path), "utf8").trim() : "";
  if (!existsSync(callerPath(flags.plan))) {
    throw new UserError(
      `There is no ${flags.plan}.`,
      `Write it: ./llm preview ${stack} --json >preview.json 2>${flags.plan}`,
    );
  }
  const preview = text(flags.preview);
  const cost = text(flags.cost);
  const parts = {
    stack,
    plan: text(flags.plan),
    ...(preview !== "" && { preview: parsed(preview, flags.preview ?? "") }),
    ...(cost !== "" && { cost }),
  };
  appendFileSync(callerPath(flags.out), compose(parts));
}

function parsed(text: string, file: string): { changes?: Record<string, number> } {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(
      `${file} is not the JSON of a preview.`,
      "Write it with ./llm preview --json, and nothing else.",
      { cause },
    );
  }
}
