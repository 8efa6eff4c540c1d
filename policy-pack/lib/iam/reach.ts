import type { Reporter } from "../rule";
import { Truth } from "../truth";
import type { Value } from "../value";
import { type RestrictableKind, restrictable, restrictableExcept } from "./actions";
import { actionCovers, type Statement } from "./document";

/**
 * Reports where a statement allows some of these actions on everything, or on everything of their service, without a
 * Condition that limits what is reached.
 *
 * @param what completes "allows ...", such as "reading all data"
 */
export function reportOnEverything(
  statement: Statement,
  actions: readonly string[],
  report: Reporter,
  what: string,
): void {
  const open = statement.allows().and(statement.narrowed().not());
  const reportAt = (place: Value, covers: (action: string) => Truth, verb: string): void => {
    const covered = actions.filter((action) => covers(action).answer !== "no");
    const truths = covered.map((action) => covers(action).and(statement.reachesEverything(serviceOf(action))));
    report.when(open.and(Truth.any(truths)), place, `${verb} ${what}: ${examples(covered)}`);
  };
  for (const element of statement.actions) reportAt(element, (action) => actionCovers(element, action), "allows");
  reportAt(statement.notAction, (action) => statement.leavesIn(action), "does not except");
}

/**
 * Reports where a statement allows, on everything, actions of a kind that could be limited to resources.
 *
 * @param what completes "allows ...", such as "writes on every resource"
 */
export function reportUnlimited(statement: Statement, kind: RestrictableKind, report: Reporter, what: string): void {
  const open = statement.allows().and(statement.narrowed().not());
  const reaches = (actions: readonly string[]): Truth =>
    Truth.any([...new Set(actions.map(serviceOf))].map((service) => statement.reachesEverything(service)));
  for (const element of statement.actions) {
    const actions = restrictable(kind, String(element.scalar() ?? "*"));
    report.when(open.and(isKnown(element)).and(reaches(actions)), element, `allows ${what}: ${examples(actions)}`);
  }
  const excluded = statement.notAction.elements();
  if (excluded.length === 0) return;
  const actions = restrictableExcept(
    kind,
    excluded.map((pattern) => String(pattern.scalar())),
  );
  const known = Truth.all(excluded.map(isKnown));
  report.when(open.and(known).and(reaches(actions)), statement.notAction, `allows ${what}: ${examples(actions)}`);
}

/** The service of an action, as ARNs write it. */
export function serviceOf(action: string): string {
  return action.toLowerCase().split(":", 1)[0] ?? "";
}

/** The first names of a list and how many more there are. */
export function examples(names: readonly string[]): string {
  return names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
}

function isKnown(value: Value): Truth {
  return value.matches(() => true);
}
