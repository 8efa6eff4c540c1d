import { execFile } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";

// The real launcher in a checkout of its own, on a machine whose `node` and `npm` are what each test says.
let machine: string;
let checkout: string;
let bin: string;
let installs: string;

/** An npm that notes what it is asked, takes a moment, and makes what the launcher looks for. */
const NPM = `#!/bin/sh
echo "$PWD $*" >>"$INSTALLS"
sleep "\${NPM_SECONDS:-0}"
[ -z "\${NPM_FAILS:-}" ] || { echo "npm error network" >&2; exit 1; }
mkdir -p node_modules/tsx && : >node_modules/tsx/cjs.js
if grep -q llm-stacks-node package.json; then
  mkdir -p node_modules/node-test/bin && ln -s "$REAL_NODE" node_modules/node-test/bin/node
fi
`;

/** What Node 20 answers to the launcher's question: not new enough. */
const OLD_NODE = "#!/bin/sh\nexit 1\n";

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), "llm-launcher-"));
  checkout = join(machine, "checkout");
  bin = join(machine, "bin");
  installs = join(machine, "installs");
  mkdirSync(join(checkout, "automation"), { recursive: true });
  mkdirSync(bin);
  cpSync(join(repoRoot, "llm"), join(checkout, "llm"));
  cpSync(join(repoRoot, "toolchain/node"), join(checkout, "toolchain/node"), { recursive: true });
  writeFileSync(join(checkout, "package.json"), "{}");
  writeFileSync(join(checkout, "package-lock.json"), "{}");
  writeFileSync(join(checkout, "automation/main.ts"), "console.log(JSON.stringify(process.argv.slice(2)));");
});

afterEach(() => rmSync(machine, { recursive: true, force: true }));

function provide(name: string, script: string): void {
  writeFileSync(join(bin, name), script);
  chmodSync(join(bin, name), 0o755);
}

function launch(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      join(checkout, "llm"),
      args,
      {
        env: {
          PATH: `${bin}:/usr/bin:/bin`,
          HOME: machine,
          LLM_STACKS_CACHE: join(machine, "cache"),
          INSTALLS: installs,
          REAL_NODE: process.execPath,
          ...env,
        },
      },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const installCount = () => (existsSync(installs) ? readFileSync(installs, "utf8").trim().split("\n").length : 0);

describe("the launcher", () => {
  test("installs the packages once and passes the arguments on as they are", async () => {
    symlinkSync(process.execPath, join(bin, "node"));
    provide("npm", NPM);
    const first = await launch(["up", "two words", "--yes"]);
    expect(first).toMatchObject({ status: 0, stdout: '["up","two words","--yes"]\n' });
    expect(first.stderr).toContain("installing the npm packages");
    expect(await launch([])).toEqual({ status: 0, stdout: "[]\n", stderr: "" });
    expect(installCount()).toBe(1);
  });

  test("installs again when the lock file changes", async () => {
    symlinkSync(process.execPath, join(bin, "node"));
    provide("npm", NPM);
    await launch([]);
    writeFileSync(join(checkout, "package-lock.json"), '{"changed": true}');
    await launch([]);
    expect(installCount()).toBe(2);
  });

  test("fetches a Node of its own where the machine's is too old, once", async () => {
    provide("node", OLD_NODE);
    provide("npm", NPM);
    const first = await launch([]);
    expect(first.stderr).toContain("older than 22.18");
    expect(first).toMatchObject({ status: 0, stdout: "[]\n" });
    expect(await launch([])).toEqual({ status: 0, stdout: "[]\n", stderr: "" });
    // One for Node, one for the packages.
    expect(installCount()).toBe(2);
  });

  test("says what to install where there is neither Node nor npm", async () => {
    provide("node", OLD_NODE);
    provide("npm", "");
    rmSync(join(bin, "npm"));
    const run = await launch([], { PATH: `${bin}:${join(machine, "tools")}`, ...onlyTools() });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("there is no npm on PATH");
    expect(run.stderr).toContain("https://nodejs.org");
  });

  test("fails when npm does, and tries again at the next run", async () => {
    symlinkSync(process.execPath, join(bin, "node"));
    provide("npm", NPM);
    const failed = await launch([], { NPM_FAILS: "1" });
    expect(failed).toMatchObject({ status: 1, stdout: "" });
    expect(failed.stderr).toContain("npm ci failed");
    expect((await launch([])).status).toBe(0);
  });

  test("installs once when two runs start at the same time", async () => {
    symlinkSync(process.execPath, join(bin, "node"));
    provide("npm", NPM);
    const runs = await Promise.all([launch([], { NPM_SECONDS: "2" }), launch([], { NPM_SECONDS: "2" })]);
    expect(runs.map(({ status }) => status)).toEqual([0, 0]);
    expect(runs.filter(({ stderr }) => stderr.includes("is installing; waiting for it"))).toHaveLength(1);
    expect(installCount()).toBe(1);
  });

  test("takes over the lock of a run that was killed", async () => {
    symlinkSync(process.execPath, join(bin, "node"));
    provide("npm", NPM);
    mkdirSync(join(checkout, ".local/install.lock"), { recursive: true });
    // Linux numbers processes up to 4194304; this one can't be there.
    writeFileSync(join(checkout, ".local/install.lock/pid"), "4999999");
    expect((await launch([])).status).toBe(0);
    expect(existsSync(join(checkout, ".local/install.lock"))).toBe(false);
  });
});

/** The few programs the launcher itself needs, in a folder without npm. */
function onlyTools(): Record<string, string> {
  mkdirSync(join(machine, "tools"));
  for (const tool of ["dirname", "cksum", "tr", "ls", "head", "cat"]) {
    symlinkSync(
      ["/usr/bin", "/bin"].map((dir) => join(dir, tool)).find(existsSync) ?? tool,
      join(machine, "tools", tool),
    );
  }
  return {};
}
