import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import { devDefaults, registered } from "../../support/registered";

const text = readFileSync(join(repoRoot, "docs/load-testing.md"), "utf8");
const [, script = ""] = /## Watch it scale\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(text) ?? [];

/** What the dev stack of each system that Locust loads registers and tells. */
const systems = new Map<string, { readonly inputs: string; readonly outputs: readonly string[] }>();

beforeAll(async () => {
  for (const system of ["phi3", "ollama"] as const) {
    const { recording, outputs } = await registered(system, devDefaults);
    const inputs = JSON.stringify(recording.resources.map((resource) => resource.inputs)).replaceAll("\\", "");
    systems.set(system, { inputs, outputs: Object.keys(outputs) });
  }
  // Whole programs: a tenth of this where the machine has nothing else to do.
}, 300_000);

describe("[ollama 8.3] the commands that watch a fleet scale", () => {
  test("can be read by a shell", () => {
    expect(script).toContain("describe-scaling-activities");
    execFileSync("bash", ["-n"], { input: script, stdio: ["pipe", "ignore", "pipe"] });
  });

  test("take names from outputs that both systems have", () => {
    const named = [...script.matchAll(/\$own" \| jq -r '\.(\w+)/g)].map(([, name = ""]) => name);
    expect(named).toEqual(["alarmTopicArn", "groupName", "loadBalancerDns"]);
    for (const [system, { outputs }] of systems) expect(outputs, system).toEqual(expect.arrayContaining(named));
  });

  test("ask for metrics that the systems' alarms, policies and dashboards read", () => {
    const metrics = [...script.matchAll(/^metric (\S+) (\S+) /gm)].map(([, namespace = "", name = ""]) => ({
      namespace,
      name,
    }));
    expect(metrics.length).toBeGreaterThan(5);
    for (const { namespace, name } of metrics) {
      const own = systems.get(namespace);
      const readers = [...(own ? [own] : systems.values())].filter(({ inputs }) => inputs.includes(`"${name}"`));
      expect(readers.length, `${namespace} ${name}`).toBeGreaterThan(0);
    }
  });
});
