import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localAccountId } from "../../../local/aws-env";
import { type Deployed, deploy } from "../../support/deployed";
import * as properties from "../../support/ollama-properties";
import { type Configuration, devDefaults, inTheClear } from "../../support/registered";

/**
 * The whole of Ollama as the engine and the provider make it on the emulator, judged by the policy pack. The state that is looked at is what the provider read back, and
 * a refresh finds nothing else. Previews of staging and prod are in tests/engine/components/stacks.test.ts, requests and the end in tests/e2e. That instances boot only AWS shows.
 */
const first: Configuration = {
  ...devDefaults,
  accountId: localAccountId,
};
const second: Configuration = {
  ...first,
  settings: {
    instanceTypes: ["c5.large", "t3.large"],
    spot: { onDemandBase: 1 },
    schedules: [],
    admin: { cidr: "198.51.100.0/24", keyName: "ollama-key" },
    logRetentionDays: 90,
    model: { name: "qwen2.5:0.5b", digest: "ab".repeat(32) },
    requestsPerMinutePerIp: 500,
  },
};

let deployed: Deployed;
let now: properties.Ollama;
beforeAll(async () => {
  deployed = await deploy("ollama", first);
  now = await deployed.look();
});
afterAll(() => deployed?.end());

const all: [string, (ollama: properties.Ollama) => void][] = [
  ["[ollama P1] resource naming", properties.resourceNaming],
  ["[ollama P5] resource tagging", properties.resourceTagging],
  ["[ollama P6] output naming", properties.outputNaming],
  ["[ollama P8] user data installs Ollama", properties.userDataInstallsOllama],
  ["[ollama P20] log group naming", properties.logGroupNaming],
  ["[ollama P21] log streaming", properties.logStreaming],
  ["[ollama P22] alarms tell", properties.alarmsTell],
  ["[ollama P26] minimum permissions", properties.minimumPermissions],
  ["[ollama P27] encryption at rest", properties.encryptedAtRest],
  ["[ollama P28] encryption in transit", properties.encryptedInTransit],
  ["[ollama P30] SSH by key only", properties.sshByKeyOnly],
];

describe("the dev stack", () => {
  test("comes up, and no mandatory policy is violated", () => {
    expect(now.seen.resources.length).toBeGreaterThan(100);
    expect(deployed.stack.output()).not.toContain("[mandatory]");
  });

  test.each(all)("%s holds of what was made", (_name, property) => property(now));

  test("[ollama P32] the state has no secret in the clear", async () => {
    const { deployment } = await deployed.stack.stack.exportStack();
    const secrets = now.seen
      .ofType("aws:ssm/parameter:Parameter")
      .map(({ outputs }) => String(outputs.value))
      .filter((value) => value !== "undefined");
    expect(secrets.length).toBeGreaterThanOrEqual(4);
    const clear = JSON.stringify(inTheClear(deployment));
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(30);
      expect(clear.includes(secret)).toBe(false);
    }
  });

  test("needs no second update, and is on AWS what it is in the state", async () => {
    expect(await deployed.stack.changes()).toEqual({});
    expect(await deployed.stack.drift()).toEqual({});
  });
});

describe("another configuration of the same stack", () => {
  test("replaces nothing that holds data or has a name", async () => {
    deployed.configure(second);
    const changes = await deployed.stack.changes();
    expect(Object.keys(changes)).toContain("ollama-servers-group");
    const replaced = Object.entries(changes).filter(([, change]) =>
      /^(?:replace|create-replacement|delete)/.test(change),
    );
    expect(replaced.map(([name]) => name).filter((name) => !/schedule-|-rule-/.test(name))).toEqual([]);
    await deployed.stack.up();
    now = await deployed.look();
  });

  test.each(all)("%s holds after it", (_name, property) => property(now));

  test("needs no second update, and is on AWS what it is in the state", async () => {
    expect(await deployed.stack.changes()).toEqual({});
    expect(await deployed.stack.drift()).toEqual({});
  });
});
