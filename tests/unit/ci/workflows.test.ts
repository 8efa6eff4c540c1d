import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { repoRoot } from "../../../automation/lib/paths";
import { knownStacks } from "../../../automation/lib/project";
import { versions } from "../../../toolchain/layout";
import { actionlint } from "../../support/actionlint";
import { helpOf, mistakesIn } from "../../support/command-help";
import { actionFiles, callsOf, workflows } from "../../support/workflows";

/** Whether GitHub does with the workflows what they say, and whether AWS lets them, only GitHub and AWS can show. */
const read = (file: string) => readFileSync(join(repoRoot, file), "utf8");
const jobs = workflows.flatMap((workflow) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({
    workflow,
    job,
    name: `${workflow.file.split("/").at(-1)} ${name}`,
  })),
);

/** The most that each job may do with the repository. `id-token` is the way to AWS. */
const PERMISSIONS: Record<string, Record<string, string>> = {
  "backup.yml state": { contents: "read", "id-token": "write" },
  "deploy-stack.yml deploy": { contents: "read", "id-token": "write" },
  "deploy-stack.yml load": { contents: "read", "id-token": "write" },
  "deploy-stack.yml plan": { contents: "read", "id-token": "write" },
  "deploy-stack.yml smoke": { contents: "read", "id-token": "write" },
  "deploy.yml chosen": { contents: "read", "id-token": "write" },
  "deploy.yml dev": { contents: "read", "id-token": "write" },
  "deploy.yml staging": { contents: "read", "id-token": "write" },
  "destroy.yml destroy": { contents: "read", "id-token": "write" },
  "destroy.yml not-confirmed": {},
  "drift.yml drift": { contents: "read", "id-token": "write" },
  "images.yml build": { contents: "read", "id-token": "write" },
  "images.yml check": { contents: "read" },
  "load.yml baseline": { contents: "read", "id-token": "write" },
  "smoke.yml smoke": { contents: "read", "id-token": "write" },
  "validate.yml lint": { contents: "read" },
  "validate.yml plan": { contents: "read", "id-token": "write", "pull-requests": "write" },
  "validate.yml policy": { contents: "read", "security-events": "write" },
  "validate.yml test": { contents: "read" },
  "whole.yml whole": { contents: "read" },
};

/** GitHub environments whose role may change AWS; all others that take on a role only read. */
const CHANGES_AWS = ["deploy-stack.yml deploy", "destroy.yml destroy", "images.yml build"];

describe("[operations 7] workflows", () => {
  test("are clean for actionlint and ShellCheck", async () => {
    expect(await actionlint(repoRoot)).toEqual([]);
  });

  test("actionlint is asked in earnest: it finds a job that needs one which is not there", async () => {
    const folder = mkdtempSync(join(tmpdir(), "llm-stacks-actionlint-"));
    try {
      cpSync(join(repoRoot, ".github"), join(folder, ".github"), { recursive: true });
      mkdirSync(join(folder, ".git"));
      const file = join(folder, ".github/workflows/deploy.yml");
      writeFileSync(file, readFileSync(file, "utf8").replace("needs: dev", "needs: nobody"));
      expect((await actionlint(folder)).join("\n")).toContain("nobody");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("every action is pinned by its commit, with its version, and docs/ci.md says where the pin was seen", () => {
    const document = read("docs/ci.md");
    const pins = new Map<string, string>();
    for (const file of actionFiles) {
      for (const [line] of read(file).matchAll(/^.*\buses:.*$/gm)) {
        if (/uses: \.\//.test(line)) continue;
        const [, action = "", commit = "", version = ""] =
          /uses: ([\w-]+\/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$/.exec(line) ?? [];
        expect(commit, `${file}: ${line.trim()}`).not.toBe("");
        expect(pins.get(action) ?? commit, `${action} has two pins`).toBe(commit);
        pins.set(action, commit);
        expect(document, action).toContain(`| \`${action}\` | ${version} | \`${commit}\` |`);
      }
    }
    expect(pins.size).toBeGreaterThanOrEqual(7);
    expect([...document.matchAll(/\| `[0-9a-f]{40}` \|/g)], "docs/ci.md lists pins that nothing uses").toHaveLength(
      pins.size,
    );
  });

  test("no workflow has a permission, and no job more than the table says", () => {
    for (const { file, permissions } of workflows) expect(permissions, file).toEqual({});
    expect(Object.fromEntries(jobs.map(({ name, job }) => [name, job.permissions]))).toEqual(PERMISSIONS);
  });

  test("every job ends by itself, and keeps no credentials of git", () => {
    for (const { name, job } of jobs) {
      if (job.uses !== undefined) continue;
      expect(job["timeout-minutes"], name).toBeGreaterThan(0);
      for (const step of job.steps ?? []) {
        if (step.uses?.startsWith("actions/checkout@"))
          expect(step.with, name).toEqual({ "persist-credentials": false });
      }
    }
  });

  test("no value from outside is written into a script: it would be run", () => {
    for (const { name, job } of jobs)
      for (const step of job.steps ?? []) expect(step.run ?? "", name).not.toContain("$" + "{{");
    for (const { name, job } of jobs)
      for (const step of job.steps ?? []) expect((step.run ?? "").split("\n").length, name).toBeLessThan(5);
  });

  test("only jobs in an environment get credentials of AWS, and only these those that change it", () => {
    for (const { name, job } of jobs) {
      const role = job.steps?.some((step) => step.with?.["role"] !== undefined) ?? false;
      expect(role, name).toBe(job.environment !== undefined);
      if (job.uses === undefined) expect(job.permissions?.["id-token"] === "write", name).toBe(role);
      if (role && !CHANGES_AWS.includes(name)) expect(job.environment, name).toMatch(/-preview$/);
    }
    expect(jobs.filter(({ name }) => CHANGES_AWS.includes(name))).toHaveLength(CHANGES_AWS.length);
  });

  test("every stack can be chosen, and a name that is typed wrongly destroys nothing", () => {
    for (const file of ["deploy.yml", "destroy.yml", "smoke.yml"]) {
      const { inputs } = parse(read(`.github/workflows/${file}`)).on.workflow_dispatch;
      expect([...inputs.stack.options].sort(), file).toEqual(knownStacks());
    }
    expect(read(".github/workflows/destroy.yml")).toMatch(
      / {2}destroy:\n.*\n {4}if: inputs\.confirm == inputs\.stack\n/,
    );
  });

  test("the engine that is installed is the one that this project is written for", () => {
    expect(read(".github/actions/setup/action.yml")).toContain(`pulumi-version: ${versions.pulumi}\n`);
  });
});

describe("[operations 7] what workflows call", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

  test.each(jobs.filter(({ job }) => job.uses === undefined))(
    "$name: each of our commands can be parsed",
    async ({ workflow, job }) => {
      for (const [program = "", ...args] of callsOf(workflow, job)) {
        const call = [program, ...args].join(" ");
        if (program === "llm") await expectCommand(args, call);
        if (program !== "npm") continue;
        const words = args.filter((word) => word !== "--silent");
        expect(words[0], call).toBe("run");
        expect(Object.keys(scripts), call).toContain(words[1]);
      }
    },
  );

  test("a wrong option, a missing value, a missing argument and an unknown command are found", async () => {
    const preview = await helpOf("automation/main.ts", ["preview"]);
    expect(preview && mistakesIn(["dev", "--jsn"], preview)).toEqual(["there is no option --jsn"]);
    expect(preview && mistakesIn(["dev", "--sarif", "--json"], preview)).toEqual(["--sarif has no value"]);
    const demo = await helpOf("automation/main.ts", ["demo"]);
    expect(demo && mistakesIn(["--local"], demo)).toEqual(["0 arguments, not 1 to 1"]);
    expect(preview && mistakesIn(["dev", "--sarif", "file", "--local"], preview)).toEqual([]);
    expect(await helpOf("automation/main.ts", ["launch"])).toBeUndefined();
  });

  test("the whole is called: each deployment is planned, backed up, made and shown", () => {
    const { workflow, job } = jobs.find(({ name }) => name === "deploy-stack.yml deploy") ?? never();
    expect(callsOf(workflow, job)).toEqual([
      ["llm", "state", "backup", "staging", "--to", "s3"],
      ["llm", "up", "staging", "--yes"],
      ["llm", "outputs", "staging"],
    ]);
  });
});

async function expectCommand(args: readonly string[], call: string): Promise<void> {
  const words = args[0] === "state" || args[0] === "local" ? args.slice(0, 2) : args.slice(0, 1);
  const help = await helpOf("automation/main.ts", words);
  expect(help, `${call}: no such command`).toBeDefined();
  if (help) expect(mistakesIn(args.slice(words.length), help), call).toEqual([]);
}

function never(): never {
  throw new Error("there is no such job");
}
