/** The end of an instance, and later starts: the programs that a boot leaves behind, run with the same stubs. */
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { renderOllama } from "../../../userdata/render";
import { Machine, type Run } from "./machine";
import { digestOf, ollamaOptions } from "./options";
import { smallModel, upload } from "./weights";

const machines: Machine[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.remove();
});

/** An instance in service; `drainSeconds` is long where the end must come from the requests. */
async function inService(system: "vllm" | "ollama", drainSeconds: number): Promise<Machine> {
  const made = new Machine();
  machines.push(made);
  upload(made);
  made.given("library", digestOf("d"));
  const script =
    system === "vllm" ? smallModel({}, { drainSeconds }) : renderOllama({ ...ollamaOptions, drainSeconds });
  expect((await made.boot(script)).status).toBe(0);
  return made;
}

const start = (machine: Machine, program: string, failing = ""): Promise<Run> =>
  machine.run(join(machine.root, "opt/llm-stacks", program), failing);
const signals = ({ commands }: Run) =>
  commands.flatMap(
    (command) => /hook-name (\S+) --lifecycle-action-result (\w+)/.exec(command)?.slice(1).join(" ") ?? [],
  );
const metrics = (running: number, waiting: number) =>
  [
    "# TYPE vllm:num_requests_running gauge",
    `vllm:num_requests_running{engine="0",model_name="phi-3-mini"} ${running}.0`,
    `vllm:num_requests_waiting{engine="0",model_name="phi-3-mini"} ${waiting}.0`,
    'vllm:num_requests_running_other{engine="0"} 9.0',
    "",
  ].join("\n");

describe("[phi3 4.2] an instance that Auto Scaling ends", () => {
  test("waits for the requests that run or wait, then lets Auto Scaling go on", async () => {
    const machine = await inService("vllm", 3600);
    machine.given("lifecycle", "InService\nInService\nTerminated\n");
    machine.given("metrics", metrics(1, 2));
    machine.given("metrics-readings", "4");
    machine.given("metrics-later", metrics(0, 0));
    const run = await start(machine, "watch");
    expect(run.status).toBe(0);
    const readings = run.commands.filter((command) => command.endsWith("/metrics"));
    // Five with requests, the last of which is when they end, and three without.
    expect(readings.length).toBe(8);
    expect(signals(run)).toEqual(["phi3-engines-end CONTINUE"]);
    expect(run.commands.at(-1)).toContain("complete-lifecycle-action");
  });

  test("goes on after the drain time, whatever still runs", async () => {
    const machine = await inService("vllm", 1);
    machine.given("lifecycle", "Terminated\n");
    machine.given("metrics", metrics(3, 0));
    const run = await start(machine, "watch");
    expect(run.output).toContain("requests still running: 3");
    expect(signals(run)).toEqual(["phi3-engines-end CONTINUE"]);
  });

  test("does not wait for an engine that is down", async () => {
    const machine = await inService("vllm", 3600);
    machine.given("lifecycle", "Terminated\n");
    const run = await start(machine, "watch");
    expect(run.output).toContain("requests still running: 0");
    expect(signals(run)).toEqual(["phi3-engines-end CONTINUE"]);
  });

  test("of Ollama gives all of the drain time, since Ollama does not tell what it runs", async () => {
    const machine = await inService("ollama", 1);
    machine.given("lifecycle", "Terminated\n");
    const run = await start(machine, "watch");
    expect(run.output).toContain("requests still running: unknown");
    expect(signals(run)).toEqual(["ollama-engines-end CONTINUE"]);
  });

  test("tries again when Auto Scaling does not take it, and fails loudly in the end", async () => {
    const machine = await inService("vllm", 0);
    machine.given("lifecycle", "Terminated\n");
    const run = await start(machine, "watch", "CONTINUE");
    expect(run.status).not.toBe(0);
    expect(signals(run)).toHaveLength(5);
    expect(run.output).toContain("Auto Scaling did not take CONTINUE for phi3-engines-end");
  });
});

describe("a Spot instance that EC2 takes back", () => {
  test("leaves the load balancer at once, once, and then ends as others do", async () => {
    const machine = await inService("vllm", 0);
    machine.given("spot", '{"action":"terminate","time":"2026-11-21T12:00:00Z"}');
    machine.given("lifecycle", "InService\nInService\nInService\nTerminated\n");
    const run = await start(machine, "watch");
    expect(run.commands.filter((command) => command.includes("set-instance-health"))).toEqual([
      "aws autoscaling set-instance-health --health-status Unhealthy --no-should-respect-grace-period --instance-id i-0123456789abcdef0",
    ]);
    expect(signals(run)).toEqual(["phi3-engines-end CONTINUE"]);
  });

  test("still lets Auto Scaling go on when that call is refused", async () => {
    const machine = await inService("vllm", 0);
    machine.given("spot", "{}");
    machine.given("lifecycle", "InService\nTerminated\n");
    const run = await start(machine, "watch", "set-instance-health");
    expect(run.output).toContain("Auto Scaling could not be told that this instance ends");
    expect(signals(run)).toEqual(["phi3-engines-end CONTINUE"]);
  });
});

describe("an instance that starts again", () => {
  test("out of a running warm pool asks for its place once the engine answers", async () => {
    const machine = await inService("vllm", 0);
    machine.given("lifecycle", "Warmed:Running\nInService\nInService\nTerminated\n");
    const { commands } = await start(machine, "watch");
    expect(commands.filter((command) => command.includes("llm-ready"))).toEqual([
      "systemctl start --no-block llm-ready.service",
    ]);
  });

  test("after a reboot is content that nobody waits for it", async () => {
    const machine = await inService("vllm", 0);
    machine.given("no-hook", "");
    const run = await start(machine, "ready");
    expect(run.status).toBe(0);
    expect(run.output).toContain("no action of phi3-engines-launch is waiting");
  });

  test("is given up without waiting when its engine's unit has failed", async () => {
    const machine = await inService("vllm", 0);
    machine.given("unhealthy", "1000");
    machine.given("failed-vllm.service", "");
    const run = await start(machine, "ready");
    expect(run.status).toBe(1);
    expect(run.output).toContain("vllm.service has failed");
    expect(signals(run)).toEqual(["phi3-engines-launch ABANDON"]);
  });
});

describe("[ollama 5.2] Ollama's own metrics", () => {
  const sent = ({ commands }: Run) => {
    const command = commands.find((each) => each.startsWith("aws cloudwatch")) ?? "";
    const [, namespace, data] = /--namespace (\S+) --metric-data (.*)$/.exec(command) ?? [];
    return { namespace, data: JSON.parse(data ?? "null") as unknown };
  };
  const Dimensions = [{ Name: "AutoScalingGroupName", Value: "ollama-engines-dev" }];

  test("are how long one token and the model's loading took", async () => {
    const run = await start(await inService("ollama", 0), "probe");
    expect(sent(run)).toEqual({
      namespace: "ollama",
      data: [
        { MetricName: "InferenceLatency", Dimensions, Unit: "Milliseconds", Value: 1500 },
        { MetricName: "ModelLoadTime", Dimensions, Unit: "Milliseconds", Value: 250 },
      ],
    });
  });

  test("say so when there was no token", async () => {
    const run = await start(await inService("ollama", 0), "probe", "api/generate");
    expect(sent(run)).toEqual({
      namespace: "ollama",
      data: [{ MetricName: "InferenceFailures", Dimensions, Unit: "Count", Value: 1 }],
    });
  });
});

describe("an instance whose engine systemd has given up", () => {
  test("is reported as unhealthy, so that it is replaced where no load balancer watches", async () => {
    const machine = await inService("vllm", 1);
    const run = await start(machine, "unhealthy");
    expect(run.status).toBe(0);
    expect(run.commands.at(-1)).toBe(
      "aws autoscaling set-instance-health --health-status Unhealthy --no-should-respect-grace-period --instance-id i-0123456789abcdef0",
    );
    expect(machine.read("etc/systemd/system/vllm.service")).toContain("OnFailure=llm-unhealthy.service\n");
  });

  test("says so if Auto Scaling can't be told", async () => {
    const { status, output } = await start(await inService("vllm", 1), "unhealthy", "set-instance-health");
    expect(status).not.toBe(0);
    expect(output).toContain("try 1 of 5 failed: aws autoscaling");
  });
});
