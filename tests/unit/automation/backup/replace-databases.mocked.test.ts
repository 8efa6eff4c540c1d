import { RDSClient } from "@aws-sdk/client-rds";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { replaceDatabases } from "../../../../automation/backup/databases";
import type { StackSettings } from "../../../../automation/lib/project";
import type { Session } from "../../../../automation/lib/session";

const urn = "urn:pulumi:prod::p::aws:rds/instance:Instance::agents-database-instance";
let steps: string[] = [];
let protectedInstance = false;
let failing = false;

vi.mock("../../../../automation/lib/session", () => ({
  regionOf: () => "us-east-1",
  resourcesOf: async () => [
    {
      ...{ urn, type: "aws:rds/instance:Instance" },
      outputs: { identifier: "agents-database-prod", deletionProtection: protectedInstance, skipFinalSnapshot: true },
    },
  ],
  withStackLock: (_: unknown, operation: () => Promise<unknown>) => operation(),
  withSettings: async (session: Session, settings: StackSettings, action: (one: Session) => Promise<unknown>) => {
    const { "llm-stacks:systems": systems, "llm-stacks:agents": agents } = settings.config ?? {};
    steps.push(`settings ${JSON.stringify([systems, agents])}`);
    return action(session);
  },
}));

const session = {
  settings: { config: { "llm-stacks:systems": ["agents", "phi3"], "llm-stacks:agents": { allowP5: true } } },
  policyPacks: [],
  stack: {
    outputs: async () => ({ agents: {} }),
    up: async ({ replace }: { replace: string[] }) => {
      steps.push(`up ${replace.join()}`);
      if (failing) throw new Error("no capacity");
    },
  },
} as unknown as Session;

beforeEach(() => {
  [steps, protectedInstance, failing] = [[], false, false];
  vi.spyOn(RDSClient.prototype, "send").mockImplementation((async ({ input }: { input: object }) => {
    steps.push(JSON.stringify(input));
  }) as never);
});

afterEach(() => vi.restoreAllMocks());

const restore = () => replaceDatabases(session, new Map([["agents-database-instance", "s-1"]]));
const over = 'settings [["agents"],{"allowP5":true,"database":{"restoreFrom":"s-1","restoreOver":true}}]';

test("a database is replaced in one update of what is deployed, and of nothing that only the settings name", async () => {
  await restore();
  expect(steps).toEqual([over, `up ${urn}`]);
});

test("a protected one is let go first, and protected again by an update after", async () => {
  protectedInstance = true;
  await restore();
  expect(steps).toEqual([
    '{"DBInstanceIdentifier":"agents-database-prod","DeletionProtection":false,"ApplyImmediately":true}',
    ...[over, `up ${urn}`],
    ...['settings [["agents"],{"allowP5":true}]', "up "],
  ]);
});

test("a failed update says not to make another before the restore is run again", async () => {
  failing = true;
  const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await expect(restore()).rejects.toThrow("no capacity");
  expect(said.mock.calls.join()).toContain("run the same restore again, and no update before");
});
