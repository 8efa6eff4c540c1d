import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const run = promisify(execFile);
const deploy = join(__dirname, "../../../../services/afirgen/deploy");

/** Answers like the AWS CLI from a folder of objects, and writes down what it was asked. */
const aws = `#!/bin/sh
echo "$*" >> "$STUB/aws.log"
case "$1 $2" in
"s3api get-object")
  while [ $# -gt 0 ]; do case $1 in --key) key=$2; shift ;; *) last=$1 ;; esac; shift; done
  cat "$STUB/bucket/$key" > "$last" ;;
"s3 cp")
  shift 2
  while [ $# -gt 2 ]; do shift; done
  target="$STUB/uploaded/\${2#s3://}"
  mkdir -p "$(dirname "$target")"
  cat "$1" > "$target" ;;
"ssm get-parameters-by-path") cat "$STUB/parameters" ;;
"sns publish") ;;
*) echo "unexpected: $*" >&2; exit 9 ;;
esac
`;

let home: string;
const at = (...parts: string[]) => join(home, ...parts);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "afirgen-scripts-"));
  cpSync(deploy, at("root"), { recursive: true });
  for (const folder of ["etc", "logs", "state", "stub/bucket/models", "path"])
    mkdirSync(at(folder), { recursive: true });
  writeFileSync(at("path", "aws"), aws, { mode: 0o755 });
  deployment({});
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function deployment(more: Record<string, string>) {
  const all = { AWS_REGION: "us-east-1", PARAMETER_PREFIX: "/afirgen/free/env", MODELS_BUCKET: "models", ...more };
  writeFileSync(
    at("etc", "deployment.env"),
    Object.entries(all)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(""),
  );
}

async function script(name: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const variables = {
    AFIRGEN_ROOT: at("root"),
    AFIRGEN_ETC: at("etc"),
    AFIRGEN_LOGS: at("logs"),
    AFIRGEN_STATE: at("state"),
    AFIRGEN_SYSTEM: at("system"),
  };
  const PATH = `${at("path")}:${process.env["PATH"]}`;
  try {
    const { stdout } = await run(at("root", "bin", name), [...args], {
      env: { PATH, STUB: at("stub"), ...variables, ...env },
    });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: `${stdout}${stderr}` };
  }
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function models(files: Record<string, string>, sums: Record<string, string> = {}) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(at("stub/bucket/models", path)), { recursive: true });
    writeFileSync(at("stub/bucket/models", path), text);
  }
  const lines = Object.entries(files).map(([path, text]) => `${sums[path] ?? sha256(text)}  ${path}\n`);
  writeFileSync(at("stub/bucket/models/manifest.sha256"), lines.join(""));
}

const gets = () =>
  existsSync(at("stub/aws.log"))
    ? readFileSync(at("stub/aws.log"), "utf8")
        .split("\n")
        .filter((line) => line.includes("get-object"))
        .map((line) => /--key models\/(\S+)/.exec(line)?.[1])
    : [];

describe("download-models", () => {
  const files = {
    "gguf/gguf_summariser.gguf": "GGUF one",
    "gguf/gguf_bns_check.gguf": "GGUF two",
    "whisper-base/model.bin": "three",
  };

  test("[afirgen P9] fetches each model once, with one GET, and afterwards only the manifest", async () => {
    models(files);
    expect(await script("download-models")).toMatchObject({
      code: 0,
      output: expect.stringContaining("4 GETs now, 4 of 90"),
    });
    expect(gets()).toEqual(["manifest.sha256", ...Object.keys(files)]);
    for (const [path, text] of Object.entries(files)) expect(readFileSync(at("root/models", path), "utf8")).toBe(text);
    expect(await script("download-models")).toMatchObject({
      code: 0,
      output: expect.stringContaining("1 GETs now, 5 of 90"),
    });
    expect(await script("download-models", ["--verify"])).toMatchObject({
      code: 0,
      output: expect.stringContaining("1 GETs now, 6 of 90"),
    });
    expect(gets()).toHaveLength(6);
  });

  test("fetches again what is missing or was changed", async () => {
    models(files);
    await script("download-models");
    const changed = at("root/models/whisper-base/model.bin");
    writeFileSync(changed, "thre3");
    utimesSync(changed, 1, 1);
    rmSync(at("root/models/gguf/gguf_bns_check.gguf"));
    expect((await script("download-models")).code).toBe(0);
    expect(gets().slice(4)).toEqual(["manifest.sha256", "gguf/gguf_bns_check.gguf", "whisper-base/model.bin"]);
    expect(readFileSync(changed, "utf8")).toBe("three");
    expect(statSync(changed).mode & 0o777).toBe(0o644);
  });

  test("what comes with another checksum is not put in place", async () => {
    models(files, { "whisper-base/model.bin": sha256("another") });
    expect(await script("download-models")).toMatchObject({
      code: 1,
      output: expect.stringContaining("whisper-base/model.bin came with another checksum"),
    });
    expect(existsSync(at("root/models/whisper-base/model.bin"))).toBe(false);
    expect(existsSync(at("root/models/whisper-base/model.bin.part"))).toBe(false);
  });

  test("[afirgen P9] refuses more GETs than a month may have, counted over runs", async () => {
    models(files);
    const env = { AFIRGEN_S3_GETS: "3" };
    expect(await script("download-models", [], env)).toMatchObject({
      code: 1,
      output: expect.stringContaining("3 are allowed"),
    });
    expect(gets()).toHaveLength(3);
    expect((await script("download-models", [], env)).code).toBe(1);
    expect(gets()).toHaveLength(3);
  });

  test.each([
    ["has nothing in it", "", "no line"],
    ["names a place outside", `${sha256("x")}  gguf/../../etc/passwd\n`, "with .."],
    ["has other lines", `${sha256("x")}  gguf/a.gguf\n<html>\n`, "no checksum and path"],
  ])("a manifest that %s is refused", async (_, text, said) => {
    models(files);
    writeFileSync(at("stub/bucket/models/manifest.sha256"), text);
    expect(await script("download-models")).toMatchObject({ code: 1, output: expect.stringContaining(said) });
    expect(gets()).toEqual(["manifest.sha256"]);
  });
});

test("upload-models makes the manifest that download-models reads, and uploads it last", async () => {
  const files = {
    "gguf/gguf_summariser.gguf": "GGUF one",
    "whisper-base/model.bin": "b",
    "whisper-base/config.json": "{}",
    "whisper-base/tokenizer.json": "{}",
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(at("models", path)), { recursive: true });
    writeFileSync(at("models", path), text);
  }
  expect(await script("upload-models", [at("models"), "bucket"])).toMatchObject({
    code: 0,
    output: expect.stringContaining("4 files"),
  });
  const manifest = readFileSync(at("stub/uploaded/bucket/models/manifest.sha256"), "utf8");
  expect(manifest.trim().split("\n").sort()).toEqual(
    Object.entries(files)
      .map(([path, text]) => `${sha256(text)}  ${path}`)
      .sort(),
  );
  const asked = readFileSync(at("stub/aws.log"), "utf8").trim().split("\n");
  expect(asked.at(-1)).toContain("manifest.sha256");
  writeFileSync(at("models/gguf/gguf_summariser.gguf"), "version https://git-lfs");
  expect(await script("upload-models", [at("models"), "bucket"])).toMatchObject({
    code: 1,
    output: expect.stringContaining("no GGUF"),
  });
});

describe("write-env", () => {
  const parameters = (lines: Record<string, string>) =>
    writeFileSync(
      at("stub/parameters"),
      Object.entries(lines)
        .map(([name, value]) => `/afirgen/free/env/${name}\t${value}\n`)
        .join(""),
    );

  test("writes each parameter as a variable that only root may read, and says whether anything changed", async () => {
    parameters({ DB_HOST: "db.internal", DB_PASSWORD: 'p$a"s s\\w' });
    expect((await script("write-env")).output).toBe("changed\n");
    expect(readFileSync(at("etc/.env"), "utf8")).toBe(`DB_HOST='db.internal'\nDB_PASSWORD='p$a"s s\\w'\n`);
    expect(statSync(at("etc/.env")).mode & 0o777).toBe(0o600);
    expect((await script("write-env")).output).toBe("unchanged\n");
    expect(readFileSync(at("stub/aws.log"), "utf8")).toContain(
      "--path /afirgen/free/env --recursive --with-decryption",
    );
  });

  test.each([
    ["a name that is none", { "db-host": "x" }, "can't be a variable"],
    ["a value with a quote", { DB_PASSWORD: "it's" }, "single quote"],
  ])("refuses %s and keeps what was there", async (_, lines, said) => {
    parameters({ DB_HOST: "db" });
    await script("write-env");
    parameters(lines);
    const { code, output } = await script("write-env");
    expect([code, output]).toEqual([1, expect.stringContaining(said)]);
    expect(output).not.toContain("it's");
    expect(readFileSync(at("etc/.env"), "utf8")).toBe("DB_HOST='db'\n");
  });
});

describe("write-site", () => {
  const site = () => readFileSync(at("root/nginx/site.conf"), "utf8");

  test("plain HTTP without a domain, the challenge until there is a certificate, then TLS", async () => {
    expect((await script("write-site")).output).toContain("site-http");
    deployment({ DOMAIN_NAME: "fir.example.org" });
    expect((await script("write-site")).output).toContain("site-challenge");
    mkdirSync(at("system/etc/letsencrypt/live/fir.example.org"), { recursive: true });
    writeFileSync(at("system/etc/letsencrypt/live/fir.example.org/fullchain.pem"), "");
    expect((await script("write-site")).output).toContain("site-tls");
    expect(site()).toContain("ssl_certificate /etc/letsencrypt/live/fir.example.org/fullchain.pem;");
    expect(site()).not.toContain("DOMAIN_NAME");
  });

  test("refuses what is no name", async () => {
    deployment({ DOMAIN_NAME: "a; include /etc/passwd" });
    expect(await script("write-site")).toMatchObject({ code: 1, output: expect.stringContaining("fir.example.org") });
  });
});

describe("install.sh", () => {
  const asked = () => readFileSync(at("stub/asked"), "utf8").trim().split("\n");

  beforeEach(() => {
    models({ "gguf/gguf_summariser.gguf": "GGUF one" });
    writeFileSync(at("stub/parameters"), "/afirgen/free/env/DB_HOST\tdb\n");
    for (const folder of [
      "etc/logrotate.d",
      "etc/cron.d",
      "etc/systemd/system",
      "opt/aws/amazon-cloudwatch-agent/bin",
    ]) {
      mkdirSync(at("system", folder), { recursive: true });
    }
    mkdirSync(at("root/asr-ocr"));
    writeFileSync(at("root/asr-ocr/server.py"), "one");
    writeFileSync(at("root/backend.cjs"), "one");
    const recorder = (name: string) => `#!/bin/sh\necho "${name} $*" >> "$STUB/asked"\n`;
    const agent = at("system/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl");
    writeFileSync(agent, recorder("agent"), { mode: 0o755 });
    for (const name of ["systemctl", "chown"]) writeFileSync(at("path", name), recorder(name), { mode: 0o755 });
    // An image is there once it was built.
    const inspect = 'if [ "$1 $2" = "image inspect" ]; then [ -e "$STUB/built-$3" ]; exit; fi\n';
    const build =
      'case "$*" in *" build "*) mkdir -p "$STUB/built-afirgen"; touch "$STUB/built-afirgen/asr-ocr:$ASR_OCR_VERSION" ;; esac\n';
    writeFileSync(at("path/docker"), `${recorder("docker")}${inspect}${build}`, { mode: 0o755 });
    deployment({ METRICS_NAMESPACE: "AFIRGen/free", LOG_GROUP: "/aws/ec2/afirgen" });
  });

  test("brings the machine up, and run again builds nothing and restarts nothing that has not changed", async () => {
    const first = await script("install.sh");
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining("installed") });
    const started = asked().flatMap((line) => /(?:yml|systemctl) ((?:build|up|restart) .*)/.exec(line)?.[1] ?? []);
    expect(started).toEqual([
      "restart afirgen-oom-reporter.service",
      "build --quiet asr-ocr-server",
      "up --detach --remove-orphans --quiet-pull",
      "restart backend",
    ]);
    const agent = readFileSync(at("etc/cloudwatch-agent.json"), "utf8");
    expect(JSON.parse(agent)).toMatchObject({ metrics: { namespace: "AFIRGen/free" } });
    expect(agent).toContain('"log_group_name": "/aws/ec2/afirgen"');
    for (const file of ["logrotate.d/afirgen", "cron.d/afirgen", "systemd/system/afirgen-oom-reporter.service"]) {
      expect(existsSync(at("system/etc", file))).toBe(true);
    }
    expect(readFileSync(at("root/nginx/site.conf"), "utf8")).toContain("listen 80");

    rmSync(at("stub/asked"));
    expect((await script("install.sh")).code).toBe(0);
    expect(asked().some((line) => /build|restart backend/.test(line))).toBe(false);

    writeFileSync(at("root/backend.cjs"), "two");
    writeFileSync(at("root/asr-ocr/server.py"), "two");
    rmSync(at("stub/asked"));
    await script("install.sh");
    expect(asked().filter((line) => /build|restart backend/.test(line))).toHaveLength(2);
  });

  test("stops with what is wrong when a model can't be had, before anything is started", async () => {
    rmSync(at("stub/bucket/models/gguf/gguf_summariser.gguf"));
    expect(await script("install.sh")).toMatchObject({
      code: 1,
      output: expect.stringContaining("gguf/gguf_summariser.gguf can't be read"),
    });
    expect(asked().some((line) => line.startsWith("docker"))).toBe(false);
  });
});

describe("oom-reporter", () => {
  const docker = (events: string, oomKilled: string) => {
    const text = `#!/bin/sh\ncase $1 in\nevents) printf '${events}' ;;\ninspect) echo ${oomKilled} ;;\nesac\n`;
    writeFileSync(at("path/docker"), text, { mode: 0o755 });
    writeFileSync(at("etc/.env"), "ALERT_TOPIC_ARN='arn:aws:sns:us-east-1:123456789012:alarms'\n");
  };
  const told = () =>
    existsSync(at("stub/aws.log")) ? readFileSync(at("stub/aws.log"), "utf8").trim().split("\n") : [];
  const logged = () => readFileSync(at("logs/oom.log"), "utf8").trim().split("\n");

  test("[afirgen P10] a container that the kernel ended is logged and told, once in 15 minutes", async () => {
    docker("oom gguf-server  abc\\ndie gguf-server 137 abc\\ndie gguf-server 137 abc\\ndie backend 0 def\\n", "true");
    expect((await script("oom-reporter")).code).toBe(1);
    expect(logged()).toEqual([
      expect.stringMatching(/WARN gguf-server reached its memory limit; memory \d+\/\d+ MB, swap/),
      expect.stringMatching(/ERROR gguf-server ended with exit code 137 \(OOMKilled=true\)/),
      expect.stringMatching(/ERROR gguf-server ended with exit code 137/),
    ]);
    expect(told()).toEqual([
      expect.stringMatching(/^sns publish --topic-arn arn:aws:sns:us-east-1:123456789012:alarms .*exit code 137/),
    ]);
  });

  test("one that was stopped and took too long is not told", async () => {
    docker("die backend 137 abc\\n", "false");
    await script("oom-reporter");
    expect(logged()).toEqual([expect.stringContaining("INFO backend ended with 137 and had memory left")]);
    expect(told()).toEqual([]);
  });
});
