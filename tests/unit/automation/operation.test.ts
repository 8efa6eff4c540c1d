import { CommandError, type EngineEvent, type PolicyEvent } from "@pulumi/pulumi/automation";
import { describe, expect, test } from "vitest";
import { EXIT, exitCodeOf } from "../../../automation/lib/exit";
import { FindingsPresenter } from "../../../automation/lib/findings/presenter";
import { runOperation } from "../../../automation/lib/operation";
import { UserError } from "../../../automation/lib/user-error";

// The constructor is internal to the Automation API; only the class matters here.
const engineFailure = () =>
  Object.assign(Object.create(CommandError.prototype), { message: "code: 255" }) as CommandError;

const violation = (level: PolicyEvent["enforcementLevel"]): EngineEvent => ({
  sequence: 1,
  timestamp: 1,
  policyEvent: {
    resourceUrn: "urn:pulumi:dev::llm-stacks::llm:data:Bucket$aws:s3/bucket:Bucket::models",
    message: "<{%fg 1%}>tags: Project is missing. Fix: set it<{%reset%}>",
    color: "raw",
    policyName: "tag-required-keys",
    policyPackName: "llm-stacks",
    policyPackVersion: "1",
    policyPackVersionTag: "1",
    enforcementLevel: level,
  },
});

async function failureOf(events: EngineEvent[], error: unknown): Promise<unknown> {
  return runOperation("preview", async ({ onEvent }) => {
    events.forEach(onEvent);
    throw error;
  }).catch((reason: unknown) => reason);
}

describe("an engine operation", () => {
  test("returns what it returns", async () => {
    expect(await runOperation("preview", async () => 42)).toBe(42);
  });

  test("that a mandatory policy refused ends with status 3 and names resource, property and cure", async () => {
    const error = await failureOf([violation("mandatory")], engineFailure());
    expect(exitCodeOf(error)).toBe(EXIT.policy);
    expect((error as Error).message).toBe(
      'The preview was refused: 1 mandatory policy violation.\n  aws:s3/bucket:Bucket "models": tag-required-keys\n    tags: Project is missing. Fix: set it',
    );
  });

  test("shows findings in place of the engine's list, and tells what refused it only once", async () => {
    let shown = "";
    const progress = { write: (text: string) => (shown += text) } as unknown as NodeJS.WriteStream;
    const operation = runOperation(
      "preview",
      async ({ onOutput, onEvent }) => {
        onOutput("Policies:\n    the engine's list\nResources:\n    + 2 to create\n");
        onEvent(violation("mandatory"));
        onEvent(violation("warning"));
        throw engineFailure();
      },
      { progress, findings: new FindingsPresenter("dev") },
    );
    await expect(operation).rejects.toThrow("tag-required-keys");
    expect(shown).toMatch(/^Resources:\n {4}\+ 2 to create\n\nPolicies:\n/);
    expect(shown).toContain("unrated  tag-required-keys (advisory) tags: Project is missing. Fix: set it");
    expect(shown).not.toContain("(mandatory) tags");
  });

  test("that failed beside advisory findings ends with status 1", async () => {
    const error = await failureOf([violation("warning")], engineFailure());
    expect(error).toBeInstanceOf(UserError);
    expect(exitCodeOf(error)).toBe(EXIT.failed);
  });

  test("passes on what it does not know", async () => {
    const bug = new TypeError("bug");
    expect(await failureOf([], bug)).toBe(bug);
  });

  test("is told to stop by SIGTERM, ends with status 130 and leaves no handler behind", async () => {
    const before = process.listenerCount("SIGTERM");
    const error = await runOperation("update", async ({ signal }) => {
      process.emit("SIGTERM", "SIGTERM");
      expect(signal.aborted).toBe(true);
      throw engineFailure();
    }).catch((reason: unknown) => reason);
    expect(exitCodeOf(error)).toBe(EXIT.interrupted);
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });
});
