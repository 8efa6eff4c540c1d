import { UserError } from "../lib/user-error";

/** Something that must hold before anything is changed. */
export interface Prerequisite {
  /** What it is, such as `AWS credentials`. */
  readonly what: string;
  /** What is wrong, in a sentence; undefined when it holds. One that throws does not hold. */
  check(): Promise<string | undefined> | string | undefined;
  /** What to do about it. */
  readonly remedy: string;
}

/**
 * Checks all prerequisites, then does what they are for. All that are missing are told together, each with its remedy.
 * @throws UserError when one does not hold; `action` has not begun then
 */
export async function withPrerequisites<T>(
  list: readonly Prerequisite[],
  action: () => Promise<T>,
  before = "anything was changed",
): Promise<T> {
  const missing: string[] = [];
  for (const { what, check, remedy } of list) {
    const problem = await Promise.resolve()
      .then(check)
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)) || "it could not be checked");
    if (problem !== undefined) missing.push(`  ${what}: ${problem}\n    -> ${remedy}`);
  }
  if (missing.length > 0) {
    const count = missing.length === 1 ? "A prerequisite is" : `${missing.length} prerequisites are`;
    throw new UserError(`${count} missing; stopped before ${before}:\n${missing.join("\n")}`);
  }
  return action();
}
