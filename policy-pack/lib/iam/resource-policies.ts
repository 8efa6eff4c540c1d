import type { Reporter } from "../rule";
import { Truth } from "../truth";
import type { Value } from "../value";
import { leavesOnlyNamed } from "./conditions";
import { isEveryone, readDocument } from "./document";
import { statementsOf } from "./identity-policies";

/**
 * Reports where a document lets everyone in: an Allow for "*", for an account that is a pattern, or for all but some
 * (NotPrincipal), without a Condition that limits who is calling.
 *
 * @param what completes "everyone may ...", such as "use the queue"
 * @param closed whether something else keeps everyone out
 */
export function reportEveryone(document: Value, report: Reporter, what: string, closed = Truth.no): void {
  for (const statement of statementsOf(document, report)) {
    const open = Truth.all([statement.allows(), statement.limitsCallers().not(), closed.not()]);
    for (const [, principal] of statement.principals) {
      report.when(open.and(isEveryone(principal)), principal, `everyone may ${what}`);
    }
    const { notPrincipal } = statement;
    report.when(open.and(notPrincipal.isSet()), notPrincipal, `everyone but those named may ${what}`);
  }
}

/** Whether a document denies everything to everyone but callers that are named, as AWS writes it for what is in a VPC. */
export function deniesStrangers(document: Value): Truth {
  const read = readDocument(document);
  const statements = "statements" in read ? read.statements : [];
  return Truth.any(
    statements.map((statement) =>
      Truth.all([
        statement.allows().not(),
        Truth.any(statement.principals.map(([, principal]) => isEveryone(principal))),
        leavesOnlyNamed(statement.condition),
      ]),
    ),
  );
}
