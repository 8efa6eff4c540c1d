import { join } from "node:path";
import * as aws from "@pulumi/aws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repoRoot } from "../../../automation/lib/paths";
import type { FleetArgs } from "../../../components/inference/fleet";
import type { SystemContext } from "../../../components/lib/context";
import { localAccountId } from "../../../local/aws-env";
import { type InlineStack, withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";
import { buildFleet, context, prod } from "../../unit/components/inference/fixtures";

/**
 * Fleets made by the real provider on the emulator, judged by the policy pack. The emulator starts no machines: that instances boot, drain and are
 * replaced one by one only AWS shows.
 */
let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});

afterAll(() => emulator?.dispose());

const local = (of: SystemContext): SystemContext => ({ ...of, accountId: localAccountId });

/** What systems make beside a fleet and the pack asks for: a budget that the largest size fits. */
function budget(of: SystemContext): void {
  new aws.budgets.Budget("phi3-budget", {
    accountId: localAccountId,
    name: `phi3-${of.stack}`,
    budgetType: "COST",
    timeUnit: "MONTHLY",
    limitAmount: "5000",
    limitUnit: "USD",
    tags: {
      Project: of.project,
      Environment: of.environment,
      Stack: of.stack,
      System: of.system,
      ManagedBy: "pulumi",
      Service: "observability",
      CostTier: of.costTier,
      Deployment: `${of.system}-${of.stack}`,
    },
  });
}

const night: FleetArgs["schedules"] = [
  { name: "evening", cron: "0 20 * * *", timeZone: "Europe/Berlin", min: 0, max: 4, desired: 0 },
  { name: "morning", cron: "0 7 * * MON-FRI", timeZone: "Europe/Berlin", min: 1, max: 4, desired: 1 },
];
const mixed: Partial<FleetArgs> = {
  instanceTypes: ["g5.xlarge", "g6.xlarge"],
  spot: { onDemandBase: 1, onDemandPercentageAbove: 0 },
  schedules: night,
};

async function withFleet(
  name: string,
  current: () => Partial<FleetArgs>,
  use: (run: InlineStack) => Promise<void>,
  of: SystemContext = context,
): Promise<void> {
  const here = local(of);
  const program = () => {
    budget(here);
    const { groupName, nodes } = buildFleet(current(), here);
    return Promise.resolve({ groupName, version: nodes.template.version });
  };
  await withStack(name, program, use, { endpoint: emulator.endpoint, stackName: of.stack });
}

async function autoscaling(action: string, parameters: Record<string, string>): Promise<string> {
  const response = await fetch(emulator.endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/autoscaling/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: new URLSearchParams({ Action: action, Version: "2011-01-01", ...parameters }),
  });
  const text = await response.text();
  expect([action, response.status], text).toEqual([action, 200]);
  return text;
}

describe("a fleet", () => {
  test("of several types and spot comes up, stays as it is, takes a new script by a refresh, and goes without a trace", async () => {
    let script = "#!/bin/sh\necho one\n";
    await withFleet(
      "fleet-mixed",
      () => ({ ...mixed, userData: () => script }),
      async (run) => {
        const { outputs } = await run.up();
        expect(outputs["groupName"]?.value).toBe("phi3-engines-dev");
        expect(outputs["version"]?.value).toBe("1");
        expect(await run.changes()).toEqual({});
        expect(await run.drift()).toEqual({});

        const group = { AutoScalingGroupName: "phi3-engines-dev" };
        const hooks = await autoscaling("DescribeLifecycleHooks", group);
        expect(hooks.match(/<LifecycleHookName>[^<]+/g)?.sort()).toEqual([
          "<LifecycleHookName>drain-before-termination",
          "<LifecycleHookName>hold-until-healthy",
        ]);

        // What the load asked for stays when something else changes.
        await autoscaling("SetDesiredCapacity", { ...group, DesiredCapacity: "3" });
        script = "#!/bin/sh\necho two\n";
        expect(Object.keys(await run.changes()).sort()).toEqual([
          "phi3-engines-group",
          "phi3-engines-template-launch-template",
        ]);
        expect((await run.up()).outputs["version"]?.value).toBe("2");
        const refreshes = await autoscaling("DescribeInstanceRefreshes", group);
        expect(refreshes.match(/<InstanceRefreshId>/g)).toHaveLength(1);
        const named = { "AutoScalingGroupNames.member.1": "phi3-engines-dev" };
        expect(await autoscaling("DescribeAutoScalingGroups", named)).toContain("<DesiredCapacity>3</DesiredCapacity>");
        expect(await run.changes()).toEqual({});
      },
    );
    const left = await autoscaling("DescribeAutoScalingGroups", {});
    expect(left).not.toContain("phi3-engines-dev");
  });

  test("of one type with a warm pool comes up and stays as it is", async () => {
    const args: Partial<FleetArgs> = {
      instanceTypes: ["t3.medium"],
      warmPool: { minSize: 1, maxPrepared: 3 },
      admin: { cidr: "203.0.113.0/24", keyName: "ollama-key" },
    };
    await withFleet(
      "fleet-warm",
      () => args,
      async (run) => {
        await run.up();
        expect(await run.changes()).toEqual({});
        expect(await run.drift()).toEqual({});
      },
    );
  });
});

describe.each([
  ["dev", context, { ...mixed }],
  // A GPU fleet that answers at all hours has no way to zero; systems say so in an exemption.
  ["prod", prod, { instanceTypes: ["c5.large"] }],
] as const)("with the policy profile %s", (profile, of, args) => {
  test("no rule finds anything in what a fleet makes", async () => {
    const here = local(of);
    const program = () => {
      budget(here);
      buildFleet(args, here);
      return Promise.resolve({});
    };
    await withStack(
      "fleet-policies",
      program,
      async (run) => {
        await run.preview().catch(() => {});
        expect(run.output().match(/^.*\[(?:mandatory|advisory)\].*phi3-engines.*$/gm)).toBeNull();
        // The pack did judge: the load balancer of the fixture serves plain HTTP.
        expect(run.output()).toMatch(/\[mandatory\].*phi3-alb-http/);
        expect(run.output()).not.toMatch(/phi3-engines\S* .*warning:/);
      },
      {
        endpoint: emulator.endpoint,
        stackName: of.stack,
        policyPacks: [join(repoRoot, "policy-pack")],
        config: { "policy:profile": profile },
        keepResources: true,
      },
    );
  });
});
