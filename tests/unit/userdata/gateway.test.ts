/** An instance of the gateway, run in a folder that stands in for it. What the stubs can't show: see boot.test.ts. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type GatewayOptions, packUserData, renderGateway } from "../../../userdata/render";
import { judge, pass } from "../policy-pack/rules";
import { Machine, type Run } from "./machine";
import { gatewayOptions } from "./options";

const machines: Machine[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.remove();
});

const code = 'console.log("gateway");\n';
const sha256 = createHash("sha256").update(code).digest("hex");
const environment = { PORT: "3000", DATABASE_URL: "postgres://db.example.com:5432/gateway", ODD: 'a "b" \\c $D #e' };
const scriptWith = (options: Partial<GatewayOptions> = {}) =>
  renderGateway({ ...gatewayOptions, code: { ...gatewayOptions.code, sha256 }, ...options });

/** An instance before its first boot, in a fleet with these engines. */
function machine(engines: Readonly<Record<string, string>> = {}): Machine {
  const made = new Machine();
  machines.push(made);
  made.given("bucket/main.js", code);
  made.given("parameter", `${JSON.stringify(environment)}\n`);
  made.given("../etc/hosts", "127.0.0.1 localhost\n");
  inService(made, engines);
  return made;
}

function inService(made: Machine, engines: Readonly<Record<string, string>>): void {
  made.given("in-service", Object.keys(engines).join("\t"));
  // As EC2 tells of them: in no order. The higher its number, the later an instance was launched.
  for (const [id, address] of Object.entries(engines)) {
    made.given(`address-${id}`, `2026-11-21T10:0${id.at(-1)}:00+00:00\t${id}\t${address}\n`);
  }
}

const start = (made: Machine, program: string, failing = ""): Promise<Run> =>
  made.run(join(made.root, "opt/llm-stacks", program), failing);
const replicas = (made: Machine) =>
  Object.fromEntries(
    [...made.read("etc/hosts").matchAll(/^(\S+) (replica-\d+) # llm-stacks replica$/gm)].map(([, address, name]) => [
      name,
      address,
    ]),
  );

describe("a boot of the gateway", () => {
  test("runs these commands in this order", async () => {
    const { status, commands, output } = await machine().boot(scriptWith());
    expect(status, output).toBe(0);
    await expect(`${commands.join("\n")}\n`).toMatchFileSnapshot("goldens/gateway.commands.txt");
  });

  test("gives the gateway its environment as systemd reads it", async () => {
    const made = machine();
    await made.boot(scriptWith());
    expect(made.read("etc/llm-stacks/gateway.env").trim().split("\n")).toEqual([
      'PORT="3000"',
      'DATABASE_URL="postgres://db.example.com:5432/gateway"',
      'ODD="a \\"b\\" \\\\c $D #e"',
    ]);
  });

  test("runs no other code than the launch template names, and says so", async () => {
    const made = machine();
    made.given("bucket/main.js", `${code}// more\n`);
    const { status, output, commands } = await made.boot(scriptWith());
    expect(status).not.toBe(0);
    expect(output).toContain("gateway/main.js is not the file that the launch template names by checksum");
    expect(commands.filter((command) => command.includes("systemctl start gateway"))).toEqual([]);
    expect(commands.at(-1)).toMatch(/--lifecycle-action-result ABANDON/);
  });

  test("a second time changes nothing and restarts nothing", async () => {
    const made = machine({ "i-1": "10.3.1.10" });
    await made.boot(scriptWith());
    const before = made.files();
    const { status, commands } = await made.boot(scriptWith());
    expect(status).toBe(0);
    expect(
      commands.filter((command) => /systemctl (restart(?! datadog)|start gateway)|snap install/.test(command)),
    ).toEqual([]);
    // The agent's configuration is written anew each time.
    const { "etc/datadog-agent/datadog.yaml": _then, ...kept } = before;
    const { "etc/datadog-agent/datadog.yaml": _now, ...now } = made.files();
    expect(now).toEqual(kept);
  });

  test("restarts the gateway for another environment", async () => {
    const made = machine();
    await made.boot(scriptWith());
    made.given("parameter", `${JSON.stringify({ ...environment, PORT: "3001" })}\n`);
    const { commands } = await made.boot(scriptWith());
    expect(commands).toContain("systemctl restart gateway.service");
  });
});

describe("names of engines", () => {
  test("are given to those that serve; the others lead to this machine, where nothing listens", async () => {
    const made = machine({ "i-1": "10.3.1.10", "i-2": "10.3.2.20" });
    await made.boot(scriptWith());
    expect(replicas(made)).toEqual({ "replica-1": "10.3.2.20", "replica-2": "10.3.1.10", "replica-3": "127.0.0.1" });
    expect(made.read("etc/hosts")).toMatch(/^127\.0\.0\.1 localhost\n/);
    expect(made.mode("etc/hosts")).toBe("644");
  });

  test("are the same on every machine, in whatever order it saw engines come, and stay with those that were there first", async () => {
    // i-2 and i-3 want the same name, and i-1 the one that i-3 then takes next but for i-1.
    const two = { "i-3": "10.3.1.3", "i-2": "10.3.1.2" };
    const three = { "i-3": "10.3.1.3", "i-1": "10.3.1.1", "i-2": "10.3.1.2" };
    const early = machine(two);
    await early.boot(scriptWith());
    expect(replicas(early)).toEqual({ "replica-1": "10.3.1.2", "replica-2": "10.3.1.3", "replica-3": "127.0.0.1" });
    inService(early, three);
    expect((await start(early, "replicas")).status).toBe(0);
    const late = machine(three);
    await late.boot(scriptWith());
    expect(replicas(early)).toEqual(replicas(late));
    expect(replicas(late)).toEqual({ "replica-1": "10.3.1.2", "replica-2": "10.3.1.1", "replica-3": "10.3.1.3" });
    inService(early, { "i-2": "10.3.1.2", "i-4": "10.3.1.4" });
    await start(early, "replicas");
    expect(replicas(early)).toEqual({ "replica-1": "10.3.1.2", "replica-2": "127.0.0.1", "replica-3": "10.3.1.4" });
  });

  test("that an engine loses are told to the gateway, for connections to it may still be open", async () => {
    const made = machine({ "i-1": "10.3.1.1", "i-2": "10.3.1.2" });
    await made.boot(scriptWith());
    expect(() => made.read("var/lib/llm-stacks/leaving")).toThrow();
    inService(made, { "i-2": "10.3.1.2" });
    await start(made, "replicas");
    const told = () => made.read("var/lib/llm-stacks/leaving").trim().split("\n");
    expect(told()).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ replica-2 10\.3\.1\.1$/)]);
    expect(made.mode("var/lib/llm-stacks/leaving")).toBe("644");
    await start(made, "replicas");
    expect(told()).toHaveLength(1);
    inService(made, {});
    await start(made, "replicas");
    expect(told()).toEqual([expect.stringContaining("replica-2"), expect.stringMatching(/ replica-1 10\.3\.1\.2$/)]);
  });

  test("stay as they are when AWS does not answer, or when nothing changed", async () => {
    const made = machine({ "i-1": "10.3.1.10" });
    await made.boot(scriptWith());
    const before = made.files();
    for (const failing of ["describe-auto-scaling-groups", "describe-instances", ""]) {
      const { status, output } = await start(made, "replicas", failing);
      expect(status).toBe(0);
      expect(output.includes("AWS does not tell which engines")).toBe(failing !== "");
      expect(made.files()).toEqual(before);
    }
  });

  test("are not enough for more engines than expected, which is said", async () => {
    const made = machine({ "i-1": "10.3.1.1", "i-2": "10.3.1.2", "i-3": "10.3.1.3", "i-4": "10.3.1.4" });
    await made.boot(scriptWith());
    const { output } = await start(made, "replicas");
    expect(output).toContain("10.3.1.4 gets no name: all 3 are taken");
    expect(Object.values(replicas(made)).sort()).toEqual(["10.3.1.1", "10.3.1.2", "10.3.1.3"]);
  });
});

describe("the Datadog agent", () => {
  test("gets its key from the secret, in a file that only it reads, and in no command", async () => {
    const made = machine();
    const { commands } = await made.boot(scriptWith());
    expect(JSON.parse(made.read("etc/datadog-agent/datadog.yaml"))).toEqual({
      api_key: "d4t4d0g-k3y",
      site: "datadoghq.eu",
      env: "dev",
      tags: ["service:llm-gateway"],
      apm_config: { enabled: true },
      logs_enabled: false,
    });
    expect(made.mode("etc/datadog-agent/datadog.yaml")).toBe("640");
    expect(commands.join("\n")).not.toContain("d4t4d0g-k3y");
    expect(commands).toContain(
      "gpg --homedir TEMPORARY/keys --batch --export 5F1E256061D813B125E156E8E6266D4AC0962C7D",
    );
  });

  test.each([["apt-get .*datadog"], ["keys.datadoghq.com"], ["get-secret-value"]])(
    "that can't be had (%s) keeps nobody from being served",
    async (failing) => {
      const { status, output, commands } = await machine().boot(scriptWith(), failing);
      expect(status).toBe(0);
      expect(output).toContain("ERROR: the Datadog agent does not run; this instance serves without it");
      expect(commands.at(-1)).toMatch(/--lifecycle-action-result CONTINUE/);
    },
  );

  test("is not installed from packages that another key signed", async () => {
    const made = machine();
    made.given("datadog-signer", "");
    const { output, commands } = await made.boot(scriptWith());
    expect(output).toContain("Datadog's key for its packages is another than the one that its documentation names");
    expect(commands.filter((command) => /^apt-get .*datadog/.test(command))).toEqual([]);
  });

  test("is absent unless it is configured", async () => {
    const script = scriptWith({ datadog: undefined });
    expect(script).not.toContain("datadoghq");
    const { status, commands } = await machine().boot(script);
    expect(status).toBe(0);
    expect(commands.join("\n")).not.toMatch(/datadog/);
  });
});

describe("the end of an instance", () => {
  test("stops the gateway, which ends its streams, and then lets Auto Scaling go on", async () => {
    const made = machine();
    await made.boot(scriptWith({ drainSeconds: 3600 }));
    made.given("lifecycle", "InService\nTerminated\n");
    made.given("state-gateway.service", "active\n");
    made.given("streams", "4");
    const run = await start(made, "watch");
    expect(run.status).toBe(0);
    const asked = run.commands.filter((command) => command.startsWith("systemctl s"));
    expect(asked.filter((command) => command === "systemctl stop --no-block gateway.service")).toHaveLength(1);
    // Once before the stop, five times while it ends, and three times for good measure.
    expect(asked.filter((command) => command.startsWith("systemctl show"))).toHaveLength(9);
    expect(run.commands.at(-1)).toMatch(/agents-engines-end --lifecycle-action-result CONTINUE/);
  });
});

test.each(["llm-image-digest", "llm-weights-checksum", "llm-provider-keys", "lp-user-data-secrets"])(
  "the script passes %s",
  async (rule) => {
    const userData = packUserData(scriptWith());
    expect(await judge(rule, { type: "aws:ec2/launchTemplate:LaunchTemplate", props: { userData } })).toEqual(pass);
  },
);
