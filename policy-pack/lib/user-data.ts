import { gunzipSync } from "node:zlib";
import { parse } from "yaml";

/** EC2 takes 16 KB of user data; what unpacks to more than this is no script. */
const maxUnpackedBytes = 4 * 1024 * 1024;
/** Parts of parts of a file in a part: deeper than anyone writes, and an end for texts made to have none. */
const maxDepth = 4;
const maxReadings = 100;

let last: { readonly userData: string; readonly readings: readonly string[] } | undefined;

/**
 * The texts that user data may stand for: as written; as decoded from base64, unpacked if it was compressed; and every
 * file and part inside these that is in base64 or compressed itself, or that cloud-config writes in YAML's way: MIME
 * parts, `write_files`, and what scripts decode.
 */
export function readingsOf(userData: string): readonly string[] {
  // Several rules read the same user data one after another.
  if (last?.userData !== userData) last = { userData, readings: findReadings(userData) };
  return last.readings;
}

function findReadings(userData: string): readonly string[] {
  const bytes = Buffer.from(userData, "base64");
  const readings = [...new Set([userData, (unpacked(bytes) ?? bytes).toString("utf8")])];
  let level: readonly string[] = readings;
  for (let depth = 0; depth < maxDepth && level.length > 0; depth += 1) {
    const inside = new Set(level.flatMap((text) => [...encodedTexts(text), ...yamlTexts(text)]));
    level = [...inside].filter((text) => !readings.includes(text)).slice(0, maxReadings - readings.length);
    readings.push(...level);
  }
  return readings;
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

const encoded = /[A-Za-z0-9+/]{24,}={0,2}/g;
/** Any but tabs and ends of lines. */
const controlCharacter = /[^\P{Cc}\t\n\r]/u;
const encodedLine = /^\s*([A-Za-z0-9+/]+={0,2})\s*$/;

/** What stands in a text in base64, on one line or wrapped, as far as it decodes to text. */
function encodedTexts(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  const texts: string[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]?.trimEnd() ?? "";
    for (const { 0: start, index: column } of line.matchAll(encoded)) {
      const endsLine = column + start.length === line.length;
      const below = endsLine ? linesBelow(start, lines.slice(index + 1)) : [];
      // The last line may also be a word that has nothing to do with it.
      const found = decoded(start + below.join("")) ?? decoded(start + below.slice(0, -1).join(""));
      if (found === undefined) continue;
      texts.push(found);
      index += below.length;
    }
  }
  return texts;
}

/** The lines that wrapped base64 goes on in: all but the last are as long as the first. */
function linesBelow(start: string, lines: readonly string[]): readonly string[] {
  const below: string[] = [];
  for (const line of lines) {
    const more = encodedLine.exec(line)?.[1];
    if (more === undefined || more.length > start.length) break;
    below.push(more);
    if (more.length < start.length) break;
  }
  return below;
}

/** The text that base64 stands for; undefined when it stands for something else, as most long words do. */
function decoded(base64: string): string | undefined {
  const bytes = Buffer.from(base64, "base64");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(unpacked(bytes) ?? bytes);
    return controlCharacter.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** What cloud-config holds that cannot be read line by line: texts with escapes, and commands as lists. */
function yamlTexts(text: string): readonly string[] {
  const start = text.search(/^#cloud-config\b/m);
  if (start < 0) return [];
  // In MIME the next part follows.
  const [config = ""] = text.slice(start).split(/^--\S/m, 1);
  let content: unknown;
  try {
    content = parse(config, { logLevel: "error" });
  } catch {
    return [];
  }
  const lines = new Set(config.split(/\r?\n/).map((line) => line.trim()));
  const isPlain = (value: string): boolean => value.split(/\r?\n/).every((line) => lines.has(line.trim()));
  return textsIn(content).filter((each) => !isPlain(each));
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return value.includes("\n") ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  const isCommand = Array.isArray(value) && value.length > 1 && value.every((each) => typeof each === "string");
  return [...(isCommand ? [value.join(" ")] : []), ...Object.values(value).flatMap(textsIn)];
}
