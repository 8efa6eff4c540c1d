import { Truth } from "../truth";
import type { Value } from "../value";

/**
 * Condition keys that say something of the caller, the time or the connection, and leave the reach of an action as wide
 * as it was. Lower
 * case beginnings of keys.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const keysThatDoNotNarrow = [
  "aws:calledvia",
  "aws:currenttime",
  "aws:epochtime",
  "aws:tokenissuetime",
  "aws:multifactorauth",
  "aws:principal",
  "aws:referer",
  "aws:requestedregion",
  "aws:securetransport",
  "aws:sourceip",
  "aws:sourcevpc",
  "aws:useragent",
  "aws:userid",
  "aws:username",
  "aws:viaawsservice",
  "aws:vpcsourceip",
  "ec2:region",
];

/**
 * Whether the Condition of an Allow limits what its actions reach: a positive operator on a key of the resource or of
 * the request, with a value that is no wildcard. Operators with IfExists and ForAllValues hold when the key is absent,
 * negated ones when it is anything else, so none of these narrows.
 */
export function conditionNarrows(condition: Value): Truth {
  return Truth.any(
    condition.entries().flatMap(([operator, keys]) => {
      if (!isPositive(operator)) return [Truth.no];
      return keys
        .entries()
        .filter(([key]) => !keysThatDoNotNarrow.some((prefix) => key.toLowerCase().startsWith(prefix)))
        .map(([, values]) => Truth.all(values.elements().map(isSpecific)));
    }),
  );
}

function isPositive(operator: string): boolean {
  const name = operator.toLowerCase();
  if (name === "?") return true;
  if (name.startsWith("forallvalues:") || name.endsWith("ifexists") || name === "null") return false;
  return !name.includes("not");
}

function isSpecific(value: Value): Truth {
  return value.matches((text) => text !== undefined && !/^[*?]*$/.test(String(text)));
}
