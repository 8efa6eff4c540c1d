import { gunzipSync } from "node:zlib";

/** EC2 takes 16 KB of user data; what unpacks to more than this is no script. */
const maxUnpackedBytes = 4 * 1024 * 1024;

/** The texts that user data may stand for: as written, and as decoded from base64, unpacked if it was compressed. */
export function readingsOf(userData: string): readonly string[] {
  const bytes = Buffer.from(userData, "base64");
  return [userData, (unpacked(bytes) ?? bytes).toString("utf8")];
}

/** Undefined when the bytes are not compressed, or damaged. */
function unpacked(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return undefined;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxUnpackedBytes });
  } catch {
    return undefined;
  }
}
