import type { Json, Resource } from "../../support/policy-harness";

export type Statement = Readonly<Record<string, Json>>;

/** Where the first statement of a policy stands. */
export const first = "policy.Statement[0]";

/** A role's policy with these statements, as text, which is how the provider hands documents over. */
export function allowing(...statements: readonly Statement[]): Resource {
  return asProps(JSON.stringify({ Version: "2012-10-17", Statement: statements }));
}

/** A role's policy with this document as it is. */
export function asProps(policy: Json): Resource {
  return { type: "aws:iam/rolePolicy:RolePolicy", props: { policy } };
}

export function allow(Action: Json, Resource: Json, more: Statement = {}): Statement {
  return { Effect: "Allow", Action, Resource, ...more };
}

export function allExcept(NotAction: Json, Resource: Json = "*"): Statement {
  return { Effect: "Allow", NotAction, Resource };
}

/** A Condition with one key. */
export function when(operator: string, key: string, value: Json): Statement {
  return { Condition: { [operator]: { [key]: value } } };
}
