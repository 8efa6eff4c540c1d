/**
 * How the engine marks values in what it sends to a pack: sdk/go/common/resource/plugin/rpc.go and
 * sdk/go/common/resource/sig in https://github.com/pulumi/pulumi.
 */

/** Each kind of value has a text of its own that stands for one that is only known after the update. */
const unknowns: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** Whether this raw value stands for one that is only known after the update. */
export function isUnknownSentinel(raw: unknown): boolean {
  return unknowns.has(raw);
}

const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

interface Secret {
  readonly [signature]: typeof secret;
  readonly value: unknown;
}

function isSecret(sent: unknown): sent is Secret {
  return typeof sent === "object" && sent !== null && (sent as Partial<Secret>)[signature] === secret;
}

/** What a secret holds, and anything else as it is. */
export function revealed(sent: unknown): unknown {
  return isSecret(sent) ? revealed(sent.value) : sent;
}

/** The value in the form of what it replaces: a secret in place of a secret. */
export function inPlaceOf(sent: unknown, value: unknown): unknown {
  return isSecret(sent) ? { ...sent, value } : value;
}
