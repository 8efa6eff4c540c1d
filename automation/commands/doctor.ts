import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { promisify } from "node:util";
import { emulatorStatus } from "../../local/emulator";
import { type DebianPackage, debianPackages } from "../../local/servers/packages";
import { findEngine } from "../../toolchain/engine";
import { findChromium } from "../demo/chromium";
import { EXIT } from "../lib/exit";
import { cacheDir } from "../lib/paths";

const run = promisify(execFile);

/** One line of the doctor's report. */
export interface Finding {
  what: string;
  /** `later`: not there yet, and installed by the first command that needs it. */
  state: "ok" | "later" | "missing";
  /** What was found, or what it costs and how to get it. */
  detail: string;
}

/** Cache space of a whole build: Go's own caches take about 6 GB, the engine 400 MB, emulator and Node 300 MB. */
const BUILD_SPACE_GB = 8;

/** `./llm doctor`: what is missing on this machine, what that costs and how to get it. */
export async function doctor(): Promise<void> {
  const findings = await examine();
  for (const { what, state, detail } of findings) console.log(`${LABEL[state]} ${what.padEnd(16)} ${detail}`);
  const missing = findings.filter(({ state }) => state === "missing").length;
  if (missing > 0) {
    console.log(`\n${missing} needed ${missing === 1 ? "thing is" : "things are"} missing.`);
    process.exitCode = EXIT.failed;
  } else {
    console.log("\nNothing is missing: ./llm up dev --local");
  }
}

const LABEL: Record<Finding["state"], string> = { ok: "ok      ", later: "later   ", missing: "MISSING " };

export async function examine(): Promise<Finding[]> {
  const engine = await findEngine();
  return [
    { what: "Node.js", state: "ok", detail: `${process.versions.node} (${process.execPath})` },
    await examineNpm(),
    engine
      ? {
          what: "Pulumi engine",
          state: "ok",
          detail: `${engine.version}, ${engine.source === "path" ? "the one on PATH" : "built here"} (${engine.pulumi})`,
        }
      : {
          what: "Pulumi engine",
          state: "later",
          detail: "no pulumi 3.220 or newer on PATH: the first ./llm up builds it with Go, once, in under 12 minutes",
        },
    ...(engine ? [] : [await examineGo(), await examineSpace()]),
    await examinePython(),
    await examineEmulator(),
    await examineGit(),
    examineBrowser(),
    examinePackages("Servers", "./llm demo agents"),
    examinePackages("AFIRGen", "./llm demo afirgen"),
    examinePackages("For tests", "./llm test"),
  ];
}

async function examineNpm(): Promise<Finding> {
  const version = await versionOf("npm", ["--version"]);
  return version
    ? { what: "npm", state: "ok", detail: version }
    : { what: "npm", state: "missing", detail: "installs the packages; comes with Node.js (https://nodejs.org)" };
}

async function examineGo(): Promise<Finding> {
  const version = await versionOf("go", ["version"]);
  const found = version && /go(\d+)\.(\d+)/.exec(version);
  const enough = found && (Number(found[1]) > 1 || Number(found[2]) >= 26);
  return enough
    ? { what: "Go", state: "ok", detail: version }
    : {
        what: "Go",
        state: "missing",
        detail: `${version || "none found"}; building the engine needs 1.26 or newer (https://go.dev/dl, 250 MB). Or install Pulumi 3.220 or newer (https://www.pulumi.com/docs/install): then nothing is built`,
      };
}

async function examineSpace(): Promise<Finding> {
  const folder = cacheDir();
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  const free = (bavail * bsize) / 1e9;
  return {
    what: "Disk space",
    state: free >= BUILD_SPACE_GB ? "ok" : "missing",
    detail: `${free.toFixed(0)} GB free for ${folder}; building the engine takes about ${BUILD_SPACE_GB} GB. LLM_STACKS_CACHE names another folder`,
  };
}

async function examinePython(): Promise<Finding> {
  for (const name of ["python3", "python3.13", "python3.12", "python3.11", "python3.10"]) {
    const version = await versionOf(name, ["-c", "import sys, venv, ensurepip; print(sys.version.split()[0])"]);
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major === 3 && minor >= 10) return { what: "Python", state: "ok", detail: `${version} (${name})` };
  }
  return {
    what: "Python",
    state: "missing",
    detail:
      "the local AWS needs Python 3.10 or newer with venv: apt-get install python3-venv, or https://www.python.org (50 MB)",
  };
}

async function examineEmulator(): Promise<Finding> {
  const { emulator, version } = await emulatorStatus();
  return emulator
    ? { what: "Local AWS", state: "ok", detail: `ministack ${version} at ${emulator.endpoint}` }
    : {
        what: "Local AWS",
        state: "later",
        detail: "not running; --local starts it (first time: installs it, half a minute, 150 MB)",
      };
}

/** Not installed by any command: it is the user's own browser. Only demos with a page need it. */
function examineBrowser(): Finding {
  const program = findChromium();
  if (program) return { what: "Chromium", state: "ok", detail: program };
  const detail = "./llm demo phi3 shows its page in it: apt-get install chromium, or Google Chrome";
  return { what: "Chromium", state: "later", detail };
}

/** As the browser: what only one demo, or only the tests need. */
function examinePackages(what: string, needed: keyof typeof debianPackages): Finding {
  return packagesFinding(what, needed, debianPackages[needed]);
}

/** What of the packages is not there, what it takes and how to get it. */
export function packagesFinding(what: string, needed: string, packages: readonly DebianPackage[]): Finding {
  const names = (some: readonly DebianPackage[]) => some.map(({ name }) => name);
  const missing = packages.filter(({ isInstalled }) => !isInstalled());
  if (missing.length === 0) return { what, state: "ok", detail: names(packages).join(", ") };
  const megabytes = missing.reduce((sum, one) => sum + one.megabytes, 0);
  const command = `apt-get install --no-install-recommends ${names(missing).join(" ")}`;
  return { what, state: "later", detail: `${needed} needs more: ${command} (${megabytes} MB at most)` };
}

async function examineGit(): Promise<Finding> {
  const version = await versionOf("git", ["--version"]);
  return version
    ? { what: "git", state: "ok", detail: version }
    : { what: "git", state: "missing", detail: "./llm demo records the commit in its evidence: apt-get install git" };
}

/** First line a program prints, or "" when it can't be run. */
async function versionOf(program: string, args: string[]): Promise<string> {
  try {
    const { stdout } = await run(program, args);
    return stdout.trim().split("\n")[0] ?? "";
  } catch {
    return "";
  }
}
