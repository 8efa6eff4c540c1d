import * as pulumi from "@pulumi/pulumi";

/** One row of a component's table of checks. */
export interface Check {
  /** Property path from the component's arguments, such as `routes[0].path`. */
  readonly path: string;
  /** True where the argument is right. */
  readonly ok: boolean;
  /** What was found, what was expected and what to do; a sentence. */
  readonly message: string;
}

/** All mistakes in one component's arguments. Pulumi prints the message without a stack trace. */
export class InvalidArgsError extends pulumi.RunError {
  constructor(
    readonly component: string,
    readonly errors: readonly pulumi.InputPropertyErrorDetails[],
  ) {
    const lines = errors.map(({ propertyPath, reason }) => `  ${propertyPath}: ${reason}`);
    super(
      `${component} has ${errors.length === 1 ? "a mistake" : `${errors.length} mistakes`} in its arguments:\n${lines.join("\n")}`,
    );
  }
}

/**
 * Runs a table of checks to its end, so that all mistakes are told together.
 * @param component type and name of the component, for the message
 * @throws InvalidArgsError if any check is not ok
 */
export function validate(component: string, checks: readonly Check[]): void {
  const errors = checks
    .filter((check) => !check.ok)
    .map(({ path, message }) => ({ propertyPath: path, reason: message }));
  if (errors.length > 0) throw new InvalidArgsError(component, errors);
}

/** A check that a number is whole and within bounds, both included. */
export function wholeNumber(path: string, value: number, least: number, most: number, unit: string): Check {
  return {
    path,
    ok: Number.isInteger(value) && value >= least && value <= most,
    message: `is ${value}; give a whole number from ${least} to ${most} (${unit}).`,
  };
}

/** A check that a value is one of a table. */
export function oneOf<T extends string | number>(path: string, value: T, known: readonly T[]): Check {
  return { path, ok: known.includes(value), message: `is ${JSON.stringify(value)}; give one of ${known.join(", ")}.` };
}
