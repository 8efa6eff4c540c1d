import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findPython, isNewEnough } from "../../../local/python";

/** A folder with stand-ins for Pythons: what each says its version is, and whether it has venv. */
function pathWith(pythons: Record<string, { version: string; venv?: boolean }>): string {
  const folder = mkdtempSync(join(tmpdir(), "pythons-"));
  for (const [name, { version, venv = true }] of Object.entries(pythons)) {
    const file = join(folder, name);
    writeFileSync(
      file,
      `#!/bin/sh\ncase "$2" in *venv*) exit ${venv ? 0 : 1};; *platform*) echo ${version};; *) exit 9;; esac\n`,
    );
    chmodSync(file, 0o755);
  }
  return folder;
}

describe("findPython", () => {
  test("takes python3 when it is new enough", async () => {
    const path = pathWith({ python3: { version: "3.10.2" }, "python3.13": { version: "3.13.0" } });
    expect(await findPython(path)).toEqual({ command: "python3", version: "3.10.2" });
  });

  test("passes over an old python3 and one without venv", async () => {
    const path = pathWith({
      python3: { version: "3.9.18" },
      "python3.12": { version: "3.12.1", venv: false },
      "python3.11": { version: "3.11.7" },
    });
    expect(await findPython(path)).toEqual({ command: "python3.11", version: "3.11.7" });
  });

  test("says that there is none", async () => {
    await expect(findPython(pathWith({}))).rejects.toMatchObject({
      name: "UserError",
      message: "The local AWS needs Python 3.10 or newer with venv; no python3 is on PATH.",
      hint: expect.stringContaining("apt-get install python3 python3-venv"),
    });
  });

  test("says which one it saw and that it is too old", async () => {
    await expect(findPython(pathWith({ python3: { version: "3.9.18" } }))).rejects.toMatchObject({
      message: expect.stringContaining("python3 is 3.9.18"),
      hint: expect.stringContaining("Install Python 3"),
    });
  });

  test("says how to get venv on Debian", async () => {
    await expect(findPython(pathWith({ python3: { version: "3.11.2", venv: false } }))).rejects.toMatchObject({
      message: expect.stringContaining("python3 (3.11.2) lacks the modules venv and ensurepip"),
      hint: "On Debian and Ubuntu: apt-get install python3-venv.",
    });
  });
});

test.each([
  ["3.9.18", false],
  ["2.7.18", false],
  ["3.10.0", true],
  ["3.14.0rc1", true],
  ["4.0.0", true],
])("%s is new enough: %s", (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});
