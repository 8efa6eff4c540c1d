import { Truth } from "../truth";
import type { Value } from "../value";
import { isEveryName } from "./actions";
import { conditionNarrows } from "./conditions";
import { globCovers, globMatches } from "./glob";

/**
 * One statement of a policy document that allows something. Deny statements are not weighed against it: what a document
 * denies elsewhere does not make a broad Allow a narrow one.
 */
export class Statement {
  constructor(private readonly value: Value) {}

  get path(): string {
    return this.value.path;
  }

  /** Effect is Allow; a missing Effect, which AWS refuses, counts as Allow. */
  allows(): Truth {
    return this.value.at("Effect").matches((effect) => effect === undefined || effect === "Allow");
  }

  /** The elements of Action. Compare them in lower case: AWS does not mind the case of actions. */
  get actions(): readonly Value[] {
    return this.value.at("Action").elements();
  }

  get notAction(): Value {
    return this.value.at("NotAction");
  }

  get resource(): Value {
    return this.value.at("Resource");
  }

  /** Whether a condition limits what the statement reaches. */
  narrowed(): Truth {
    return conditionNarrows(this.value.at("Condition"));
  }

  /** Whether the statement is about every resource of a service, or of all services if none is given. */
  reachesEverything(service?: string): Truth {
    const named = Truth.any(
      this.resource
        .elements()
        .map((resource) => resource.matches((arn) => typeof arn === "string" && arnCoversAll(arn, service))),
    );
    // NotResource leaves everything in but what it names.
    return named.or(this.value.at("NotResource").isSet());
  }
}

/** Whether one element of Action covers an action, such as "s3:GetObject". */
export function actionCovers(element: Value, action: string): Truth {
  return element.matches((pattern) => globMatches(String(pattern).toLowerCase(), action.toLowerCase()));
}

/** Whether one element of Action covers all actions of all services. */
export function coversAllActions(element: Value): Truth {
  return element.matches((pattern) => globCovers(String(pattern), "*:*"));
}

/**
 * Whether a resource pattern names everything, or everything of one service: "*", "arn:aws:s3:::*",
 * "arn:*:dynamodb:*:*:table/*". An account or a resource name, even in part, makes it less than everything.
 */
function arnCoversAll(pattern: string, service: string | undefined): boolean {
  if (/^\*+$/.test(pattern)) return true;
  const [prefix, partition, ofService, region, account, ...resource] = pattern.split(":");
  if (prefix !== "arn" || resource.length === 0) return globCovers(pattern, "arn:*");
  const anyService = /^\*+$/.test(ofService ?? "");
  const wide = [region, account].every((part) => part === "" || /^\*+$/.test(part ?? ""));
  const rightService = anyService || (service !== undefined && ofService?.toLowerCase() === service);
  return globMatches(partition ?? "", "aws") && rightService && wide && isEveryName(service ?? "", resource.join(":"));
}

/** What a document holds: its statements, or word that it is no JSON. */
export type Document = { readonly statements: readonly Statement[] } | { readonly malformed: Truth };

/**
 * Reads a policy document that is JSON text or an object. With a bridged provider it is text, and one unknown as a whole
 * if any part of it is unknown.
 */
export function readDocument(value: Value): Document {
  const document = value.asDocument();
  if (!document) return { malformed: Truth.yes };
  return {
    statements: document
      .at("Statement")
      .elements()
      .map((statement) => new Statement(statement)),
  };
}
