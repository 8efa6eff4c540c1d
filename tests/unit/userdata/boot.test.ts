/**
 * Runs the scripts in a folder that stands in for an instance, with stubs for what would change a machine. It shows order,
 * repetition and failure; it does not show that the real programs take the arguments that they are given.
 */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { renderOllama } from "../../../userdata/render";
import { Machine } from "./machine";
import { digestOf, ollamaOptions } from "./options";
import { smallModel, upload } from "./weights";

const machines: Machine[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.remove();
});

function machine(options: ConstructorParameters<typeof Machine>[0] = {}): Machine {
  const made = new Machine(options);
  machines.push(made);
  return made;
}

/** Instances as they are before their first boot: Ubuntu has snapd, and a Deep Learning AMI has Docker. */
const systems = {
  vllm: {
    script: smallModel(),
    fresh: () => {
      const made = machine();
      upload(made);
      made.given("unhealthy", "2");
      return made;
    },
  },
  ollama: {
    script: renderOllama(ollamaOptions),
    fresh: () => {
      const made = machine({ without: ["docker"] });
      made.given("library", digestOf("d"));
      made.given("unhealthy", "1");
      return made;
    },
  },
};

const changing =
  /^(?:apt-get|swapon|mkswap|fallocate|useradd|dpkg --install|docker (?:pull|run|rm|login)|snap (?:install|set|refresh)|aws s3|amazon-cloudwatch-agent-ctl)|^systemctl (?:enable|restart|daemon-reload|try-reload|start (?!llm-ready))|api\/(?:pull|delete)/;

describe.each(Object.entries(systems))("[phi3 4.1] [ollama 4.1] a boot of %s", (name, { script, fresh }) => {
  test("runs these commands in this order", async () => {
    const { status, commands } = await fresh().boot(script);
    expect(status).toBe(0);
    await expect(`${commands.join("\n")}\n`).toMatchFileSnapshot(`goldens/${name}.commands.txt`);
  });

  test("tells Auto Scaling once that the instance may work, after the engine has answered", async () => {
    const { commands } = await fresh().boot(script);
    const told = commands.filter((command) => command.includes("complete-lifecycle-action"));
    expect(told).toEqual([
      expect.stringMatching(
        /--lifecycle-hook-name \w+-engines-launch --lifecycle-action-result CONTINUE --instance-id i-0123456789abcdef0$/,
      ),
    ]);
    const answered = commands.findLastIndex((command) => /v1\/completions|api\/generate/.test(command));
    expect(answered).toBeGreaterThan(0);
    expect(commands.indexOf(told[0] ?? "")).toBeGreaterThan(answered);
  });

  test("changes nothing when it runs again", async () => {
    const instance = fresh();
    const first = await instance.boot(script);
    expect(first.commands.filter((command) => changing.test(command)).length).toBeGreaterThan(5);
    const before = instance.files();
    const { status, commands } = await instance.boot(script);
    expect(status).toBe(0);
    expect(commands.filter((command) => changing.test(command))).toEqual([]);
    expect(instance.files()).toEqual(before);
  });

  test("lets nobody but root read the key, and no log or command line have it", async () => {
    const instance = fresh();
    instance.given("parameter", "k3y-'\"$(x)\\");
    const { status, output, commands } = await instance.boot(script);
    expect(status).toBe(0);
    const holding = Object.keys(instance.files()).filter((path) => instance.read(path).includes("k3y-"));
    expect(holding).toEqual([name === "vllm" ? "etc/llm-stacks/engine.env" : "etc/llm-stacks/web-ui.env"]);
    expect(instance.mode(holding[0] ?? "")).toBe("600");
    expect(instance.read(holding[0] ?? "")).toMatch(/^(?:VLLM_API_KEY|WEBUI_SECRET_KEY)=k3y-'"\$\(x\)\\$/m);
    expect(output + commands.join("\n")).not.toContain("k3y-");
    if (name === "vllm") expect(instance.read(".state/headers")).toBe("Authorization: Bearer k3y-'\"$(x)\\\n");
  });

  test("restarts the engine with a new key, and nothing else", async () => {
    const instance = fresh();
    await instance.boot(script);
    instance.given("parameter", "another");
    const { commands } = await instance.boot(script);
    const unit = name === "vllm" ? "vllm.service" : "web-ui.service";
    expect(commands.filter((command) => changing.test(command) && command.startsWith("systemctl"))).toEqual([
      `systemctl restart ${unit}`,
    ]);
  });
});

describe.each<[string, keyof typeof systems, string, string]>([
  ["sshd refuses its settings", "vllm", "^sshd -t", "ssh: keys only"],
  ["packages can't be had", "ollama", "^apt-get .* install", "packages"],
  ["the agent's package can't be fetched", "vllm", "agent\\.deb$", "logs and metrics"],
  ["the agent's signature is wrong", "ollama", "^gpg .*--verify", "logs and metrics"],
  ["no GPU answers", "vllm", "^nvidia-smi", "gpu"],
  ["the image can't be pulled", "vllm", "^docker pull", "engine image"],
  ["the weights can't be fetched", "vllm", "^aws s3 cp", "model weights"],
  ["the key can't be read", "vllm", "^aws ssm", "api key"],
  ["the engine's unit does not start", "vllm", "^systemctl start vllm", "engine"],
  ["the engine makes no token", "vllm", "v1/completions", "health gate"],
  ["Auto Scaling refuses CONTINUE", "vllm", "CONTINUE", "health gate"],
  ["the snap can't be installed", "ollama", "^snap install", "ollama"],
  ["Ollama does not answer", "ollama", "api/version", "model"],
  ["the model can't be pulled", "ollama", "api/pull", "model"],
  ["Open WebUI's key can't be read", "ollama", "^aws ssm", "open webui's key"],
  ["Open WebUI does not answer", "ollama", "8080/health", "health gate"],
])("[phi3 4.1] [ollama 4.1] when %s", (_, system, failing, step) => {
  test("the boot stops there, says so in its log, and gives the instance up", async () => {
    const { fresh } = systems[system];
    const instance = fresh();
    // The shortest that the options take.
    const script = systems[system].script.replace(/HEALTH_TIMEOUT_SECONDS='\d+'/, "HEALTH_TIMEOUT_SECONDS='1'");
    const { status, output, commands } = await instance.boot(script, failing);
    expect(status).not.toBe(0);
    const log = instance.read("var/log/llm-stacks/boot.log");
    expect(log).toContain(`ERROR: the boot stopped in step "${step}"`);
    expect(log).not.toContain(`done: ${step}\n`);
    expect(output).toContain("ERROR: the boot stopped");
    const started = [...log.matchAll(/start: (.*)/g)].map((match) => match[1]);
    expect(started.at(-1)).toBe(step);
    const told = commands.filter((command) => command.includes("complete-lifecycle-action"));
    expect(told.at(-1)).toContain(`-launch --lifecycle-action-result ABANDON`);
    expect(told.filter((command) => command.includes("CONTINUE")).length).toBe(failing === "CONTINUE" ? 1 : 0);
  });
});

describe("[ollama P30] SSH", () => {
  test.each(Object.entries(systems))("of %s takes keys only", async (_, { script, fresh }) => {
    const instance = fresh();
    await instance.boot(script);
    const settings = instance.read("etc/ssh/sshd_config.d/00-llm-stacks.conf");
    for (const line of [
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "AuthenticationMethods publickey",
    ]) {
      expect(settings.split("\n")).toContain(line);
    }
  });

  test("is left as it was when sshd refuses the settings", async () => {
    const instance = systems.ollama.fresh();
    instance.given("sshd-broken", "");
    const { status, commands } = await instance.boot(systems.ollama.script);
    expect(status).not.toBe(0);
    expect(instance.files()).not.toHaveProperty("etc/ssh/sshd_config.d/00-llm-stacks.conf");
    expect(commands.filter((command) => command.startsWith("systemctl"))).toEqual([]);
  });
});

describe("[ollama P8] Ollama", () => {
  test("comes as a snap from the channel of the config, held there", async () => {
    const instance = systems.ollama.fresh();
    const { commands } = await instance.boot(renderOllama({ ...ollamaOptions, snapChannel: "0.20/candidate" }));
    const snaps = commands.filter((command) => /^snap (?:install|refresh|set)/.test(command));
    expect(snaps).toEqual([
      "snap install ollama --channel=0.20/candidate",
      "snap refresh --hold ollama",
      "snap set ollama host=0.0.0.0:11434",
      "snap set ollama keep-alive=-1",
      "snap set ollama no-cloud=1",
      "snap set ollama origins=*",
      "snap set ollama context-length=4096",
      "snap set ollama num-parallel=2",
    ]);
  });

  const archive = "the release archive\n";
  const sha256 = "63eab98d4d3f5d2e6f8c1bdfd5c5a27b17e0f8a2a61b7a1f4a4c1e0d7b1a5f00";

  test("comes as the release archive where snapd is absent, started by a unit of its own", async () => {
    const instance = machine({ without: ["snap"] });
    instance.given("library", digestOf("d"));
    instance.given("archive", archive);
    const script = renderOllama({ ...ollamaOptions, archive: { version: "0.20.3", sha256: sha256Of(archive) } });
    const { status, commands } = await instance.boot(script);
    expect(status).toBe(0);
    expect(
      commands.filter((command) => /github\.com|^tar|^useradd|^systemctl start ollama\.service|^ollama/.test(command)),
    ).toEqual([
      "curl --silent --show-error --fail --location --retry 5 --retry-connrefused --output ROOT/var/lib/llm-stacks/ollama.archive https://github.com/ollama/ollama/releases/download/v0.20.3/ollama-linux-amd64.tar.zst",
      "tar --extract --file ROOT/var/lib/llm-stacks/ollama.archive --directory ROOT/opt/ollama-0.20.3.part",
      "useradd --system --shell /usr/sbin/nologin --create-home --home-dir /var/lib/ollama ollama",
      "systemctl start ollama.service",
      "ollama serve",
    ]);
    const before = instance.files();
    const again = await instance.boot(script);
    expect(again.status).toBe(0);
    expect(again.commands.filter((command) => changing.test(command) || /github\.com|^tar/.test(command))).toEqual([]);
    expect(instance.files()).toEqual(before);
  });

  test("is not unpacked from an archive with another checksum", async () => {
    const instance = machine({ without: ["snap"] });
    instance.given("archive", archive);
    const { status, output, commands } = await instance.boot(
      renderOllama({ ...ollamaOptions, archive: { version: "0.20.3", sha256 } }),
    );
    expect(status).not.toBe(0);
    expect(output).toContain(
      "the release archive of Ollama 0.20.3 for amd64 is not the one that the config names by checksum",
    );
    expect(commands.filter((command) => /^tar|api\/pull/.test(command))).toEqual([]);
  });

  test("is not guessed where there is neither snapd nor an archive in the config", async () => {
    const { status, output } = await machine({ without: ["snap"] }).boot(
      renderOllama({ ...ollamaOptions, archive: undefined }),
    );
    expect(status).not.toBe(0);
    expect(output).toContain("snapd is absent and the config names no release archive of Ollama");
  });

  test("does not serve a model of another content than the config's: it is deleted again", async () => {
    const instance = systems.ollama.fresh();
    instance.given("library", digestOf("0"));
    const { status, output, commands } = await instance.boot(systems.ollama.script);
    expect(status).not.toBe(0);
    expect(output).toContain(
      `the model phi3:mini has the digest ${digestOf("0")}, and the config names ${digestOf("d")}`,
    );
    expect(commands.some((command) => command.endsWith("/api/delete"))).toBe(true);
    expect(commands.some((command) => command.includes("llm-ready"))).toBe(false);
  });
});

function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
