import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CloudWatchClient, DescribeAlarmsCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localDir } from "../../automation/lib/paths";
import { systemNames } from "../../stacks/systems";
import { llm } from "../support/llm";

// What README shows: every system of the dev stack at once, each then driven by its demo.
const home = join(localDir, "e2e-dev-stack");
const run = (args: string[]) => llm(args, { env: { LLM_STACKS_LOCAL_DIR: home } });

interface Report {
  passed: boolean;
  steps: { name: string; status: string; error?: string; details: Record<string, unknown> }[];
}

async function demo(system: string): Promise<{ report: Report; out: string }> {
  const out = join(home, "evidence", system);
  const { status, output } = await run(["demo", system, "--local", "--out", out]);
  expect(status, output).toBe(0);
  return { report: JSON.parse(readFileSync(join(out, "report.json"), "utf8")) as Report, out };
}

beforeAll(async () => {
  await run(["local", "stop"]);
  rmSync(home, { recursive: true, force: true });
});

afterAll(async () => {
  await run(["local", "stop"]);
  rmSync(home, { recursive: true, force: true });
});

describe("the dev stack on this machine", () => {
  test("comes up with all its systems, and no mandatory policy is violated", async () => {
    const up = await run(["up", "dev", "--local", "--yes"]);
    expect(up.status, up.output).toBe(0);
    expect(up.stdout).toMatch(/violations: (none|.*\(0 mandatory\))/);
    const { stdout } = await run(["outputs", "dev", "--local", "--json"]);
    expect(Object.keys(JSON.parse(stdout)).sort()).toEqual(["afirgen", "agents", "lambdaEfs", "ollama", "phi3"]);
    expect(systemNames).toHaveLength(5);
  });

  test("another update changes nothing", async () => {
    const again = await run(["up", "dev", "--local", "--yes"]);
    expect(again.status, again.output).toBe(0);
    expect(again.stdout).not.toMatch(/[+~-] +\d+ (created|updated|deleted|replaced)/);
    expect(again.stdout).toMatch(/Resources:\s+\d+ unchanged/);
  });

  test("has a price for all of it, and a budget holds it", async () => {
    const { status, stdout, output } = await run(["cost", "dev", "--local", "--json", "--budget", "1"]);
    expect(status, output).toBe(3);
    const cost = JSON.parse(stdout);
    expect(cost.notPriced).toEqual([]);
    expect(Math.abs(cost.change.expected)).toBeLessThan(0.01);
    expect(Object.keys(cost.bySystem).sort()).toEqual(["afirgen", "agents", "lambda-efs", "ollama", "phi3", "shared"]);
    expect(cost.overUsd).toBeCloseTo(cost.total.expected - 1);
  });

  test("shows signs of life, and one that is missing is told", async () => {
    const out = join(home, "evidence", "smoke");
    const smoke = await run(["smoke", "dev", "--local", "--json", "--out", out]);
    expect(smoke.status, smoke.output).toBe(0);
    const { steps } = JSON.parse(smoke.stdout) as Report;
    expect(steps.map(({ status }) => status)).toEqual(steps.map(() => "passed"));
    for (const system of ["afirgen", "agents", "lambdaEfs", "ollama", "phi3"]) {
      expect(steps.filter(({ name }) => name.startsWith(`${system}: `)).length, system).toBeGreaterThan(2);
    }

    const endpoint = /http:\/\/[\d.:]+/.exec((await run(["local", "status"])).stdout)?.[0] ?? "";
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const cloudWatch = new CloudWatchClient({ region: "us-east-1", endpoint, credentials });
    const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: "phi3-" }));
    const raise = (StateValue: "ALARM" | "OK") =>
      cloudWatch.send(
        new SetAlarmStateCommand({ AlarmName: MetricAlarms[0]?.AlarmName, StateValue, StateReason: "a test" }),
      );
    await raise("ALARM");
    const after = await run(["smoke", "dev", "--local", "--out", out]);
    expect(after.status, after.output).toBe(1);
    expect(after.stdout).toMatch(/FAIL phi3: no alarm is raised .*phi3-\S+ is raised/);
    await raise("OK");
    cloudWatch.destroy();
  });

  test("--systems with --yes does not destroy the systems that it leaves out", async () => {
    const fewer = await run(["up", "dev", "--local", "--yes", "--systems", "ollama"]);
    expect(fewer.status, fewer.output).toBe(2);
    expect(fewer.output).toContain("--systems leaves out afirgen, agents, lambda-efs, phi3, which stack dev has");
  });

  test("the demo of phi3 goes in by every way, with a real model behind and a real browser before it", async () => {
    const { report, out } = await demo("phi3");
    expect(report.steps.map(({ status }) => status)).toEqual(report.steps.map(() => "passed"));
    expect(report.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "chat streamed by CloudFront",
        "a wrong key, and none, are refused",
        "the page in a browser",
        "load test",
        "visitors are told when the engine is down",
      ]),
    );
    const details = (name: string) => report.steps.find((step) => step.name === name)?.details ?? {};
    expect(details("chat streamed by CloudFront")["events"]).toBeGreaterThan(3);
    expect(details("the page in a browser")["model"]).toBe("phi-3-mini");
    for (const picture of ["visit/page-streaming.png", "visit/page-answer.png", "engine-down/page-error.png"]) {
      expect(existsSync(join(out, picture)), picture).toBe(true);
    }
  });

  test("the demo of ollama goes in through CloudFront, with a real model behind", async () => {
    const { report } = await demo("ollama");
    expect(report.steps.map(({ status }) => status)).toEqual(report.steps.map(() => "passed"));
    const details = (name: string) => report.steps.find((step) => step.name === name)?.details ?? {};
    expect(details("chat, streamed")["pieces"]).toBeGreaterThan(3);
    expect(details("a wrong key, and none, are refused")).toEqual({
      "POST /api/generate": { withoutKey: 403, wrongKey: 403 },
      "POST /api/chat": { withoutKey: 403, wrongKey: 403 },
      "GET /api/tags": { withoutKey: 403, wrongKey: 403 },
      "GET /v1/models": { withoutKey: 403, wrongKey: 403 },
    });
    expect(details("all else is Open WebUI's")).toMatchObject({ "/": 503, "/api/version": 503, "/admin": 503 });
    expect(details("load test")["requests"]).toBeGreaterThan(0);
    expect([502, 503, 504]).toContain(details("callers are told when Ollama is down")["status"]);
  });

  test("the demo of agents takes every part away once, with real servers and a real model behind", async () => {
    const { report } = await demo("agents");
    expect(report.steps.map(({ status }) => status)).toEqual(report.steps.map(() => "passed"));
    const details = (name: string) => report.steps.find((step) => step.name === name)?.details ?? {};
    expect(details("an engine starts, and the job is done once")["provider"]).toBe("vllm/0");
    expect(details("the engine stops while it answers, and Ollama takes over")["private"]).toBe("ollama");
    expect(details("the engine's circuit is open, in the other process too")["states"]).toEqual(["open", "open"]);
    expect(details("a worker is killed over a job: another try answers it, once")["attempts"]).toBe(2);
    expect(details("without Redis it goes on, and says so")["status"]).toBe(200);
  });

  test("the demo of afirgen drives its deployed parts with the stack's variables, buckets and metrics", async () => {
    const { report } = await demo("afirgen");
    expect(report.steps.map(({ status }) => status)).toEqual(report.steps.map(() => "passed"));
    const details = (name: string) => report.steps.find((step) => step.name === name)?.details ?? {};
    expect(details("FIR from words")["status"]).toBe("done");
    expect(details("FIR from a recording")["status"]).toBe("done");
    expect(details("FIR from a picture")["status"]).toBe("done");
    expect(details("a backend that is killed is there again and goes on")["exit code"]).toBe(137);
    // With four systems beside it the account is not inside the free tier.
    expect(details("what was used of the free tier")["limits"]).toMatch(/^told, not judged/);
  });

  test("down leaves nothing", async () => {
    const down = await run(["down", "dev", "--local", "--yes"]);
    expect(down.status, down.output).toBe(0);
    expect(down.stdout).toContain("nothing is left");
  });
});
