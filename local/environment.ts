import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "../automation/lib/lock";
import { cacheDir } from "../automation/lib/paths";
import { UserError } from "../automation/lib/user-error";
import { findPython } from "./python";

const run = promisify(execFile);

const pinnedRequirements = join(__dirname, "requirements.txt");

export interface PythonEnvironment {
  /** The interpreter that has the packages. */
  python: string;
  /** The tool's version. */
  version: string;
}

/** A tool that is written in Python. */
export interface PythonTool {
  /** What it is for: `the local AWS`. */
  what: string;
  /** Its package on PyPI. */
  package: string;
  /** Begins the name of its folder in the cache. */
  folder: string;
  /** The pinned, hashed list that `uv pip compile` made. */
  requirementsFile: string;
}

/** The version of a package, ministack if none is named, that a requirements file pins. */
export function pinnedVersion(requirements: string, name = "ministack"): string {
  const line = requirements.split("\n").find((one) => one.startsWith(`${name}==`));
  const version = line && /==(\S+)/.exec(line)?.[1];
  if (!version) throw new Error(`requirements.txt pins no ${name}`);
  return version;
}

/** The local AWS: see ensurePythonTool. */
export function ensurePythonEnvironment(
  log: (line: string) => void,
  cache: string = cacheDir(),
  requirementsFile: string = pinnedRequirements,
): Promise<PythonEnvironment> {
  const tool = { what: "the local AWS", package: "ministack", folder: "emulator", requirementsFile };
  return ensurePythonTool(tool, log, cache);
}

/**
 * A virtual environment with the pinned, hash-checked packages, in the cache folder, built once per list of packages and
 * Python version and shared by every checkout.
 *
 * @throws UserError when Python is missing or too old, a package can't be fetched or has another hash, or the disk is full
 */
export async function ensurePythonTool(
  tool: PythonTool,
  log: (line: string) => void,
  cache: string = cacheDir(),
): Promise<PythonEnvironment> {
  const requirements = await readFile(tool.requirementsFile, "utf8");
  const version = pinnedVersion(requirements, tool.package);
  const found = await findPython(process.env["PATH"], tool.what);
  const key = createHash("sha256").update(requirements).update(found.version).digest("hex").slice(0, 12);
  const home = join(cache, `${tool.folder}-${version}-${key}`);
  const python = join(home, "bin", "python");
  if (existsSync(python)) return { python, version };
  await asDiskError(cache, () => mkdir(cache, { recursive: true }));
  await withLock(
    home,
    async () => {
      if (existsSync(python)) return;
      log(
        `Installing ${tool.what} (${tool.package} ${version}) for Python ${found.version}; this takes a minute, once`,
      );
      await build(found.command, home, tool);
    },
    { onWait: () => log(`Another run is installing ${tool.what}; waiting for it`) },
  );
  return { python, version };
}

/** Scripts of a virtual environment name its first path, so only `python -m` is used on the renamed one. */
async function build(python: string, home: string, { what, requirementsFile }: PythonTool): Promise<void> {
  const staging = `${home}.staging`;
  await asDiskError(home, async () => {
    await rm(staging, { recursive: true, force: true });
    try {
      await runTool(what, python, ["-m", "venv", staging]);
      await runTool(what, join(staging, "bin", "python"), [
        ...["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"],
        ...["--require-hashes", "--only-binary", ":all:", "--requirement", requirementsFile],
      ]);
      await rename(staging, home);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  });
}

async function runTool(what: string, command: string, args: string[]): Promise<void> {
  try {
    await run(command, args, { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stderr = "", stdout = "" } = error as { stderr?: string; stdout?: string };
    const output = (stderr.trim() || stdout.trim() || String(error)).split("\n").slice(-15).join("\n");
    if (/No space left on device|Disk quota exceeded/.test(output)) throw noSpace(args.at(-1) ?? command, error);
    throw new UserError(
      `Installing ${what} failed: ${command} ${args.slice(0, 3).join(" ")} said:\n${output}`,
      /do not match the hashes/i.test(output)
        ? "A downloaded package is not the one that requirements.txt names. Don't work around this; find out where pip's index points."
        : "Check that pip can reach its package index (pip config list, proxy settings), then run the command again.",
      { cause: error },
    );
  }
}

function noSpace(path: string, cause: unknown): UserError {
  return new UserError(
    `No space left on the disk of ${path}.`,
    "Free some space (the packages need about 200 MB), or set LLM_STACKS_CACHE to a folder on another disk.",
    { cause },
  );
}

/** Run `action` and turn a full or read-only disk into an error a user can act on. */
export async function asDiskError<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOSPC" || code === "EDQUOT") throw noSpace(path, error);
    if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
      throw new UserError(
        `${path} can't be written (${code}).`,
        "Check who owns it and whether its disk is read-only.",
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}
