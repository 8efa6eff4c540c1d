import { createRequire } from "node:module";

type Deserialise = (struct: object, keepSecrets: boolean) => object;

/**
 * Lets all rules share one deserialisation of a resource.
 *
 * The policy SDK deserialises the inputs again for every policy that judges several types and for every stack policy:
 * 120 rules over 300 resources would be 36,000 times. The result depends on nothing but the message, and rules only
 * read it through Value, so it is kept for as long as the message lives. Remediation changes what it gets, so with
 * secrets kept nothing is shared. If a later SDK has no such function, rules still work, only slower.
 */
export function shareDeserialisedInputs(): void {
  const sdk = createRequire(__filename)("@pulumi/policy/deserialize") as { deserializeProperties?: Deserialise };
  const original = sdk.deserializeProperties;
  if (!original || shared.has(original)) return;
  const results = new WeakMap<object, object>();
  const remembering: Deserialise = (struct, keepSecrets) => {
    if (keepSecrets) return original(struct, keepSecrets);
    const known = results.get(struct);
    if (known) return known;
    const result = original(struct, keepSecrets);
    results.set(struct, result);
    return result;
  };
  shared.add(remembering);
  sdk.deserializeProperties = remembering;
}

const shared = new WeakSet<object>();
