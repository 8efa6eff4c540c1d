import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { UserError } from "../automation/lib/user-error";

const run = promisify(execFile);

/** ministack's own floor; whatever else is written in Python is pinned to versions that run on it. */
export const oldestPython = { major: 3, minor: 10 };

export interface Python {
  command: string;
  /** `3.11.7` */
  version: string;
}

/** Newest first after the user's own `python3`. */
const candidates = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

/**
 * The first Python of the PATH that can make the emulator's environment.
 *
 * @param what needs it, for the message
 * @throws UserError naming every Python looked at, when none is new enough or has the `venv` module
 */
export async function findPython(
  path: string | undefined = process.env["PATH"],
  what = "the local AWS",
): Promise<Python> {
  const looked: string[] = [];
  for (const command of candidates) {
    const version = await versionOf(command, path);
    if (!version) continue;
    if (!isNewEnough(version)) {
      looked.push(`${command} is ${version}`);
      continue;
    }
    if (await hasVenv(command, path)) return { command, version };
    looked.push(`${command} (${version}) lacks the modules venv and ensurepip`);
  }
  const floor = `${oldestPython.major}.${oldestPython.minor}`;
  throw new UserError(
    `${what.charAt(0).toUpperCase()}${what.slice(1)} needs Python ${floor} or newer with venv; ${looked.length > 0 ? looked.join(", ") : "no python3 is on PATH"}.`,
    looked.some((line) => line.includes("lacks"))
      ? "On Debian and Ubuntu: apt-get install python3-venv."
      : "Install Python 3 (Debian and Ubuntu: apt-get install python3 python3-venv; macOS: brew install python).",
  );
}

async function versionOf(command: string, path: string | undefined): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, ["-c", "import platform; print(platform.python_version())"], {
      env: { ...process.env, PATH: path },
    });
    return stdout.trim();
  } catch {
    // Absent, or a version manager's stand-in for a version that is not installed: both mean "not this one".
    return undefined;
  }
}

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldestPython.major || (major === oldestPython.major && minor >= oldestPython.minor);
}

async function hasVenv(command: string, path: string | undefined): Promise<boolean> {
  try {
    await run(command, ["-c", "import venv, ensurepip"], { env: { ...process.env, PATH: path } });
    return true;
  } catch {
    return false;
  }
}
