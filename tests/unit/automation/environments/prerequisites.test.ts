import { fc, test } from "@fast-check/vitest";
import { describe, expect, test as plain, vi } from "vitest";
import { placeOf, recordedPlace } from "../../../../automation/environments/place";
import { type Prerequisite, withPrerequisites } from "../../../../automation/environments/prerequisites";
import { exitCodeOf } from "../../../../automation/lib/exit";
import { UserError } from "../../../../automation/lib/user-error";

type Outcome = "holds" | "missing" | "throws" | "throws nothing";
const outcomes = fc.array(
  fc.record({
    outcome: fc.constantFrom<Outcome>("holds", "missing", "throws", "throws nothing"),
    later: fc.boolean(),
  }),
  { maxLength: 8 },
);

function prerequisite(outcome: Outcome, later: boolean, index: number): Prerequisite {
  const check = () => {
    if (outcome === "throws") throw new Error(`broken ${index}`);
    if (outcome === "throws nothing") throw new Error("");
    return outcome === "missing" ? `lost ${index}` : undefined;
  };
  return { what: `thing ${index}`, check: later ? async () => check() : check, remedy: `mend ${index}` };
}

describe("[ollama P13] deployment prerequisite validation", () => {
  test.prop([outcomes])("for any that are missing nothing begins, and each is told with its remedy", async (list) => {
    const action = vi.fn(async () => "done");
    const result = await withPrerequisites(
      list.map(({ outcome, later }, index) => prerequisite(outcome, later, index)),
      action,
    ).catch((error: unknown) => error);
    const missing = list.flatMap(({ outcome }, index) => (outcome === "holds" ? [] : [index]));
    if (missing.length === 0) {
      expect(result).toBe("done");
      expect(action).toHaveBeenCalledTimes(1);
      return;
    }
    expect(action).not.toHaveBeenCalled();
    expect(result).toBeInstanceOf(UserError);
    expect(exitCodeOf(result)).not.toBe(0);
    const told = [...(result as Error).message.matchAll(/thing (\d+): .+\n {4}-> mend \1$/gm)].map(([, index]) =>
      Number(index),
    );
    expect(told).toEqual(missing);
  });

  const accounts = fc.constantFrom("111111111111", "222222222222");
  const regions = fc.constantFrom("us-east-1", "eu-west-1");
  test.prop([
    fc.record({
      account: fc.option(accounts, { nil: undefined }),
      region: fc.option(regions, { nil: undefined }),
      caller: fc.option(accounts, { nil: undefined }),
      envRegion: fc.option(regions, { nil: undefined }),
    }),
  ])("a stack is opened only by credentials of its account and for its region", async (place) => {
    const { account, region, caller, envRegion } = place;
    const settings = {
      config: { ...(region && { "aws:region": region }), ...(account && { "llm-stacks:accountId": account }) },
    };
    const ask = async () => {
      if (!caller) throw new Error("no credentials");
      return { accountId: caller, arn: `arn:aws:iam::${caller}:user/somebody` };
    };
    const opened = await withPrerequisites(
      placeOf("dev", settings, ask, { AWS_REGION: envRegion }),
      async () => true,
    ).catch(() => false);
    const right = region !== undefined && caller !== undefined;
    expect(opened).toBe(right && (!account || account === caller) && (!envRegion || envRegion === region));
  });
});

describe("what is deployed", () => {
  const provider = (region: string) => ({
    urn: "urn:pulumi:dev::llm-stacks::pulumi:providers:aws::default_7_21_0",
    type: "pulumi:providers:aws",
    inputs: { region },
  });
  const role = { urn: "urn:r", type: "aws:iam/role:Role", outputs: { arn: "arn:aws:iam::111111111111:role/x" } };
  const settings = { config: { "aws:region": "us-east-1" } };
  const problems = async (...args: Parameters<typeof recordedPlace>) =>
    (await Promise.all(recordedPlace(...args).map(({ check }) => check()))).filter((problem) => problem !== undefined);

  plain("is where the configuration and the credentials say", async () => {
    expect(await problems("dev", settings, [provider("us-east-1"), role], "111111111111")).toEqual([]);
    expect(await problems("dev", settings, [], "111111111111")).toEqual([]);
  });

  plain("stands in the way when it is in another region or account", async () => {
    expect(await problems("dev", settings, [provider("eu-west-1")])).toEqual([
      "stack dev stands in eu-west-1, and aws:region is us-east-1.",
    ]);
    expect(await problems("dev", settings, [role], "222222222222")).toEqual([
      "stack dev stands in 111111111111, and the credentials are of 222222222222.",
    ]);
  });
});
