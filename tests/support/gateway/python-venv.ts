import { execFile } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../../automation/lib/lock";
import { cacheDir } from "../../../automation/lib/paths";

const run = promisify(execFile);

/** Folder of a virtual environment with one package of PyPI, such as `openai==2.1.0`. Made in the cache, once. */
export async function ensureVenv(requirement: string): Promise<string> {
  const folder = join(cacheDir(), `venv-${requirement.replaceAll(/[^\w.]+/g, "-")}`);
  const installed = join(folder, "installed");
  await withLock(folder, async () => {
    if (existsSync(installed)) return;
    console.error(`Installing ${requirement} into ${folder} ...`);
    rmSync(folder, { recursive: true, force: true });
    await run("python3", ["-m", "venv", folder]);
    await run(join(folder, "bin", "pip"), ["install", "--quiet", requirement]);
    writeFileSync(installed, "");
  });
  return folder;
}
