import { Truth } from "../truth";
import type { Value } from "../value";
import { globCovers } from "./glob";

/** Whether a bucket policy denies everyone every request without TLS, to the bucket and to its objects. */
export function deniesPlainHttp(policy: Value): Truth {
  const statements = policy.asDocument()?.at("Statement").elements() ?? [];
  return Truth.any(
    statements.map((statement) =>
      Truth.all([
        statement.at("Effect").equals("Deny"),
        isEveryone(statement.at("Principal")),
        anyElement(statement.at("Action"), (action) => globCovers(action.toLowerCase(), "s3:*")),
        anyElement(statement.at("Resource"), (arn) => arn.endsWith("*")),
        anyElement(statement.at("Resource"), (arn) => !arn.endsWith("/*")),
        isOnlyWithoutTls(statement.at("Condition")),
      ]),
    ),
  );
}

function isEveryone(principal: Value): Truth {
  return principal.equals("*").or(anyElement(principal.at("AWS"), (name) => name === "*"));
}

function anyElement(list: Value, test: (text: string) => boolean): Truth {
  return Truth.any(list.elements().map((element) => element.matches((text) => test(String(text)))));
}

/** The condition holds for all requests without TLS; a further condition would let some of them through. */
function isOnlyWithoutTls(condition: Value): Truth {
  const entries = condition
    .entries()
    .flatMap(([operator, keys]) =>
      keys.entries().map(([key, value]) => ({ test: `${operator} ${key}`.toLowerCase(), value })),
    );
  const [only, ...others] = entries;
  if (!only) return Truth.no;
  return Truth.of(others.length === 0).and(
    only.test.includes("?")
      ? Truth.unknown(condition.path)
      : Truth.of(/^(bool(ifexists)? aws:securetransport)$/.test(only.test)).and(
          only.value.elements()[0]?.equals(false) ?? Truth.no,
        ),
  );
}
