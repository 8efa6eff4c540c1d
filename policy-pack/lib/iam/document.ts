import { Truth } from "../truth";
import type { Value } from "../value";
import { arnServices, isEveryName } from "./actions";
import { byCaller, conditionLimits, conditionNarrows } from "./conditions";
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

  get notResource(): Value {
    return this.value.at("NotResource");
  }

  get principal(): Value {
    return this.value.at("Principal");
  }

  get notPrincipal(): Value {
    return this.value.at("NotPrincipal");
  }

  get condition(): Value {
    return this.value.at("Condition");
  }

  /** Whether Action covers an action, or NotAction leaves it in. */
  covers(action: string): Truth {
    return Truth.any(this.actions.map((element) => actionCovers(element, action))).or(this.leavesIn(action));
  }

  /** Whether NotAction is given and does not cover the action. */
  leavesIn(action: string): Truth {
    const named = Truth.any(this.notAction.elements().map((element) => actionCovers(element, action)));
    return this.notAction.isSet().and(named.not());
  }

  /** Whether a condition limits what the statement reaches. */
  narrowed(): Truth {
    return conditionNarrows(this.condition);
  }

  /** Whether the statement is about every resource of a service, or of all services if none is given. */
  reachesEverything(service?: string): Truth {
    const named = Truth.any(
      this.resource
        .elements()
        .map((resource) => resource.matches((arn) => typeof arn === "string" && arnCoversAll(arn, service))),
    );
    // NotResource leaves everything in but what it names.
    return named.or(this.notResource.isSet());
  }

  /** The elements of Principal with their kind: "AWS", "Service", "Federated"; "" for a plain "*". */
  get principals(): readonly (readonly [kind: string, element: Value])[] {
    const named = this.principal
      .entries()
      .flatMap(([kind, list]) => list.elements().map((each) => [kind, each] as const));
    return named.length > 0 ? named : this.principal.elements().map((each) => ["", each] as const);
  }

  /** Whether a condition limits who is calling. */
  limitsCallers(): Truth {
    return conditionLimits(this.condition, byCaller);
  }
}

/** Whether one element of Principal stands for everyone: "*", or an ARN whose account is a pattern. */
export function isEveryone(principal: Value): Truth {
  return principal.matches((name) => {
    const account = String(name).split(":")[4] ?? "";
    return globMatches(String(name), "*") || /[*?]/.test(account);
  });
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
 * "arn:*:dynamodb:*:*:table/*". An account or a resource name, even in part, makes it less than everything; except in
 * IAM, whose actions reach no other account anyway. Fields that an ARN leaves out at its end stand for everything.
 */
function arnCoversAll(pattern: string, service: string | undefined): boolean {
  if (/^\*+$/.test(pattern)) return true;
  const [prefix, partition = "*", ofService = "*", region = "*", account = "*", ...name] = pattern.split(":");
  if (prefix !== "arn") return globCovers(pattern, "arn:*");
  const anyService = /^\*+$/.test(ofService);
  const limits = service === "iam" ? [region] : [region, account];
  const wide = limits.every((part) => /^\**$/.test(part));
  const services = service === undefined ? [] : arnServices(service);
  const rightService = anyService || services.includes(ofService.toLowerCase());
  const everyName = name.length === 0 || isEveryName(service ?? "", name.join(":"));
  return globMatches(partition, "aws") && rightService && wide && everyName;
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
