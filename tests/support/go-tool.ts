import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../automation/lib/lock";
import { cacheDir } from "../../automation/lib/paths";
import { goEnv } from "../../toolchain/go";

const run = promisify(execFile);

/**
 * A program that is a Go module, always of one version. Built into the cache folder once (seconds).
 * @param source path of its package, such as `github.com/rhysd/actionlint/cmd/actionlint`
 * @throws when it can't be built, so that no test passes for want of it
 */
export async function ensureGoTool(source: string, version: string): Promise<string> {
  const name = source.split("/").at(-1) ?? source;
  const folder = join(cacheDir(), `${name}-${version}`);
  const binary = join(folder, name);
  await withLock(folder, async () => {
    if (existsSync(binary)) return;
    const staging = `${folder}.staging`;
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { recursive: true });
    await run("go", ["install", `${source}@v${version}`], { env: { ...goEnv(), GOBIN: staging }, cwd: staging });
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
  });
  return binary;
}
