import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { amiParameters } from "../../../components/inference/ami";
import { ollamaSchema } from "../../../stacks/ollama-settings";
import { ensureGoTool } from "../../support/go-tool";
import { shellcheck } from "../../support/shellcheck";

/** Scripts under stand-ins of what changes a machine or AWS. That Packer builds an image of it, only AWS can show. */
const at = (file: string) => join(repoRoot, "packer", file);
const read = (file: string) => readFileSync(at(file), "utf8");
const templates = ["images.pkr.hcl", "versions.auto.pkrvars.hcl"];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "llm-stacks-packer-"));
  mkdirSync(join(folder, "bin"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that notes how it was called, and then runs `body`. */
function stub(name: string, body = ""): void {
  writeFileSync(join(folder, "bin", name), `#!/bin/bash\necho "${name} $*" >>"${folder}/calls"\n${body}\n`);
  chmodSync(join(folder, "bin", name), 0o755);
}

function run(script: string, args: string[], env: Record<string, string> = {}) {
  const result = spawnSync("bash", [script, ...args], {
    encoding: "utf8",
    env: { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, HOME: folder, ...env },
  });
  const calls = existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n") : [];
  return { ...result, calls };
}

describe("[operations 7] the Packer template", () => {
  test("can be read, and stands as Packer formats it", async () => {
    const hclfmt = await ensureGoTool("github.com/hashicorp/hcl/v2/cmd/hclfmt", "2.23.0");
    for (const file of templates) expect(execFileSync(hclfmt, [at(file)], { encoding: "utf8" })).toBe(read(file));
  });

  test("puts in what the stacks run by default", () => {
    const settings = ollamaSchema({ environment: "dev", region: "us-east-1", secrets: new Set() }).parse({});
    const values = Object.fromEntries(
      [...read("versions.auto.pkrvars.hcl").matchAll(/^(\w+) += "(.*)"$/gm)].map(([, key, value]) => [key, value]),
    );
    const vllm = /const vllmImage =\s+"([^"]+)"/.exec(
      readFileSync(join(repoRoot, "stacks/vllm-settings.ts"), "utf8"),
    )?.[1];
    expect(values).toEqual({
      ollama_snap_channel: settings.snapChannel,
      web_ui_image: settings.webUiImage,
      vllm_image: vllm,
    });
  });

  test("begins with the images that instances begin with", () => {
    const found = [
      ...read("images.pkr.hcl").matchAll(/data "amazon-parameterstore" "(\w+)" \{[^}]*name += "([^"]+)"/g),
    ];
    expect(Object.fromEntries(found.map(([, kind, name]) => [kind, name]))).toEqual({
      ollama: amiParameters.ubuntu.x86_64,
      vllm: amiParameters.gpu,
    });
  });

  test("opens no port, asks for IMDSv2 and encrypts, for both images", () => {
    for (const line of [/ssh_interface +=/g, /http_tokens +=/g, /encrypt_boot +=/g])
      expect(read("images.pkr.hcl").match(line)).toHaveLength(2);
    expect(read("images.pkr.hcl")).toMatch(/http_tokens +=\s"required"/);
    expect(read("images.pkr.hcl")).not.toMatch(/encrypt_boot += false|ssh_interface += "public_ip"/);
  });

  test.each(["provision.sh", "cleanup.sh"])("%s is clean for ShellCheck", async (file) => {
    expect(await shellcheck(read(file))).toEqual([]);
  });
});

describe("[operations 7] what is put onto an image", () => {
  const image = `registry.example/app@sha256:${"a".repeat(64)}`;

  /** A machine without what is to be installed; `docker image inspect` succeeds once it was pulled. */
  function provision(env: Record<string, string>) {
    for (const name of ["lib.sh", "base.sh"]) cpSync(join(repoRoot, "userdata/templates", name), join(folder, name));
    for (const name of ["apt-get", "systemctl", "cloud-init", "dpkg", "sleep"]) stub(name);
    stub("dpkg", 'echo "amd64"');
    stub("aws");
    stub("snap", '[ "$1" = list ] && exit 1; exit 0');
    stub(
      "docker",
      `if [ "$1 $2" = "image inspect" ]; then [ -e "${folder}/pulled" ]; else touch "${folder}/pulled"; fi`,
    );
    stub("curl", 'while (($# > 0)); do [ "$1" = --output ] && echo file >"$2"; shift; done');
    stub(
      "gpg",
      'for word; do [ "$word" = --verify ] && echo "[GNUPG:] VALIDSIG 937616F3450B7D806CBD9725D58167303B789C72"; done; exit 0',
    );
    for (const path of ["etc/ssh/ssh_host_rsa_key", "etc/machine-id", "home/ubuntu/.ssh/authorized_keys"]) {
      mkdirSync(join(folder, "root", path, ".."), { recursive: true });
      writeFileSync(join(folder, "root", path), "of this machine");
    }
    return run(at("provision.sh"), [], { ROOT: join(folder, "root"), FROM: folder, REGION: "us-east-1", ...env });
  }

  test("Ollama by its channel, held there; Open WebUI by its digest; nothing of this machine is left", () => {
    const { status, calls, stderr } = provision({ KIND: "ollama", IMAGE: image, SNAP_CHANNEL: "latest/stable" });
    expect(status, stderr).toBe(0);
    expect(calls).toEqual(
      expect.arrayContaining([
        "snap install ollama --channel=latest/stable",
        "snap refresh --hold ollama",
        `docker pull --quiet ${image}`,
      ]),
    );
    expect(calls.indexOf("snap refresh --hold ollama")).toBeLessThan(calls.indexOf("snap stop --disable ollama"));
    expect(calls.some((call) => /^dpkg --install .*agent\.deb$/.test(call))).toBe(true);
    expect(calls.at(-1)).toBe("cloud-init clean --logs");
    expect(existsSync(join(folder, "root/etc/ssh/ssh_host_rsa_key"))).toBe(false);
    expect(existsSync(join(folder, "root/home/ubuntu/.ssh/authorized_keys"))).toBe(false);
    expect(readFileSync(join(folder, "root/etc/machine-id"), "utf8")).toBe("");
  });

  test("vLLM's image alone, without a snap", () => {
    const { status, calls, stderr } = provision({ KIND: "vllm", IMAGE: image });
    expect(status, stderr).toBe(0);
    expect(calls).toContain(`docker pull --quiet ${image}`);
    expect(calls.filter((call) => call.startsWith("snap"))).toEqual([]);
  });

  test.each([
    [{ KIND: "vllm" }, "IMAGE is not set"],
    [{ KIND: "ollama", IMAGE: image }, "SNAP_CHANNEL is not set"],
    [{ KIND: "other", IMAGE: image }, 'there is no image "other"'],
  ])("%j is refused", (env, says) => {
    const { status, stderr } = provision(env as unknown as Record<string, string>);
    expect(status).toBe(1);
    expect(stderr).toContain(says);
  });
});

describe("[operations 7] the removal of old images", () => {
  const made = (number: number) => ({
    ImageId: `ami-${number}`,
    Name: `llm-stacks-ollama-${number}`,
    CreationDate: `2026-11-0${number}T03:00:00.000Z`,
    BlockDeviceMappings: [{ Ebs: { SnapshotId: `snap-${number}` } }, { VirtualName: "ephemeral0" }],
  });
  const removed = (calls: string[]) => calls.filter((call) => /deregister|delete/.test(call));

  function cleanup(args: string[], running: string[] = [], next: string[] = []) {
    const answers = { images: { Images: [2, 5, 1, 4, 3].map(made) }, versions: next, instances: running };
    stub(
      "aws",
      `case "$2" in
        describe-images) echo '${JSON.stringify(answers.images)}' ;;
        describe-launch-template-versions) echo '${JSON.stringify(answers.versions)}' ;;
        describe-instances) echo '${JSON.stringify(answers.instances)}' ;;
      esac`,
    );
    return run(at("cleanup.sh"), args);
  }

  test("keeps the newest and those in use, removes the others with their snapshots", () => {
    const { status, stdout, calls, stderr } = cleanup(
      ["--kind", "ollama", "--keep", "2", "--delete"],
      ["ami-2"],
      ["ami-1"],
    );
    expect(status, stderr).toBe(0);
    expect(removed(calls)).toEqual([
      "aws ec2 deregister-image --image-id ami-3",
      "aws ec2 delete-snapshot --snapshot-id snap-3",
    ]);
    expect(stdout).toContain("kept     ami-5 llm-stacks-ollama-5 (new)");
    expect(stdout).toContain("kept     ami-2 llm-stacks-ollama-2 (used)");
  });

  test("without --delete it only says what would go", () => {
    const { status, stdout, calls } = cleanup(["--kind", "ollama", "--keep", "4"]);
    expect(status).toBe(0);
    expect(removed(calls)).toEqual([]);
    expect(stdout).toContain("would go ami-1 llm-stacks-ollama-1");
  });

  test("asks for its own images of one kind only", () => {
    const { calls } = cleanup(["--kind", "vllm"]);
    expect(calls[0]).toContain("--owners self");
    for (const filter of [
      "Name=tag:ManagedBy,Values=packer",
      "Name=tag:Project,Values=llm-stacks",
      "Name=tag:Kind,Values=vllm",
    ]) {
      expect(calls[0]).toContain(filter);
    }
  });

  test("when AWS does not answer, nothing is removed", () => {
    stub("aws", 'case "$2" in describe-images) echo "{\\"Images\\": []}" ;; *) exit 254 ;; esac');
    const { status, calls } = run(at("cleanup.sh"), ["--kind", "ollama", "--delete"]);
    expect(status).not.toBe(0);
    expect(removed(calls)).toEqual([]);
  });

  test.each([[[]], [["--kind", "other"]], [["--kind"]], [["--kind", "ollama", "--keep", "0"]], [["--all"]]])(
    "%j is a wrong call: status 2, and AWS is not asked",
    (args) => {
      const { status, stderr, calls } = cleanup(args);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^cleanup: .*(expected|needs a value)/);
      expect(calls).toEqual([]);
    },
  );
});
