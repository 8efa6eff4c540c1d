import { mkdtempSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { asDiskError } from "../../../local/environment";

test.each(["ENOSPC", "EDQUOT"])("%s becomes an error about the disk", async (code) => {
  const full = () => Promise.reject(Object.assign(new Error("write"), { code }));
  await expect(asDiskError("/cache/x", full)).rejects.toMatchObject({
    name: "UserError",
    message: "No space left on the disk of /cache/x.",
    hint: expect.stringContaining("LLM_STACKS_CACHE"),
  });
});

test.runIf(process.platform === "linux")("a disk that is really full is one", async () => {
  await expect(asDiskError("/dev/full", () => writeFile("/dev/full", "x"))).rejects.toMatchObject({
    message: "No space left on the disk of /dev/full.",
  });
});

test.each(["EACCES", "EROFS", "EPERM"])("%s names the folder that can't be written", async (code) => {
  const refused = () => Promise.reject(Object.assign(new Error("mkdir"), { code }));
  await expect(asDiskError("/cache", refused)).rejects.toMatchObject({
    name: "UserError",
    message: `/cache can't be written (${code}).`,
  });
});

test("any other error stays as it is", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "disk-")), "file");
  writeFileSync(file, "");
  await expect(asDiskError(file, () => mkdir(join(file, "below")))).rejects.toMatchObject({ code: "ENOTDIR" });
});
