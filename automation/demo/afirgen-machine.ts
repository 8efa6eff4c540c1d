import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { paginateGetParametersByPath, SSMClient } from "@aws-sdk/client-ssm";
import { ensureWhisper } from "../../local/afirgen/asr-ocr";
import { createS3Client } from "../../services/lib/s3";
import { repoRoot } from "../lib/paths";

/** What the demo of AFIRGen does in the place of the machine's first start. */

const run = promisify(execFile);

/** The variables that the stack gives the machine, by the last part of their parameters' paths. */
export async function readVariables(prefix: string, region: string): Promise<Record<string, string>> {
  const client = new SSMClient({ region });
  const found: Record<string, string> = {};
  try {
    const pages = paginateGetParametersByPath({ client }, { Path: prefix, Recursive: true, WithDecryption: true });
    for await (const { Parameters = [] } of pages) {
      for (const { Name = "", Value = "" } of Parameters) found[Name.slice(Name.lastIndexOf("/") + 1)] = Value;
    }
  } finally {
    client.destroy();
  }
  return found;
}

/** Puts Whisper base into the models' bucket as upload-models does. @returns files with their sizes in bytes */
export async function uploadWhisper(bucket: string, region: string, log: (line: string) => void) {
  const folder = await ensureWhisper(log);
  const s3 = createS3Client({ region });
  const files: { path: string; bytes: number }[] = [];
  const lines: string[] = [];
  try {
    const put = (Key: string, Body: Buffer | string) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: `models/${Key}`, Body }));
    for (const name of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, name));
      const path = `whisper-base/${name}`;
      await put(path, bytes);
      files.push({ path, bytes: bytes.length });
      lines.push(`${createHash("sha256").update(bytes).digest("hex")}  ${path}\n`);
    }
    await put("manifest.sha256", lines.join(""));
  } finally {
    s3.destroy();
  }
  return files;
}

/** The machine's folders, with the deployed scripts in them. */
export class MachineFolders {
  private readonly home = mkdtempSync(join(tmpdir(), "afirgen-machine-"));

  constructor(deployment: Readonly<Record<string, string>>) {
    for (const name of ["etc", "logs", "state", "path"]) mkdirSync(join(this.home, name));
    cpSync(join(repoRoot, "services", "afirgen", "deploy"), join(this.home, "root"), { recursive: true });
    const lines = Object.entries(deployment).map(([name, value]) => `${name}='${value}'\n`);
    writeFileSync(join(this.home, "etc", "deployment.env"), lines.join(""));
    const aws = join(this.home, "path", "aws");
    const command = [
      process.execPath,
      "--require",
      require.resolve("tsx/cjs"),
      join(repoRoot, "local", "afirgen", "aws-get.ts"),
    ];
    writeFileSync(aws, `#!/bin/sh\nexec ${command.map((part) => `'${part}'`).join(" ")} "$@"\n`);
    chmodSync(aws, 0o755);
  }

  /** @returns what it printed. @throws Error with what it said when it failed */
  async script(name: string): Promise<string> {
    const at = (folder: string) => join(this.home, folder);
    const folders = {
      AFIRGEN_ROOT: at("root"),
      AFIRGEN_ETC: at("etc"),
      AFIRGEN_LOGS: at("logs"),
      AFIRGEN_STATE: at("state"),
    };
    const env = { ...process.env, ...folders, PATH: `${at("path")}:${process.env["PATH"]}` };
    const { stdout } = await run(join(at("root"), "bin", name), [], { env });
    return stdout.trim();
  }

  /** GETs of S3 that were counted, by month. */
  gets(): string {
    return readFileSync(join(this.home, "state", "s3-gets"), "utf8").trim();
  }

  dispose(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Resident memory of a process in MB, now and at most; undefined once it is gone. */
export function memoryOf(pid: number | undefined): { readonly nowMb: number; readonly mostMb: number } | undefined {
  if (pid === undefined) return undefined;
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const mb = (name: string) =>
      Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) / 1024);
    return { nowMb: mb("VmRSS"), mostMb: mb("VmHWM") };
  } catch {
    return undefined;
  }
}
