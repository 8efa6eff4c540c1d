import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { emulatorPaths } from "../../../local/record";
import { buildId, emulatorEnv } from "../../../local/server-files";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("the build id changes with every file that an emulator is made of, and with nothing else", () => {
  const folder = mkdtempSync(join(tmpdir(), "build-"));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
    return buildId(folder);
  };
  mkdirSync(join(folder, "emulator"));
  const ids = [
    write("requirements.txt", "ministack==1"),
    write("emulator/main.py", "main"),
    write("emulator/gaps/one.py", "gap"),
    write("emulator/gaps/one.py", "changed"),
    write("requirements.txt", "ministack==2"),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(write("emulator/__pycache__/main.pyc", "compiled")).toBe(ids.at(-1));
});

test("functions see nothing of the environment that the emulator was started from", () => {
  vi.stubEnv("AWS_PROFILE", "production");
  vi.stubEnv("HTTPS_PROXY", "http://proxy.example.com");
  vi.stubEnv("NODE_OPTIONS", "--inspect");
  vi.stubEnv("PATH", "/usr/bin");
  vi.stubEnv("HOME", "/home/user");
  const record = { instance: "i", port: 4567, version: "1.5.33", build: "b", startedAt: "", workDir: "/tmp/scratch" };
  const env = emulatorEnv(emulatorPaths("/state"), record);
  expect(
    Object.keys(env).filter((name) => ["AWS_PROFILE", "HTTPS_PROXY", "NODE_OPTIONS", "VITEST"].includes(name)),
  ).toEqual([]);
  expect(env).toMatchObject({
    PATH: `${dirname(process.execPath)}:/usr/bin`,
    HOME: "/home/user",
    TMPDIR: "/tmp/scratch",
    GATEWAY_PORT: "4567",
    LLM_STACKS_EMULATOR_DIR: "/state",
    STATE_DIR: "/state/state/services",
    PERSIST_STATE: "1",
  });
});
