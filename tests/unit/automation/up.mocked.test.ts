import { fc, test } from "@fast-check/vitest";
import type { OutputMap } from "@pulumi/pulumi/automation";
import { describe, expect, vi } from "vitest";
import { exitCodeOf, Interrupted, PolicyRefusal, UsageError } from "../../../automation/lib/exit";
import { UserError } from "../../../automation/lib/user-error";

const steps = ["openSession", "guardPlace", "sleepRecordOf", "outputs", "preview", "confirm", "update"] as const;
type Step = (typeof steps)[number];
let failing: { readonly step: Step; readonly error: Error } | undefined;
let ran: Step[] = [];

async function step<T>(name: Step, result: T): Promise<T> {
  ran.push(name);
  if (failing?.step === name) throw failing.error;
  return result;
}

vi.mock("../../../automation/lib/session", () => ({
  openSession: () =>
    step("openSession", {
      stackName: "dev",
      settings: {},
      policyPacks: [],
      stack: {
        outputs: () => step("outputs", {} as OutputMap),
        preview: () => step("preview", { changeSummary: { create: 3 } }),
        up: () => step("update", { outputs: {} as OutputMap }),
      },
    }),
  guardPlace: () => step("guardPlace", undefined),
  regionOf: () => "us-east-1",
  withStackLock: (_session: unknown, operation: () => Promise<unknown>) => operation(),
}));
vi.mock("../../../automation/environments/sleep-record", () => ({
  sleepRecordOf: () => step("sleepRecordOf", undefined),
}));
vi.mock("../../../automation/lib/terminal", () => ({
  confirm: () => step("confirm", true),
  secondsSince: () => "1 s",
}));
vi.spyOn(console, "log").mockImplementation(() => {});

const { up } = await import("../../../automation/commands/up");

const errors = fc.tuple(
  fc.constantFrom(
    (message: string) => new UserError(message, "mend it"),
    (message: string) => new UsageError(message),
    (message: string) => new PolicyRefusal(message),
    (message: string) => new Interrupted(message),
    (message: string) => new TypeError(message),
  ),
  fc.string({ minLength: 1 }),
);

describe("[ollama P16] deployment script error handling", () => {
  test.prop([fc.constantFrom(...steps), errors])(
    "for any step that fails, and however, none after it runs and its own message and a status other than 0 come out",
    async (name, [make, message]) => {
      const error = make(message);
      failing = { step: name, error };
      ran = [];
      const outcome = await up("dev", { systems: ["ollama"] }).catch((reason: unknown) => reason);
      expect(ran).toEqual(steps.slice(0, steps.indexOf(name) + 1));
      expect(outcome).toBe(error);
      expect((outcome as Error).message).toBe(message);
      expect(exitCodeOf(outcome)).not.toBe(0);
    },
  );

  test.prop([fc.constant(true)], { numRuns: 1 })("without a failing step all of them run", async () => {
    failing = undefined;
    ran = [];
    await up("dev", { systems: ["ollama"] });
    expect(ran).toEqual(steps);
  });
});
