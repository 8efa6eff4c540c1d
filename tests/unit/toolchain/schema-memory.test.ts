import { describe, expect, test } from "vitest";
import { rememberSchemas, SCHEMA_FILES, schemaChanges } from "../../../toolchain/schema-memory";

/** A file of the plugin SDK with the places that are changed, and something between them. */
const pinned = (file: string) =>
  schemaChanges
    .filter((change) => change.file === file)
    .map(({ from }) => `${from}// beside\n`)
    .join("");

describe("remembering schemas", () => {
  test.each(SCHEMA_FILES)("changes each place of %s once and leaves what is beside", (file) => {
    const changes = schemaChanges.filter((change) => change.file === file);
    expect(rememberSchemas(file, pinned(file))).toBe(changes.map(({ to }) => `${to}// beside\n`).join(""));
  });

  test.each(schemaChanges)("fails when $file has another form", ({ file, from }) => {
    expect(() => rememberSchemas(file, pinned(file).replace(from, ""))).toThrow(file);
    expect(() => rememberSchemas(file, pinned(file) + from)).toThrow("does not have once");
  });
});
