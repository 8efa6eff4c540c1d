import * as pulumi from "@pulumi/pulumi";

type Conditions<S> = Readonly<Record<string, Readonly<Record<string, S | readonly S[]>>>>;

/** A statement of a policy document. `S` is a plain string, or a Pulumi input where ids are not known yet. */
export interface Statement<S = pulumi.Input<string>> {
  readonly sid: string;
  /** Default `Allow`. */
  readonly effect?: "Allow" | "Deny";
  /** Exact actions, such as `s3:GetObject`. Only a Deny may hold a wildcard. */
  readonly actions: readonly string[];
  /** None in a role's trust policy. */
  readonly resources?: readonly S[];
  /** Only in resource policies and trust policies. `everyone` needs conditions or a Deny. */
  readonly principals?: { readonly services?: readonly string[]; readonly accounts?: readonly string[] } | "everyone";
  readonly conditions?: Conditions<S>;
  /** Why the resource is `*`. Needed with an Allow on `*`, and only for actions that AWS can't restrict to a resource. */
  readonly anyResourceBecause?: string;
}
export type PlainStatement = Statement<string>;

/** Who can be given permissions: a role, or a component that has one. */
export interface Grantee {
  /**
   * Adds an inline policy.
   * @param purpose what it is for, such as `bucket-read`; unique for this grantee, part of the policy's name
   */
  allow(purpose: string, statements: readonly Statement[]): pulumi.Resource;
}

const exactAction = /^[a-z0-9-]+:[A-Za-z0-9]+$/;
const denyAction = /^[a-z0-9-]+:[A-Za-z0-9*]+$/;

function mistakesIn(statement: PlainStatement): string[] {
  const { sid, effect = "Allow", actions, resources = [], principals, conditions = {}, anyResourceBecause } = statement;
  const mistakes: string[] = [];
  if (!/^[A-Za-z0-9]+$/.test(sid)) mistakes.push("a sid has letters and digits only");
  if (actions.length === 0) mistakes.push("it has no action");
  for (const action of actions) {
    if ((effect === "Allow" ? exactAction : denyAction).test(action)) continue;
    mistakes.push(`"${action}" is not an exact action; write each one out, such as s3:GetObject`);
  }
  if (effect === "Allow" && resources.includes("*") && !anyResourceBecause) {
    mistakes.push("it allows every resource without saying why (anyResourceBecause)");
  }
  if (effect === "Allow" && principals === "everyone" && Object.keys(conditions).length === 0) {
    mistakes.push("it allows everyone without a condition");
  }
  if (resources.length === 0 && principals === undefined) mistakes.push("it has neither a resource nor a principal");
  return mistakes;
}

function renderPrincipal(principals: NonNullable<PlainStatement["principals"]>): unknown {
  if (principals === "everyone") return "*";
  return {
    ...(principals.services ? { Service: principals.services } : {}),
    ...(principals.accounts ? { AWS: principals.accounts } : {}),
  };
}

/**
 * A policy document as JSON.
 * @param id for services that add one of their own where there is none, which would show as a change ever after
 * @throws RangeError naming each statement with a wildcard action, an unexplained `*` resource, an open principal or a used sid
 */
export function policyDocument(statements: readonly PlainStatement[], id?: string): string {
  const used = new Set<string>();
  const mistakes = statements.flatMap((statement) => {
    const own = mistakesIn(statement);
    if (used.has(statement.sid)) own.push("its sid is used twice");
    used.add(statement.sid);
    return own.map((mistake) => `Statement ${statement.sid}: ${mistake}.`);
  });
  if (statements.length === 0) mistakes.push("A policy document needs a statement.");
  if (mistakes.length > 0) throw new RangeError(mistakes.join("\n"));
  return JSON.stringify({
    Version: "2012-10-17",
    ...(id === undefined ? {} : { Id: id }),
    Statement: statements.map(({ sid, effect = "Allow", principals, actions, resources, conditions }) => ({
      Sid: sid,
      Effect: effect,
      ...(principals ? { Principal: renderPrincipal(principals) } : {}),
      Action: actions,
      ...(resources ? { Resource: resources } : {}),
      ...(conditions ? { Condition: conditions } : {}),
    })),
  });
}

/** `policyDocument` for statements that hold ids not known yet. Known at preview if all its parts are. */
export function policyDocumentOf(statements: readonly Statement[], id?: string): pulumi.Output<string> {
  return pulumi
    .output(statements as pulumi.Input<readonly PlainStatement[]>)
    .apply((plain) => policyDocument(plain, id));
}

/** Trust policy that lets one AWS service take on a role. */
export function serviceTrust(service: string, conditions?: Conditions<string>): string {
  return policyDocument([
    {
      sid: "Assume",
      actions: ["sts:AssumeRole"],
      principals: { services: [service] },
      ...(conditions ? { conditions } : {}),
    },
  ]);
}

/** Statement for a resource policy that refuses requests made without TLS. */
export function denyWithoutTls<S>(actions: readonly string[], resources: readonly S[]): Statement<S> {
  return {
    sid: "DenyWithoutTls",
    effect: "Deny",
    principals: "everyone",
    actions,
    resources,
    conditions: { Bool: { "aws:SecureTransport": "false" } } as unknown as Conditions<S>,
  };
}
