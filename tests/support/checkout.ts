import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { localDir, repoRoot } from "../../automation/lib/paths";

/**
 * A copy of the checkout's files as they are now (tracked, and new ones that git does not ignore), to break something
 * in. The npm packages are shared by a link.
 */
export function copyCheckout(name: string): { folder: string; remove: () => void } {
  const folder = join(localDir, name);
  rmSync(folder, { recursive: true, force: true });
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: repoRoot,
    encoding: "utf8",
  });
  for (const file of files.split("\0").filter(Boolean)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(repoRoot, file), join(folder, file), { force: true });
  }
  symlinkSync(join(repoRoot, "node_modules"), join(folder, "node_modules"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
