import { join, sep } from "node:path";
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  contentFileId,
  fileIdOfKey,
  MAX_FILE_ID_BYTES,
  MAX_SEGMENT_BYTES,
  MAX_SEGMENTS,
  parseFileId,
} from "../../../../services/lambda-efs/lib/file-id";

const allowed = (text: string): boolean => {
  try {
    return parseFileId(text) === text;
  } catch {
    return false;
  }
};

describe("parseFileId", () => {
  test.each([
    "a",
    "phi3/weights.gguf",
    "A_1-b+c=d@e.bin",
    "my model.gguf",
    "-x",
    "sha256-00",
    "a.result",
    "a/b.result",
  ])("takes %j", (text) => expect(allowed(text)).toBe(true));

  test.each([
    ...["", ".", "..", "...", "/", "/a", "a/", "a//b", "a/../b", "a/./b", "../a", "~", "a\\b", "a\0", "a\nb", "é"],
    ...[".hidden", "a.", " a", "a ", "a/ /b", "%2e%2e/a", "a.result/b", "C:a", "a*"],
  ])("refuses %j", (text) => expect(allowed(text)).toBe(false));

  test("takes the longest and deepest, and nothing beyond", () => {
    const name = "n".repeat(MAX_SEGMENT_BYTES);
    expect(allowed(name)).toBe(true);
    expect(allowed(`${name}n`)).toBe(false);
    expect(Buffer.byteLength(`${name}.result`)).toBe(255);
    expect(allowed(Array(MAX_SEGMENTS).fill("a").join("/"))).toBe(true);
    expect(
      allowed(
        Array(MAX_SEGMENTS + 1)
          .fill("a")
          .join("/"),
      ),
    ).toBe(false);
    const long = [name, name, name, "n".repeat(MAX_FILE_ID_BYTES - 3 * (MAX_SEGMENT_BYTES + 1))].join("/");
    expect(allowed(long)).toBe(true);
    expect(allowed(`${long}n`)).toBe(false);
    expect(Buffer.byteLength(`outputs/${long}.result`)).toBeLessThanOrEqual(1024);
  });

  test("shows no control characters and no more than a line of the text in its message", () => {
    expect(() => parseFileId(`\u001b[31m${"x".repeat(5000)}`)).toThrow(
      /^The file id "\\u001b\[31mx{115}…" is too long/,
    );
  });

  const hostile = fc.array(fc.constantFrom("..", ".", "/", "a", "\\", "\0", " ", "%2f", ".result", "~", "\n"), {
    maxLength: 12,
  });

  prop.prop([
    fc.oneof(
      fc.string(),
      hostile.map((parts) => parts.join("")),
      fc.webPath(),
    ),
  ])("only an id that names one place, below its folder, is accepted", (text) => {
    if (!allowed(text)) return;
    const path = join("/mnt/efs/models", text);
    expect(path).toBe(`/mnt/efs/models${sep}${text}`);
    expect(path.split("/").every((segment, index) => index === 0 || segment.length > 0)).toBe(true);
  });

  const id = fc
    .array(fc.stringMatching(/^[A-Za-z0-9_+=@-]([A-Za-z0-9 ._+=@-]{0,20}[A-Za-z0-9_+=@-])?$/), {
      minLength: 1,
      maxLength: MAX_SEGMENTS,
    })
    .map((segments) => segments.join("/"));

  prop.prop([id, id])("one file's result never stands where another's result has a folder", (one, other) => {
    fc.pre(one !== other && allowed(one) && allowed(other));
    expect(`${other}.result`.startsWith(`${one}.result/`)).toBe(false);
  });
});

test("the same content has the same id", () => expect(contentFileId("ab12")).toBe("sha256-ab12"));

test.each([
  ["models/a/b", "a/b"],
  ["inputs/a", "a"],
  ["models/inputs/a", "inputs/a"],
])("the id of %s is %s", (key, expected) => expect(fileIdOfKey(key)).toBe(expected));

test.each(["outputs/a", "models", "a", "/models/a", "Models/a", ""])("%j is no source", (key) => {
  expect(() => fileIdOfKey(key)).toThrow(/is not under models\/ or inputs\//);
});
