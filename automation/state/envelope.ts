import { createHash } from "node:crypto";
import { z } from "zod";
import { UserError } from "../lib/user-error";

const format = "llm-stacks state backup 1";

/** A stack's state as the engine exports it; what is in it is the engine's. */
export interface Deployment {
  readonly version: number;
  readonly deployment: Readonly<Record<string, unknown>>;
}

const schema = z.strictObject({
  format: z.literal(format),
  project: z.string().min(1),
  stack: z.string().min(1),
  takenAt: z.iso.datetime(),
  /** Of `state`, as JSON without blanks. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  state: z.object({ version: z.number(), deployment: z.record(z.string(), z.unknown()) }),
});

/** A copy of a state, and what it is checked by when it comes back. */
export type StateBackup = z.output<typeof schema>;

const checksum = (state: Deployment) => createHash("sha256").update(JSON.stringify(state)).digest("hex");

/** @param takenAt ISO 8601, UTC */
export function wrap(project: string, stack: string, state: Deployment, takenAt: string): StateBackup {
  return { format, project, stack, takenAt, sha256: checksum(state), state: { ...state } };
}

/**
 * A copy that was read from a file.
 * @param name of the file, for messages
 * @throws UserError when it is no such copy, or is not what was written
 */
export function unwrap(text: string, name: string): StateBackup {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${name} is not JSON, or only a part of it.`, "Take a file that ./llm state backup wrote.", {
      cause,
    });
  }
  const { data, error } = schema.safeParse(value);
  if (!data) {
    throw new UserError(
      `${name} is no copy of a state:\n${z.prettifyError(error)}`,
      "Take a file that ./llm state backup wrote. One of `pulumi stack export` goes back with `pulumi stack import`.",
    );
  }
  const found = checksum(data.state);
  if (found !== data.sha256) {
    throw new UserError(
      `${name} is damaged: its state has the checksum ${found}, and ${data.sha256} was written.`,
      "Take another copy; versions that the bucket keeps are listed by: aws s3api list-object-versions",
    );
  }
  return data;
}

/** Why a copy should not take the place of the present state. */
export interface Objections {
  /** Never. */
  readonly wrong: readonly string[];
  /** Not without `--force`. */
  readonly doubtful: readonly string[];
}

/** @param current the state as it is now; without resources where the stack is new or lost */
export function objectionsTo(backup: StateBackup, current: Deployment, project: string, stack: string): Objections {
  const wrong: string[] = [];
  const doubtful: string[] = [];
  if (backup.project !== project) wrong.push(`it is of project ${backup.project}, and this is ${project}`);
  if (backup.stack !== stack) wrong.push(`it is of stack ${backup.stack}, and this is ${stack}`);
  const foreign = resources(backup.state).filter(
    (urn) => !urn.startsWith(`urn:pulumi:${backup.stack}::${backup.project}::`),
  );
  if (foreign.length > 0) wrong.push(`it holds ${foreign.length} resources of another stack, such as ${foreign[0]}`);

  const pending = pendingOperations(backup.state);
  if (pending.length > 0) doubtful.push(`operations were under way when it was taken: ${pending.join(", ")}`);
  const [then, now] = [updatedAt(backup.state), updatedAt(current)];
  const known = resources(current).length > 0;
  if (known && then !== undefined && now !== undefined && then < now) {
    doubtful.push(
      `it is of ${new Date(then).toISOString()}, and the stack was updated at ${new Date(now).toISOString()}`,
    );
  }
  const lost = known ? resources(current).filter((urn) => !resources(backup.state).includes(urn)) : [];
  if (lost.length > 0) {
    doubtful.push(
      `${lost.length} resources that the stack has now are not in it, such as ${lost[0]}; Pulumi would forget them`,
    );
  }
  return { wrong, doubtful };
}

/** URNs of the resources in a state. */
export function resources({ deployment }: Deployment): string[] {
  return list(deployment["resources"]).flatMap(({ urn }) => (typeof urn === "string" ? [urn] : []));
}

/** What was under way when the state was written, such as `creating urn:...`. */
export function pendingOperations({ deployment }: Deployment): string[] {
  return list(deployment["pending_operations"]).map(({ type, resource }) => {
    const { urn } = (resource ?? {}) as { urn?: string };
    return `${String(type)} ${urn ?? "something"}`;
  });
}

/** When the state was written, in milliseconds; undefined where the engine does not say. */
export function updatedAt({ deployment }: Deployment): number | undefined {
  const { time } = (deployment["manifest"] ?? {}) as { time?: string };
  const parsed = time === undefined ? Number.NaN : Date.parse(time);
  return parsed > 0 ? parsed : undefined;
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value : [];
}
