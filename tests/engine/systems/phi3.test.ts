import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localAccountId } from "../../../local/aws-env";
import { type Deployed, deploy } from "../../support/deployed";
import {
  environmentParameterization,
  minimumInstanceGuarantee,
  monitoringCompleteness,
  multiAzDistribution,
  type Phi3,
  resourceCompleteness,
  securityGroupLeastPrivilege,
} from "../../support/phi3-properties";
import { type Configuration, devDefaults } from "../../support/registered";

/**
 * The whole of Phi-3 as the engine and the provider make it on the emulator, judged by the policy pack. The state that is looked at is what the
 * provider read back, and a refresh finds nothing else. Previews of staging and prod are in tests/engine/components/stacks.test.ts, the command
 * line, requests and the end in tests/e2e/dev-stack.test.ts. That instances boot only AWS shows.
 */
const first: Configuration = {
  ...devDefaults,
  accountId: localAccountId,
};
const second: Configuration = {
  ...first,
  settings: {
    size: { min: 2, max: 5 },
    instanceTypes: ["g6.xlarge", "g5.xlarge"],
    spot: { onDemandBase: 2 },
    schedules: [],
    scaling: { upAbove: 80, downBelow: 20 },
    admin: { cidr: "198.51.100.0/24", keyName: "ops" },
    logRetentionDays: 90,
    model: { weightsManifestSha256: "ab".repeat(32) },
  },
};

const logGroups = [
  ...["phi3-api-access-logs", "phi3-api-key-function-log-group", "phi3-network-flow-logs-log-group"],
  ...["phi3-edge-firewall-log-group", "phi3-firewall-log-group", "phi3-engine-log-group", "phi3-system-log-group"],
];

let phi3: Deployed;
let now: Phi3;

beforeAll(async () => {
  phi3 = await deploy("phi3", first);
  now = await phi3.look();
});

afterAll(() => phi3?.end());

const properties: [string, (phi3: Phi3) => void][] = [
  ["[phi3 P1] resource completeness", resourceCompleteness],
  ["[phi3 P2] environment parameterization", environmentParameterization],
  ["[phi3 P3] minimum instance guarantee", minimumInstanceGuarantee],
  ["[phi3 P4] multi-AZ distribution", multiAzDistribution],
  ["[phi3 P5] security group least privilege", securityGroupLeastPrivilege],
  ["[phi3 P6] monitoring completeness", monitoringCompleteness],
];

describe("the dev stack", () => {
  test("comes up, and no mandatory policy is violated", () => {
    expect(now.seen.resources.length).toBeGreaterThan(120);
    expect(phi3.stack.output()).not.toContain("[mandatory]");
    // The pack did judge.
    expect(phi3.stack.output()).toMatch(/Policies:[\s\S]*llm-stacks/);
  });

  test.each(properties)("%s holds of what was made", (_name, property) => property(now));

  test("needs no second update, and is on AWS what it is in the state", async () => {
    expect(await phi3.stack.changes()).toEqual({});
    expect(await phi3.stack.drift()).toEqual({});
  });
});

describe("another configuration of the same stack", () => {
  test("will change what it is about, in place, and nothing else", async () => {
    phi3.configure(second);
    expect(await phi3.stack.changes()).toEqual({
      ...Object.fromEntries(logGroups.map((name) => [name, "update retentionInDays"])),
      "phi3-engines-group": expect.stringMatching(/^update .*maxSize,minSize,mixedInstancesPolicy$/),
      "phi3-engines-template-launch-template": expect.stringMatching(/^update .*instanceType,keyName,.*userData$/),
      "phi3-engines-policies-busy-alarm": "update alarmDescription,threshold",
      "phi3-engines-policies-idle-alarm": "update alarmDescription,threshold",
      "phi3-engines-policies-schedule-morning": "delete",
      "phi3-engines-policies-schedule-night": "delete",
      "phi3-engines-sg-from-198-51-100-0-24-tcp-22": "create",
      "phi3-waiting-requests-alarm": "update threshold",
      "phi3-budget-budget": "update limitAmount",
      "phi3-dashboard-dashboard": "update dashboardBody",
    });
  });

  test("comes up", async () => {
    await phi3.stack.up();
    now = await phi3.look();
  });

  test.each(properties)("%s holds after it", (_name, property) => {
    expect(now.configuration).toBe(second);
    property(now);
  });

  test("needs no second update, and is on AWS what it is in the state", async () => {
    expect(await phi3.stack.changes()).toEqual({});
    expect(await phi3.stack.drift()).toEqual({});
  });
});
