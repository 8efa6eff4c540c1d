import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { UserError } from "../lib/user-error";
import { check } from "./steps";

/** Which file it is: its name and what is in it. */
export interface Fingerprint {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Reads the file through. @throws UserError if it can't be read or is not of a size the producer takes */
export async function fingerprint(path: string): Promise<Fingerprint> {
  const sha256 = createHash("sha256");
  let sizeBytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      sha256.update(chunk);
      sizeBytes += chunk.length;
    }
  } catch (cause) {
    throw new UserError(`${path} can't be read.`, "Give --file the path of a model file.", { cause });
  }
  if (sizeBytes > 0 && sizeBytes <= 1024 ** 3) return { name: basename(path), sizeBytes, sha256: sha256.digest("hex") };
  throw new UserError(
    `${path} has ${sizeBytes} bytes.`,
    "Give --file a model file of 1 byte to 1 GiB, what the producer takes.",
  );
}

/** The same content has the same id, so that another run finds its files in place. */
export function idOf({ name, sha256 }: Fingerprint): string {
  const clean = name
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .replace(/^\.+|\.+$/g, "_")
    .slice(-100);
  return `demo/${sha256.slice(0, 12)}/${clean}`;
}

/** @throws CheckFailed unless the system speaks of that file's content */
export function checkContent(
  claimed: { sizeBytes?: unknown; sha256?: unknown },
  { name, sizeBytes, sha256 }: Fingerprint,
): void {
  const same = claimed?.sizeBytes === sizeBytes && claimed?.sha256 === sha256;
  check(
    same,
    `${name} has ${sizeBytes} bytes and SHA-256 ${sha256}; the system speaks of ${claimed?.sizeBytes} and ${claimed?.sha256}.`,
  );
}
