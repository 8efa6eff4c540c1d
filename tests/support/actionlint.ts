import { execFile } from "node:child_process";
import { ensureGoTool } from "./go-tool";
import { ensureShellcheck } from "./shellcheck";

/** What actionlint, with ShellCheck, says of the workflows of a checkout, one line each; none when they are clean. */
export async function actionlint(checkout: string): Promise<readonly string[]> {
  const [binary, shellcheck] = await Promise.all([
    // Its wheel on PyPI would fetch a binary from elsewhere.
    ensureGoTool("github.com/rhysd/actionlint/cmd/actionlint", "1.7.12"),
    ensureShellcheck(),
  ]);
  const args = ["-oneline", "-no-color", "-shellcheck", shellcheck];
  return new Promise((resolve, reject) => {
    execFile(binary, args, { cwd: checkout }, (error, stdout, stderr) => {
      // 1: findings. Others: actionlint itself failed.
      if (error && error.code !== 1) reject(new Error(`actionlint failed: ${stderr || error.message}`));
      else resolve(stdout.split("\n").filter(Boolean));
    });
  });
}
