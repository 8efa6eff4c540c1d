/** The machine of AFIRGen, run in a folder that stands in for it. What the stubs can't show: see boot.test.ts. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type AfirgenOptions, renderAfirgen } from "../../../userdata/afirgen";
import { maxUserDataBytes, packUserData } from "../../../userdata/render";
import { shellcheck } from "../../support/shellcheck";

const options: AfirgenOptions = {
  name: "afirgen-machine-free",
  region: "eu-central-1",
  release: { bucket: "afirgen-models-free-1a2b3c4d", parameter: "/afirgen/free/release" },
  parameterPrefix: "/afirgen/free/env",
  buckets: {
    models: "afirgen-models-free-1a2b3c4d",
    temp: "afirgen-temp-free-1a2b3c4d",
    backups: "afirgen-backups-free-1a2b3c4d",
  },
  domainName: "fir.example.com",
  adminEmail: "ops@example.com",
  logGroup: "/aws/ec2/afirgen-app-free",
  metricsNamespace: "afirgen/free",
};
const script = renderAfirgen(options);
const program = (path: string) =>
  new RegExp(`^put ${path} \\d+ <<'LLM_STACKS_FILE'\\n(.*?)^LLM_STACKS_FILE$`, "ms").exec(script)?.[1] ?? "";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test("the script and what it puts on the machine are clean to ShellCheck, and fit into EC2's 16 KB", async () => {
  expect(await shellcheck(script)).toEqual([]);
  expect(await shellcheck(program("/opt/llm-stacks/release"))).toEqual([]);
  expect(Buffer.from(packUserData(script), "base64").length).toBeLessThan(maxUserDataBytes);
});

test("the steps are in this order: a way out first, the release last", () => {
  const steps = [...script.matchAll(/^step "([^"]+)"/gm)].map(([, step]) => step);
  expect(steps).toEqual([
    "way out",
    "ssh: keys only",
    "swap",
    "packages",
    "docker compose",
    "docker",
    "aws cli",
    "cloudwatch agent",
    "units",
    "release",
    "releases to come",
  ]);
});

test("the application's scripts find what the stack knows, and no secret", () => {
  const [, text = ""] = /printf '%s\\n' '([^']*)' \| put \/etc\/afirgen\/deployment.env 0644/.exec(script) ?? [];
  expect(text.split("\n")).toEqual([
    "AWS_REGION=eu-central-1",
    "PARAMETER_PREFIX=/afirgen/free/env",
    "MODELS_BUCKET=afirgen-models-free-1a2b3c4d",
    "TEMP_BUCKET=afirgen-temp-free-1a2b3c4d",
    "BACKUPS_BUCKET=afirgen-backups-free-1a2b3c4d",
    "DOMAIN_NAME=fir.example.com",
    "ADMIN_EMAIL=ops@example.com",
    "LOG_GROUP=/aws/ec2/afirgen-app-free",
    "METRICS_NAMESPACE=afirgen/free",
  ]);
});

test.each<[string, Partial<AfirgenOptions>, string]>([
  ["a host name that is none", { domainName: "fir" }, "domainName: is "],
  ["an address that a shell would run", { adminEmail: "$(reboot)@example.com" }, "adminEmail: is "],
  ["AWS's namespace", { metricsNamespace: "AWS/EC2" }, "metricsNamespace: is "],
  ["too much swap", { swapGiB: 64 }, "swapGiB: is 64"],
])("%s is refused", (_name, wrong, message) => {
  expect(() => renderAfirgen({ ...options, ...wrong })).toThrow(message);
});

describe("a release", () => {
  /** A folder that stands in for /, with an `aws` that gives a parameter and a file. */
  function machine(archive: Buffer, named = createHash("sha256").update(archive).digest("hex")) {
    const root = mkdtempSync(join(tmpdir(), "llm-stacks-afirgen-"));
    folders.push(root);
    for (const folder of ["bin", "opt/llm-stacks", "etc/llm-stacks"])
      mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, "archive"), archive);
    const put = (path: string, text: string) => {
      writeFileSync(join(root, path), text);
      chmodSync(join(root, path), 0o755);
    };
    put("opt/llm-stacks/lib.sh", program("/opt/llm-stacks/lib.sh"));
    put("opt/llm-stacks/release", program("/opt/llm-stacks/release"));
    put("etc/llm-stacks/settings", "REGION=x\nRELEASE_BUCKET=b\nRELEASE_PARAMETER=/p\n");
    put(
      "bin/aws",
      `#!/bin/sh\ncase "$1" in ssm) echo '{"key":"release/${named}.tar.gz"}' ;; s3) for last; do :; done; cp "${root}/archive" "$last" ;; esac\n`,
    );
    put("bin/sleep", "#!/bin/sh\n");
    const run = () => {
      const env = { ROOT: root, PATH: `${join(root, "bin")}:${process.env["PATH"]}` };
      try {
        return {
          status: 0,
          output: execFileSync("bash", [join(root, "opt/llm-stacks/release")], { env, stdio: "pipe" }).toString(),
        };
      } catch (error) {
        const { status, stderr } = error as { status: number; stderr: Buffer };
        return { status, output: stderr.toString() };
      }
    };
    return { root, run };
  }

  function archiveWith(files: Readonly<Record<string, string>>): Buffer {
    const folder = mkdtempSync(join(tmpdir(), "llm-stacks-afirgen-"));
    folders.push(folder);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, "content", path, ".."), { recursive: true });
      writeFileSync(join(folder, "content", path), text, { mode: 0o755 });
    }
    execFileSync("tar", ["-czf", join(folder, "a.tar.gz"), "-C", join(folder, "content"), "."]);
    return readFileSync(join(folder, "a.tar.gz"));
  }
  const counting = `#!/bin/sh\necho run >> "$(dirname "$0")/../runs"\n`;

  test("is unpacked and installed once, and what the application keeps stays", () => {
    const { root, run } = machine(archiveWith({ "bin/install.sh": counting, "compose.yml": "services: {}\n" }));
    mkdirSync(join(root, "opt/afirgen/models"), { recursive: true });
    writeFileSync(join(root, "opt/afirgen/models/weights"), "kept");
    expect(run()).toMatchObject({ status: 0 });
    expect(run()).toMatchObject({ status: 0 });
    expect(readFileSync(join(root, "opt/afirgen/runs"), "utf8")).toBe("run\n");
    expect(readFileSync(join(root, "opt/afirgen/models/weights"), "utf8")).toBe("kept");
    expect(readFileSync(join(root, "var/lib/llm-stacks/release"), "utf8")).toMatch(
      /^release\/[0-9a-f]{64}\.tar\.gz\n$/,
    );
  });

  test("that is not what its name says by checksum is not unpacked", () => {
    const { root, run } = machine(archiveWith({ "bin/install.sh": counting }), "0".repeat(64));
    const { status, output } = run();
    expect(status).not.toBe(0);
    expect(output).toContain("is not the file that its name says by checksum");
    expect(() => readFileSync(join(root, "opt/afirgen/bin/install.sh"))).toThrow();
  });

  test("that fails to install is tried again", () => {
    const { root, run } = machine(archiveWith({ "bin/install.sh": `${counting}exit 1\n` }));
    expect(run().status).not.toBe(0);
    expect(run().status).not.toBe(0);
    expect(readFileSync(join(root, "opt/afirgen/runs"), "utf8")).toBe("run\nrun\n");
  });
});
