import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { EmulatorPaths, EmulatorRecord } from "./record";

/** Names what an emulator is made of: its packages, the files of `emulator/`, and the Node that functions run on. */
export function buildId(folder: string = __dirname): string {
  const hash = createHash("sha256").update(process.execPath).update(process.version);
  const files = readdirSync(join(folder, "emulator"), { recursive: true, encoding: "utf8" });
  for (const file of [
    "requirements.txt",
    ...files
      .filter((name) => name.endsWith(".py"))
      .map((name) => join("emulator", name))
      .sort(),
  ]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(folder, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * A clean environment: functions inherit it, and on AWS they would not see this machine's. Node's folder comes first, so
 * that functions run on the Node that runs the CLI.
 */
export function emulatorEnv(paths: EmulatorPaths, record: Omit<EmulatorRecord, "pid">): Record<string, string> {
  const kept = ["HOME", "LANG", "LC_ALL", "TZ", "SYSTEMROOT"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
    TMPDIR: record.workDir,
    PYTHONUNBUFFERED: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    LLM_STACKS_EMULATOR_DIR: paths.stateDir,
    LLM_STACKS_EMULATOR_INSTANCE: record.instance,
    GATEWAY_PORT: String(record.port),
    MINISTACK_HOST: "localhost",
    PERSIST_STATE: "1",
    STATE_DIR: join(paths.state, "services"),
    S3_PERSIST: "1",
    S3_DATA_DIR: join(paths.state, "s3"),
    // Listeners of services that no system here uses.
    IOT_MTLS_ENABLED: "0",
    SFTP_ENABLED: "0",
    // AWS waits 1 and 2 minutes before its two retries of a failed asynchronous invocation; nobody wants that locally.
    LAMBDA_ASYNC_RETRY_BASE_SECONDS: "0.5",
  };
}
