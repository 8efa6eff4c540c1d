import type { ChildProcess } from "node:child_process";
import { appendFileSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { LambdaClient, UpdateFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { localDir } from "../../automation/lib/paths";
import { copyCheckout } from "../support/checkout";
import { LARGE_MODEL_SHA256, largeModel } from "../support/large-model";
import { llm } from "../support/llm";
import { orphans } from "../support/processes";

// What a user does, in the order he does it, through the launcher: on an emulator and a state of the tests' own.
const home = join(localDir, "e2e-lambda-efs");
const env = { LLM_STACKS_LOCAL_DIR: home };
const run = (args: string[], onOutput?: (output: string, child: ChildProcess) => void) => llm(args, { env, onOutput });
const upDev = ["up", "dev", "--local", "--yes", "--systems", "lambda-efs"];

interface Report {
  passed: boolean;
  steps: { name: string; status: string; details?: Record<string, unknown> }[];
}

const readReport = (dir: string) => JSON.parse(readFileSync(join(dir, "report.json"), "utf8")) as Report;

beforeAll(async () => {
  await run(["local", "stop"]);
  rmSync(home, { recursive: true, force: true });
});

afterAll(async () => {
  await run(["local", "stop"]);
  rmSync(home, { recursive: true, force: true });
});

describe("Lambda + EFS on this machine", () => {
  test("Ctrl-C in the middle of the first update ends with status 130", async () => {
    let stopped = false;
    const interrupted = await run(upDev, (output, child) => {
      if (stopped || !/aws:efs:FileSystem\S* \S+ creat(ing|ed)/.test(output)) return;
      stopped = /Updating \(/.test(output);
      if (stopped) child.kill("SIGINT");
    });
    expect(interrupted.status, interrupted.output).toBe(130);
    expect(interrupted.stderr).toContain("Run the same command again");
  });

  test("running it again converges, and kill -9 in the middle of that loses nothing", async () => {
    let killed = false;
    // Pulumi's own processes look for the engine now and then; the program and the policies have no reason to wait.
    const lost = () => orphans().filter(({ command }) => /cmd\/run\/index\.js|pulumi-analyzer-policy/.test(command));
    const before = new Set(lost().map(({ pid }) => pid));
    const murdered = await run(upDev, (output, child) => {
      if (killed || child.pid === undefined || !/Updating \([\s\S]*creating/.test(output)) return;
      killed = process.kill(-child.pid, "SIGKILL");
    });
    expect(murdered.status).toBe(-1);
    const gone = () => expect(lost().filter(({ pid }) => !before.has(pid))).toEqual([]);
    await vi.waitFor(gone, { timeout: 20_000, interval: 250 });

    const again = await run(upDev);
    expect(again.status, again.output).toBe(0);
    expect(again.stdout).toContain("apiUrl");
  });

  test("another update changes nothing", async () => {
    const again = await run(upDev);
    expect(again.status, again.output).toBe(0);
    expect(again.stdout).not.toMatch(/[+~-] +\d+ (created|updated|deleted|replaced)/);
    expect(again.stdout).toMatch(/Resources:\s+\d+ unchanged/);
  });

  test("the demo drives it with a small model and writes the evidence", async () => {
    const out = join(home, "evidence-small");
    const demo = await run(["demo", "lambda-efs", "--local", "--out", out]);
    expect(demo.status, demo.output).toBe(0);
    const report = readReport(out);
    expect(report.passed).toBe(true);
    expect(report.steps.map(({ status }) => status)).not.toContain("failed");
    expect(readFileSync(join(out, "report.md"), "utf8")).toContain("predict");
  });

  test("the demo drives it with a model of more than 200 MB", async () => {
    const file = await largeModel();
    expect(statSync(file).size).toBeGreaterThan(200e6);
    const out = join(home, "evidence-large");
    const demo = await run(["demo", "lambda-efs", "--local", "--file", file, "--out", out]);
    expect(demo.status, demo.output).toBe(0);
    // The functions read the same bytes that were sent.
    expect(readFileSync(join(out, "report.json"), "utf8")).toContain(LARGE_MODEL_SHA256);
  });

  test("outputs are those of the deployed stack, as JSON on standard output alone", async () => {
    const { status, stdout } = await run(["outputs", "dev", "--local", "--json"]);
    expect(status).toBe(0);
    const { lambdaEfs } = JSON.parse(stdout) as { lambdaEfs: Record<string, string> };
    expect(lambdaEfs["apiUrl"]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
  });

  test("a violation planted in stacks/ stops the update with status 3, naming resource, property and cure", async () => {
    const checkout = copyCheckout("e2e-violation");
    try {
      appendFileSync(
        join(checkout.folder, "index.ts"),
        `\nnew (require("@pulumi/aws").vpc.SecurityGroupIngressRule)("planted", { securityGroupId: "sg-1", ipProtocol: "tcp", fromPort: 22, toPort: 22, cidrIpv4: "0.0.0.0/0" });\n`,
      );
      const refused = await llm(upDev, { env, checkout: checkout.folder });
      expect(refused.status, refused.output).toBe(3);
      expect(refused.stderr).toContain('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule "planted"');
      expect(refused.stderr).toContain("lp-sg-ssh-open");
      expect(refused.stderr).toContain("cidrIpv4");
      expect(refused.stderr).toMatch(/Fix:/);
      expect(refused.stdout).not.toContain("Updating (");
    } finally {
      checkout.remove();
    }
  });

  test("drift is nothing until somebody changes something past the program, and an update puts that back", async () => {
    const drift = () => run(["drift", "dev", "--local", "--json"]);
    const before = await drift();
    expect(before.status, before.output).toBe(0);
    expect(JSON.parse(before.stdout).drifts).toEqual([]);

    const { stdout } = await run(["outputs", "dev", "--local", "--json"]);
    const { consumerFunctionName: consumer } = JSON.parse(stdout).lambdaEfs;
    const endpoint = /http:\/\/[\d.:]+/.exec((await run(["local", "status"])).stdout)?.[0] ?? "";
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const lambda = new LambdaClient({ region: "us-east-1", endpoint, credentials });
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: consumer, Timeout: 7 }));
    lambda.destroy();

    const after = await drift();
    expect(after.status, after.output).toBe(1);
    const [{ resource, kind, changes }] = JSON.parse(after.stdout).drifts;
    expect([resource, kind]).toEqual([expect.stringContaining("consumer"), "changed"]);
    expect(changes).toEqual([{ path: "timeout", deployed: expect.any(Number), found: 7 }]);
    const back = await run([...upDev, "--refresh"]);
    expect(back.status, back.output).toBe(0);
    expect(JSON.parse((await drift()).stdout).drifts).toEqual([]);
  });

  test("down leaves nothing", async () => {
    const down = await run(["down", "dev", "--local", "--yes"]);
    expect(down.status, down.output).toBe(0);
    expect(down.stdout).toContain("nothing is left");
  });
});
