import { afterAll, beforeAll, expect, test } from "vitest";
import { localAccountId } from "../../../local/aws-env";
import { type Deployed, deploy } from "../../support/deployed";
import { resourceCompleteness, securityGroupLeastPrivilege } from "../../support/phi3-properties";
import { type Configuration, devDefaults } from "../../support/registered";

/**
 * Phi-3 with a REST API as the engine and the provider make it on the emulator, judged by the policy pack, and the way from one API to the other and back on a stack that
 * runs. Requests through such an API are in tests/engine/edge/rest-api.test.ts.
 */
const http: Configuration = { ...devDefaults, accountId: localAccountId };
const rest: Configuration = {
  ...http,
  settings: { edge: { api: "rest", quota: { requests: 1000, period: "MONTH" }, streamSeconds: 600 } },
};

let phi3: Deployed;

beforeAll(async () => {
  phi3 = await deploy("phi3", rest);
});

afterAll(() => phi3?.end());

async function expectWhole(): Promise<void> {
  const now = await phi3.look();
  resourceCompleteness(now);
  securityGroupLeastPrivilege(now);
  expect(await phi3.stack.changes()).toEqual({});
  expect(await phi3.stack.drift()).toEqual({});
}

test("[phi3 P1] [phi3 P5] the stack comes up whole with a REST API, and no mandatory policy is violated", async () => {
  expect(phi3.stack.output()).not.toContain("[mandatory]");
  expect(phi3.stack.output()).toMatch(/Policies:[\s\S]*llm-stacks/);
  await expectWhole();
});

test("a change of the quota is made in place", async () => {
  phi3.configure({ ...rest, settings: { edge: { api: "rest", quota: { requests: 2000 }, streamSeconds: 600 } } });
  expect(await phi3.stack.changes()).toEqual({ "phi3-api-access-usage-plan": "update quotaSettings" });
});

test("[phi3 P1] the stack changes to an HTTP API and back, and is whole each time", async () => {
  for (const next of [http, rest]) {
    phi3.configure(next);
    // What both have under one name is not made a second time, which AWS would refuse.
    const changes = await phi3.stack.changes();
    const kept = ["phi3-api-vpc-link", "phi3-api-link-group", "phi3-api-access-logs"];
    expect(Object.keys(changes).filter((name) => kept.includes(name))).toEqual([]);
    await phi3.stack.up();
    await expectWhole();
  }
});
