import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Engine, isAtLeast } from "../../../toolchain/engine";
import { versions } from "../../../toolchain/layout";
import { FakeMachine } from "./fake-machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
});
afterEach(() => machine.dispose());

const engineIn = (output: string) => JSON.parse(output.trim().split("\n").at(-1) ?? "") as Engine | null;

/** A stand-in for the official engine: answers `version`, and `plugin install` as told. */
function installPulumi(version: string, onInstall: string): void {
  machine.script("pulumi", `case "$1" in version) echo v${version} ;; plugin) ${onInstall} ;; esac`);
}

const pluginDir = () => join(machine.home, ".pulumi/plugins", `resource-aws-v${versions.awsSdk}`);
const installs = () => `/bin/mkdir -p '${pluginDir()}'`;

describe("an official engine on PATH", () => {
  test("that is new enough is used with the plugin it installs, and nothing is built", async () => {
    machine.installGo();
    installPulumi("3.225.1", installs());
    const { output } = await machine.run();
    expect(engineIn(output)).toMatchObject({ pulumi: join(machine.bin, "pulumi"), version: "3.225.1", source: "path" });
    expect(engineIn(output)?.env).not.toHaveProperty("PULUMI_HOME");
    expect(machine.builds()).toEqual([]);
    expect(existsSync(pluginDir())).toBe(true);
  });

  test("that has the plugin already is found without installing anything", async () => {
    installPulumi(versions.pulumi, "exit 1");
    mkdirSync(pluginDir(), { recursive: true });
    const { output } = await machine.run("findEngine()");
    expect(engineIn(output)).toMatchObject({ version: versions.pulumi, source: "path" });
  });

  test("whose plugin can't be installed is passed over, with the reason", async () => {
    machine.installGo();
    installPulumi("3.225.1", "echo no route to host >&2; exit 1");
    const { output } = await machine.run();
    expect(output).toMatch(/pulumi 3\.225\.1 .* can't install its AWS plugin: see .*plugin-install\.log/);
    expect(engineIn(output)?.source).toBe("built");
  });

  test("whose plugin could not be installed is not asked again once there is a built engine", async () => {
    machine.installGo();
    const asked = join(machine.root, "asked");
    installPulumi("3.225.1", `echo x >> '${asked}'; exit 1`);
    await machine.run();
    await machine.run();
    const { output } = await machine.run();
    expect(output.trim().split("\n")).toHaveLength(1);
  });

  test("that is too old is passed over", async () => {
    machine.installGo();
    installPulumi("3.219.9", installs());
    const { output } = await machine.run();
    expect(engineIn(output)).toMatchObject({ version: versions.pulumi, source: "built" });
    expect(existsSync(pluginDir())).toBe(false);
  });

  test("that is no engine at all is passed over", async () => {
    machine.installGo();
    machine.script("pulumi", "echo 'pulumi: command not set up'; exit 3");
    expect(engineIn((await machine.run()).output)?.source).toBe("built");
  });
});

test("findEngine builds nothing", async () => {
  machine.installGo();
  const { output } = await machine.run("findEngine()");
  expect(engineIn(output)).toBeNull();
  expect(machine.builds()).toEqual([]);
});

test("the engine's own environment does not make a built engine an official one", async () => {
  machine.installGo();
  const built = engineIn((await machine.run()).output);
  const nested = await machine.run(`(Object.assign(process.env, ${JSON.stringify(built?.env)}), findEngine())`);
  expect(engineIn(nested.output)).toMatchObject({ source: "built", pulumi: built?.pulumi });
});

const number = fc.nat({ max: 400 });
const version = fc.tuple(number, number, number);
property.prop([version, version])("versions compare by number, part by part", (a, b) => {
  const order = a.map((n, i) => n - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
  expect(isAtLeast(a.join("."), b.join("."))).toBe(order >= 0);
});
