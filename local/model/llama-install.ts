import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../automation/lib/lock";
import { cacheDir } from "../../automation/lib/paths";
import { UserError } from "../../automation/lib/user-error";
import type { Log } from "../../toolchain/run";

const run = promisify(execFile);

const version = "3.22.1";

/** Packages with llama.cpp compiled for a kind of machine, without a GPU but on Apple's. */
const compiled: Readonly<Record<string, string>> = {
  "linux-x64": "@node-llama-cpp/linux-x64",
  "linux-arm64": "@node-llama-cpp/linux-arm64",
  "darwin-x64": "@node-llama-cpp/mac-x64",
  "darwin-arm64": "@node-llama-cpp/mac-arm64-metal",
};

export interface Llama {
  /** Folder with `node_modules`. */
  readonly folder: string;
  readonly version: string;
}

/**
 * node-llama-cpp, installed once into the cache: it is no dependency of the project, as only machines without a compiler need it.
 *
 * @throws UserError when there is no compiled llama.cpp for this machine, or npm can't install it
 */
export async function ensureLlama(log: Log, cache: string = cacheDir()): Promise<Llama> {
  const machine = `${process.platform}-${process.arch}`;
  const binary = compiled[machine];
  if (!binary) {
    throw new UserError(
      `node-llama-cpp has no compiled llama.cpp for ${machine}.`,
      `It has for ${Object.keys(compiled).join(", ")}.`,
    );
  }
  const folder = join(cache, `node-llama-cpp-${version}-${machine}`);
  if (existsSync(folder)) return { folder, version };
  await withLock(
    folder,
    async () => {
      if (existsSync(folder)) return;
      log(`Installing node-llama-cpp ${version} (about 90 MB), once`);
      await install([`node-llama-cpp@${version}`, `${binary}@${version}`], folder);
    },
    { onWait: () => log("Another run is installing node-llama-cpp; waiting for it") },
  );
  return { folder, version };
}

async function install(packages: readonly string[], folder: string): Promise<void> {
  const staging = `${folder}.staging`;
  try {
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true });
    await writeFile(join(staging, "package.json"), '{ "private": true }\n');
    // Optional are the builds for every other machine and GPU, over a gigabyte; the install script would compile.
    const flags = [
      "--save-exact",
      "--omit=optional",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ];
    await run("npm", ["install", ...flags, ...packages], { cwd: staging });
    await rename(staging, folder);
  } catch (cause) {
    const { stderr = "" } = cause as { stderr?: string };
    throw new UserError(
      `node-llama-cpp can't be installed: ${stderr.trim().split("\n").slice(-5).join("\n") || String(cause)}`,
      "Check that npm can reach its registry (npm config list, proxy settings), then run again.",
      { cause },
    );
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** What starts the server of llama-server.ts. */
export function llamaCommand(
  installed: Llama,
  { file, names, port }: { file: string; names: readonly string[]; port: number },
): { command: string; args: string[] } {
  const script = join(__dirname, "llama-server.ts");
  const hook = require.resolve("tsx/cjs");
  return {
    command: process.execPath,
    args: ["--require", hook, script, installed.folder, file, String(port), ...names],
  };
}
