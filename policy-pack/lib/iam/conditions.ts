import { isVeryBroad } from "../net/cidr";
import { Truth } from "../truth";
import type { Value } from "../value";

/**
 * Condition keys that say something of the caller, the time or the connection, and leave the reach of an action as wide
 * as it was. Lower case beginnings of keys.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const keysThatDoNotNarrow = [
  "aws:calledvia",
  "aws:currenttime",
  "aws:ec2instancesource",
  "aws:epochtime",
  "aws:federatedprovider",
  "aws:multifactorauth",
  "aws:principal",
  "aws:referer",
  "aws:requestedregion",
  "aws:securetransport",
  "aws:sourceidentity",
  "aws:sourceip",
  "aws:sourcevpc",
  "aws:tokenissuetime",
  "aws:useragent",
  "aws:userid",
  "aws:username",
  "aws:viaawsservice",
  "aws:vpcsourceip",
  "ec2:region",
  "ec2:sourceinstancearn",
  "kms:calleraccount",
  "lambda:sourcefunctionarn",
  "ssm:sourceinstancearn",
];

/** What limits a request: whether a value that a key is compared with is specific; undefined for keys that do not. */
export type Limits = (key: string) => ((value: string) => boolean) | undefined;

/**
 * The keys that a request must bring, in lower case, with the values it must match. Operators with IfExists and
 * ForAllValues hold when the key is absent, and negated ones when it is anything else, so none of these keeps anybody
 * out. Of what is unknown the key is "?".
 */
function requiredKeys(condition: Value): readonly (readonly [key: string, values: readonly Value[]])[] {
  return condition
    .entries()
    .filter(([operator]) => isPositive(operator))
    .flatMap(([, keys]) => keys.entries())
    .map(([key, values]) => [key.toLowerCase(), values.elements()]);
}

/**
 * Whether the Condition of a Deny for everyone leaves only named callers in: each of its keys says who is calling, and is
 * compared by a negated operator, which holds when the key is absent.
 */
export function leavesOnlyNamed(condition: Value): Truth {
  const tests = condition.entries().flatMap(([operator, keys]) =>
    keys.entries().map(([key, values]) => {
      if (keys.isUnknown()) return Truth.unknown(keys.path);
      const isLimit = isNegated(operator) ? callerKeys.get(key.toLowerCase()) : undefined;
      return isLimit
        ? Truth.all(values.elements().map((each) => each.matches((text) => isLimit(String(text)))))
        : Truth.no;
    }),
  );
  return tests.length > 0 ? Truth.all(tests) : Truth.no;
}

function isNegated(operator: string): boolean {
  return /^(string|arn)not|^notipaddress/.test(operator.toLowerCase());
}

function isPositive(operator: string): boolean {
  const name = operator.toLowerCase();
  if (name.startsWith("forallvalues:") || name.endsWith("ifexists") || name === "null") return false;
  return !name.includes("not");
}

/**
 * Whether a condition limits what it lets through. All keys of a condition must match, so one that limits is enough; of
 * a key's values one must match, so all have to be specific.
 */
export function conditionLimits(condition: Value, limits: Limits): Truth {
  return Truth.any(
    requiredKeys(condition).map(([key, values]) => {
      const isLimit = key === "?" ? () => false : limits(key);
      return isLimit ? Truth.all(values.map((value) => value.matches((text) => isLimit(String(text))))) : Truth.no;
    }),
  );
}

/**
 * Whether the Condition of an Allow limits what its actions reach: by a key of the resource or of the request, with a
 * value that is no wildcard.
 *
 * @param besides a key that does not count, in lower case
 */
export function conditionNarrows(condition: Value, besides?: string): Truth {
  return conditionLimits(condition, (key) =>
    key === besides || keysThatDoNotNarrow.some((prefix) => key.startsWith(prefix)) ? undefined : isSpecific,
  );
}

/** Neither all wildcards nor an ARN of everything, such as "arn:aws:iam::*:policy/*". */
function isSpecific(value: string): boolean {
  return !/^([*?]*|arn(:[^:]*){3}:[*?]*:([\w-]+[/:])?\*+)$/.test(value);
}

/**
 * Whether a condition lets some value of a key through: it does not ask for the key, or compares it with one that fits.
 *
 * @param key in lower case
 */
export function conditionAdmits(condition: Value, key: string, fits: (value: string) => boolean): Truth {
  return Truth.all(
    requiredKeys(condition)
      .filter(([required]) => required === key || required === "?")
      .map(([, values]) => Truth.any(values.map((value) => value.matches((text) => fits(String(text)))))),
  );
}

const isAccount = (value: string): boolean => /^(\d{12}|\$\{aws:ResourceAccount\})$/i.test(value);
const isOrganization = (value: string): boolean => /^(o-[a-z0-9]+|\$\{aws:ResourceOrgID\})$/i.test(value);
const isPathInOrganization = (value: string): boolean => /^o-[a-z0-9]+\//.test(value);
const hasNoWildcard = (value: string): boolean => value !== "" && !/[*?]|\$\{/.test(value);

/**
 * The keys that limit who is calling, with what a value must be to do so. What the caller can choose is not among them:
 * tags of principals in another account, referers, user agents, private addresses.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
const callerKeys = new Map<string, (value: string) => boolean>([
  ["aws:principalaccount", isAccount],
  ["aws:sourceaccount", isAccount],
  ["aws:sourceowner", isAccount],
  ["aws:vpceaccount", isAccount],
  ["kms:calleraccount", isAccount],
  ["s3:dataaccesspointaccount", isAccount],
  ["aws:resourceaccount", (value) => /^\$\{aws:PrincipalAccount\}$/i.test(value)],
  ["aws:principalorgid", isOrganization],
  ["aws:sourceorgid", isOrganization],
  ["aws:vpceorgid", isOrganization],
  ["aws:resourceorgid", (value) => /^\$\{aws:PrincipalOrgID\}$/i.test(value)],
  ["aws:principalorgpaths", isPathInOrganization],
  ["aws:sourceorgpaths", isPathInOrganization],
  ["aws:vpceorgpaths", isPathInOrganization],
  ["aws:principalarn", isArnOfSomebody],
  ["aws:sourcearn", isArnOfSomebody],
  ["s3:dataaccesspointarn", isArnOfSomebody],
  ["aws:sourcevpc", hasNoWildcard],
  ["aws:sourcevpce", hasNoWildcard],
  ["aws:sourceip", isSmallNetwork],
  // The id of a role, a user or an account; what follows the colon is the session's name.
  ["aws:userid", (value) => /^[A-Z0-9]{12,}(:|$)/.test(value)],
  // https://docs.aws.amazon.com/efs/latest/ug/access-control-block-public-access.html
  ["elasticfilesystem:accessedviamounttarget", (value) => value === "true"],
]);

/** Limits who is calling to accounts, organisations, networks or resources that are named. */
export const byCaller: Limits = (key) => callerKeys.get(key);

/** Limits who is calling to some of the principals of an account that is let in as a whole. */
export const withinAccount: Limits = (key) => {
  if (key === "sts:externalid" || key.startsWith("aws:principaltag/")) return (value) => !/^[*?]*$/.test(value);
  if (key === "aws:multifactorauthpresent") return (value) => value.toLowerCase() === "true";
  if (key === "aws:principalarn") return (arn) => isArnOfSomebody(arn) && !/:((role|user)\/)?\*+$/.test(arn);
  return /account$|owner$/.test(key) ? undefined : byCaller(key);
};

/** Whether an ARN names an account, or a bucket or API without one, whose names are unique in the world. */
function isArnOfSomebody(pattern: string): boolean {
  const [prefix, , service, , account, ...resource] = pattern
    .replace(/\$\{aws:ResourceAccount\}/gi, "0".repeat(12))
    .replace(/\$\{[^}]*\}/g, "*")
    .split(":");
  if (prefix !== "arn" || account === undefined) return false;
  if (/^\d{12}$/.test(account)) return true;
  const name = resource.join(":");
  if (service === "s3") return hasNoWildcard(name.split("/", 1)[0] ?? "");
  return account === "" && hasNoWildcard(name);
}

/** An address or a network that is not as broad as the public. */
function isSmallNetwork(block: string): boolean {
  return /^[\da-f.:]+(\/\d{1,3})?$/i.test(block) && !isVeryBroad(block);
}
