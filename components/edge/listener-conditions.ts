import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Check } from "../lib/validation";

/** Which requests a rule of a listener sends to a target. */
export interface TargetRule {
  /** Path patterns: `*` is any text, `?` any character. */
  readonly paths: readonly string[];
  /** HTTP methods. Default: all. */
  readonly methods?: readonly string[];
  /** A header that must have one of these values, such as Authorization. Secrets stay secret. Default: none is needed. */
  readonly header?: { readonly name: string; readonly values: readonly pulumi.Input<string>[] };
  /** 1 to 50,000, unique for the load balancer; the lowest that matches decides. */
  readonly priority: number;
}

/** Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
const valuesPerRule = 5;
const wildcardsPerRule = 5;
/** Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html */
const pathForm = /^\/[A-Za-z0-9_.$/~"'@:+&*?-]{0,127}$/;
const methodForm = /^[A-Z_-]{1,40}$/;
const headerForm = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}$/;

/** Checks of a target's rules. `taken` has the priorities of the load balancer's other rules. */
export function ruleChecks(rules: readonly TargetRule[], taken: ReadonlySet<number>): Check[] {
  const seen = new Set(taken);
  const checks: Check[] = [{ path: "rules", ok: rules.length > 0, message: "is empty; give at least one rule." }];
  rules.forEach(({ paths, methods = [], header, priority }, index) => {
    const at = `rules[${index}]`;
    const values = paths.length + methods.length + (header?.values.length ?? 0);
    const wildcards = [...paths.join("")].filter((letter) => letter === "*" || letter === "?").length;
    checks.push(
      {
        path: `${at}.priority`,
        ok: Number.isInteger(priority) && priority >= 1 && priority <= 50_000 && !seen.has(priority),
        message: `is ${priority}; give a whole number from 1 to 50000 that no other rule of the load balancer has.`,
      },
      { path: `${at}.paths`, ok: paths.length > 0, message: 'is empty; give a pattern such as "/v1/*".' },
      {
        path: at,
        ok: values <= valuesPerRule,
        message: `has ${values} paths, methods and header values together; AWS takes ${valuesPerRule}. Split the rule.`,
      },
      {
        path: `${at}.paths`,
        ok: wildcards <= wildcardsPerRule,
        message: `has ${wildcards} wildcards; AWS takes ${wildcardsPerRule}. Split the rule.`,
      },
      ...paths.map((path) => ({
        path: `${at}.paths`,
        ok: pathForm.test(path),
        message: `holds "${path}"; give a slash and up to 127 letters, digits or _.$/~"'@:+&*?-.`,
      })),
      ...methods.map((method) => ({
        path: `${at}.methods`,
        ok: methodForm.test(method),
        message: `holds "${method}"; give an HTTP method in capitals, such as POST.`,
      })),
      {
        path: `${at}.header`,
        ok: header === undefined || (headerForm.test(header.name) && header.values.length > 0),
        message: `is ${header?.name} with ${header?.values.length} values; give a header's name and at least one value.`,
      },
    );
    seen.add(priority);
  });
  return checks;
}

/** A rule as Elastic Load Balancing takes it. All conditions must hold. */
export function conditionsOf({ paths, methods, header }: TargetRule): aws.types.input.lb.ListenerRuleCondition[] {
  return [
    { pathPattern: { values: [...paths] } },
    ...(methods ? [{ httpRequestMethod: { values: [...methods] } }] : []),
    ...(header ? [{ httpHeader: { httpHeaderName: header.name, values: [...header.values] } }] : []),
  ];
}
