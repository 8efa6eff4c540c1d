import { ServiceError, type Stage } from "./errors";

declare const checked: unique symbol;

/** A name of a file below models/, proven to stay there: folders and a name, joined by "/". */
export type FileId = string & { readonly [checked]: true };

/** What the consumer appends for a file's result. */
export const RESULT_SUFFIX = ".result";

/** A name may have 255 bytes on EFS (https://docs.aws.amazon.com/efs/latest/ug/limits.html); the suffix must fit too. */
export const MAX_SEGMENT_BYTES = 255 - RESULT_SUFFIX.length;

/** EFS allows 1,000 levels. Nobody files models that deep, and each level costs a round trip. */
export const MAX_SEGMENTS = 8;

/** Leaves room for a prefix and the suffix within the 1,024 bytes of an S3 key. */
export const MAX_FILE_ID_BYTES = 900;

/** Prefixes whose objects can be ingested; the id is what follows. */
export const SOURCE_PREFIXES = ["models/", "inputs/"] as const;

// Neither "." nor " " at either end: that leaves out "." and "..", hidden files, and names that shells and people misread.
const SEGMENT = /^[A-Za-z0-9_+=@-](?:[A-Za-z0-9 ._+=@-]*[A-Za-z0-9_+=@-])?$/;

const RULE =
  `1 to ${MAX_SEGMENTS} names joined by "/", each of letters, digits, spaces and ._-+=@ ` +
  `without a dot or space at its ends, at most ${MAX_SEGMENT_BYTES} characters a name and ${MAX_FILE_ID_BYTES} in all`;

/**
 * Accepts a file id or throws BAD_FILE_ID. This is the only way to make a FileId, and only a FileId becomes a path.
 * Only ASCII passes, so characters are bytes.
 */
export function parseFileId(text: string, stage: Stage = "parse"): FileId {
  const segments = text.split("/");
  const reason =
    text.length > MAX_FILE_ID_BYTES || segments.length > MAX_SEGMENTS
      ? "is too long or too deep"
      : !segments.every((segment) => segment.length <= MAX_SEGMENT_BYTES && SEGMENT.test(segment))
        ? "is not allowed"
        : // Beside a file "a", a folder "a.result" would stand where a's result belongs.
          segments.slice(0, -1).some((folder) => folder.endsWith(RESULT_SUFFIX))
          ? `has a folder ending in ${RESULT_SUFFIX}`
          : undefined;
  if (reason === undefined) return text as FileId;
  throw new ServiceError("BAD_FILE_ID", stage, `The file id ${quote(text)} ${reason}. Allowed: ${RULE}.`);
}

/** The id of data that came without one: the same bytes always get the same. */
export function contentFileId(sha256: string): FileId {
  return parseFileId(`sha256-${sha256}`);
}

/** What follows the prefix of a key under models/ or inputs/; BAD_KEY for any other key. */
export function fileIdOfKey(key: string): string {
  const prefix = SOURCE_PREFIXES.find((candidate) => key.startsWith(candidate));
  if (prefix !== undefined) return key.slice(prefix.length);
  throw new ServiceError("BAD_KEY", "parse", `The key ${quote(key)} is not under ${SOURCE_PREFIXES.join(" or ")}.`);
}

/** For messages: shows control characters, and not more than a line of them. */
function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
