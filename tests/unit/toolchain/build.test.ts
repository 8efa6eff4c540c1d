import { existsSync, globSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Engine } from "../../../toolchain/engine";
import { versions } from "../../../toolchain/layout";
import { FakeMachine, until } from "./fake-machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
});
afterEach(() => machine.dispose());

const allBuilds = ["build .", "build pulumi", "build pulumi-language-nodejs"];
const engineIn = (output: string) => JSON.parse(output.trim().split("\n").at(-1) ?? "") as Engine;
/** A killed process stays in the table for a moment, until whoever inherits it from its dead parent has collected it. */
const isGone = (pid: number) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};
/** Files and folders in the cache, with the key as `*`. */
const cached = (pattern: string) =>
  globSync(pattern, { cwd: machine.cache }).map((path) => path.replace(/engine-[^/]+/, "engine"));

test("a first run builds every part and says so; a second one builds nothing", async () => {
  machine.installGo();
  const first = await machine.run();
  expect(first.output).toContain("No official pulumi");
  expect(first.output).toMatch(new RegExp(`Pulumi ${versions.pulumi}: done in \\d+ s`));
  expect(first.code).toBe(0);
  expect(machine.builds().toSorted()).toEqual(allBuilds);
  expect(
    cached("engine-*/**/*")
      .filter((path) => !path.includes("/logs"))
      .toSorted(),
  ).toEqual([
    "engine/bin",
    "engine/bin/pulumi",
    "engine/bin/pulumi-analyzer-policy",
    "engine/bin/pulumi-language-nodejs",
    "engine/home",
    "engine/home/plugins",
    `engine/home/plugins/resource-aws-v${versions.awsSdk}`,
    `engine/home/plugins/resource-aws-v${versions.awsSdk}/metadata.json`,
    `engine/home/plugins/resource-aws-v${versions.awsSdk}/pulumi-resource-aws`,
    `engine/home/plugins/resource-aws-v${versions.awsSdk}/schema.json`,
  ]);

  const second = await machine.run();
  expect(second.output.trim().split("\n")).toHaveLength(1);
  expect(engineIn(second.output)).toEqual(engineIn(first.output));
  expect(machine.builds()).toHaveLength(3);
});

test("the built engine brings its own home, keeps the user's login, and puts itself and this Node first on PATH", async () => {
  machine.installGo();
  const engine = engineIn((await machine.run()).output);
  const root = join(machine.cache, readdirSync(machine.cache).find((name) => name.startsWith("engine-")) ?? "");
  expect(engine).toEqual({
    pulumi: join(root, "bin/pulumi"),
    version: versions.pulumi,
    source: "built",
    env: {
      PATH: [join(root, "bin"), join(process.execPath, ".."), machine.bin].join(":"),
      PULUMI_HOME: join(root, "home"),
      PULUMI_CREDENTIALS_PATH: join(machine.home, ".pulumi"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      GOGC: "400",
    },
  });
});

test("of two runs at once, one builds and the other waits, says so, and gets the same engine", async () => {
  machine.installGo("sleep 1");
  const [a, b] = await Promise.all([machine.run(), machine.run()]);
  expect(machine.builds().toSorted()).toEqual(allBuilds);
  expect(engineIn(a.output)).toEqual(engineIn(b.output));
  const waited = [a, b].filter(({ output }) => output.includes("Another run is building the Pulumi engine"));
  expect(waited).toHaveLength(1);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends the compilers, publishes nothing half, and the next run goes on",
  async (signal) => {
    const slow = join(machine.root, "compiler");
    machine.installGo(`[ "$package" = . ] && { echo half > "$out"; echo $$ > '${slow}'; sleep 600; }`);
    const run = machine.start();
    await until(() => existsSync(slow) && run.output().includes(`host ${versions.languageHost}: done`));
    const compiler = Number(readFileSync(slow, "utf8"));
    run.child.kill(signal);
    const stopped = await run.done;
    expect({ code: stopped.code, output: stopped.output }).toEqual({
      code: 130,
      output: expect.stringContaining("Stopped."),
    });
    await until(() => isGone(compiler));
    expect(cached("engine-*/{home/**,staging-*}")).toEqual([]);
    expect(cached("engine-*/bin/pulumi")).toEqual(["engine/bin/pulumi"]);

    machine.installGo();
    const next = await machine.run();
    expect(engineIn(next.output).source).toBe("built");
    expect(
      machine
        .builds()
        .filter((build) => build !== "build .")
        .toSorted(),
    ).toEqual(allBuilds.slice(1));
  },
);

test("a run that was killed outright leaves nothing in the way of the next", async () => {
  const slow = join(machine.root, "compiler");
  machine.installGo(`[ "$package" = . ] && { echo half > "$out"; echo $$ > '${slow}'; sleep 600; }`);
  const run = machine.start();
  await until(() => existsSync(slow));
  run.child.kill("SIGKILL");
  await run.done;
  // The dead run's lock is taken over when it has not been refreshed for 15 s; say that this was long ago.
  const locks = globSync("engine-*.lock", { cwd: machine.cache });
  expect(locks).toHaveLength(1);
  for (const lock of locks) utimesSync(join(machine.cache, lock), 0, 0);
  machine.installGo();
  const next = await machine.run();
  expect(engineIn(next.output).source).toBe("built");
  expect(cached("engine-*/staging-*")).toEqual([]);
  process.kill(-Number(readFileSync(slow, "utf8")), "SIGKILL");
});

test("when one part fails, the other is stopped and the error shows the end of the log", async () => {
  machine.installGo('[ "$package" = . ] && { echo "./provider.go:1:1: undefined: x" >&2; exit 1; }; sleep 600');
  const { code, output } = await machine.run();
  expect(code).toBe(1);
  expect(output).toMatch(
    /UserError: Building AWS plugin .* failed \(status 1\)\. The end of .*aws-plugin\.log:\n.*\n.*\n {2}\.\/provider\.go:1:1: undefined: x/,
  );
});

test.each([
  ["a full disk", "compile: writing output: write $WORK/b1/_pkg_.a: no space left on device", /the disk is full/],
  ["no network", "dial tcp: lookup proxy.example.com: no such host", /could not be downloaded/],
  [
    "a proxy that refuses",
    "reading https://proxy.example.com/github.com/x/@v/v1.zip: 403 Forbidden",
    /could not be downloaded/,
  ],
  ["no memory", "github.com/aws/ec2: compile: signal: killed", /want of memory/],
])("%s is told apart from a compile error", async (_, line, message) => {
  machine.installGo(`echo '${line}' >&2; exit 1`);
  const { code, output } = await machine.run();
  expect(output).toMatch(message);
  expect(code).toBe(1);
});

test("without Go the error says what to install", async () => {
  const { code, output } = await machine.run();
  expect(output).toMatch(/UserError: The Pulumi engine has to be built, and there is no Go on PATH/);
  expect(output).toMatch(
    new RegExp(`-> Install Pulumi ${versions.pulumi} or newer .*, .*or Go ${versions.go} or newer`),
  );
  expect(code).toBe(1);
});

test("a Go that is too old, and may not fetch a newer one, is named", async () => {
  machine.script("go", "echo 'go: go.mod requires go >= 1.26.0 (running go 1.24.1; GOTOOLCHAIN=local)' >&2; exit 1");
  const { code, output } = await machine.run();
  expect(output).toMatch(/UserError: The Go on PATH is older than 1\.26: .*running go 1\.24\.1/);
  expect(code).toBe(1);
});
