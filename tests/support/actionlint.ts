import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../automation/lib/lock";
import { cacheDir } from "../../automation/lib/paths";
import { goEnv } from "../../toolchain/go";
import { ensureShellcheck } from "./shellcheck";

const run = promisify(execFile);

/** Version of the Go module. Its wheel on PyPI would fetch a binary from elsewhere. */
const version = "1.7.12";

/**
 * actionlint, always this version. Built into the cache folder once (8 s).
 * @throws when it can't be built, so that no test passes for want of it
 */
async function ensureActionlint(): Promise<string> {
  const folder = join(cacheDir(), `actionlint-${version}`);
  const binary = join(folder, "actionlint");
  await withLock(folder, async () => {
    if (existsSync(binary)) return;
    const staging = `${folder}.staging`;
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { recursive: true });
    const env = { ...goEnv(), GOBIN: staging };
    await run("go", ["install", `github.com/rhysd/actionlint/cmd/actionlint@v${version}`], { env, cwd: staging });
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
  });
  return binary;
}

/** What actionlint, with ShellCheck, says of the workflows of a checkout, one line each; none when they are clean. */
export async function actionlint(checkout: string): Promise<readonly string[]> {
  const [binary, shellcheck] = await Promise.all([ensureActionlint(), ensureShellcheck()]);
  return new Promise((resolve, reject) => {
    execFile(
      binary,
      ["-oneline", "-no-color", "-shellcheck", shellcheck],
      { cwd: checkout },
      (error, stdout, stderr) => {
        // 1: findings. Others: actionlint itself failed.
        if (error && error.code !== 1) reject(new Error(`actionlint failed: ${stderr || error.message}`));
        else resolve(stdout.split("\n").filter(Boolean));
      },
    );
  });
}
