import type { Stack } from "@pulumi/pulumi/automation";
import { computed, type Recording } from "./mocks";
import { secretMark, unwrapped } from "./registered";

/** A resource, as the program registered it under mocks or as a deployment's state holds it. */
export interface SeenResource {
  readonly type: string;
  readonly name: string;
  /** Logical name; undefined at the top. */
  readonly parent: string | undefined;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a resource's properties are whatever its type says; tests compare them with literals.
  readonly inputs: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly outputs: any;
}

/** The resources of a system, whichever way they became known: what holds for the program can be asked of a deployment too. */
export class Seen {
  /** Resources of the provider; components and providers are left out. */
  constructor(readonly resources: readonly SeenResource[]) {}

  ofType(type: string): SeenResource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** The only resource of a type. @throws Error if there is none, or more */
  only(type: string): SeenResource {
    const [found, ...more] = this.ofType(type);
    if (!found || more.length > 0)
      throw new Error(`One ${type} was expected; there are ${found ? more.length + 1 : 0}.`);
    return found;
  }

  /** The resource with this id or ARN. */
  referred(reference: string): SeenResource {
    const found = this.resources.find(({ id, outputs }) => id === reference || outputs.arn === reference);
    if (!found) throw new Error(`${reference} is none of the system's resources.`);
    return found;
  }
}

/** What a run under mocks registered. */
export function seenInRecording({ resources }: Recording): Seen {
  return new Seen(
    resources
      .filter(({ custom }) => custom)
      .map(({ type, name, parent, inputs }) => {
        const plain = unwrapped(inputs) as object;
        return { type, name, parent, id: `${name}-id`, inputs: plain, outputs: { ...plain, ...computed(type, name) } };
      }),
  );
}

interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly id?: string;
  readonly parent?: string;
  readonly inputs?: object;
  readonly outputs?: object;
}

/** What the state of a deployed stack holds. */
export async function seenInState(stack: Stack): Promise<Seen> {
  const { resources } = (await stack.exportStack()).deployment as { resources: StateResource[] };
  return new Seen(
    resources
      .filter(({ custom, type }) => custom && type.startsWith("aws:"))
      .map(({ urn, type, id = "", parent, inputs = {}, outputs = {} }) => ({
        type,
        name: lastPart(urn) ?? urn,
        parent: lastPart(parent),
        id,
        inputs: decrypted(inputs),
        outputs: decrypted(outputs),
      })),
  );
}

function lastPart(urn: string | undefined): string | undefined {
  return urn?.split("::").at(-1);
}

/** A state's values with secrets as plain ones: it holds those as JSON. */
function decrypted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decrypted);
  if (typeof value !== "object" || value === null) return value;
  const { plaintext } = value as { plaintext?: unknown };
  if (secretMark in value && typeof plaintext === "string") return JSON.parse(plaintext);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, decrypted(each)]));
}
