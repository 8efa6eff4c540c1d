import { fc, test } from "@fast-check/vitest";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { describe, expect, test as plain, vi } from "vitest";
import { destroyWithRetries, whyStuck } from "../../../../automation/teardown/stuck";

const failed = (name: string, message: string): EngineEvent => ({
  sequence: 1,
  timestamp: 1,
  diagnosticEvent: {
    urn: `urn:pulumi:dev::llm-stacks::llm:network:Vpc$aws:ec2/subnet:Subnet::${name}`,
    message,
    color: "never",
    severity: "error",
  },
});

const waits = [
  "api error DependencyViolation: The subnet 'subnet-1' has dependencies and cannot be deleted.",
  "api error Throttling: Rate exceeded",
  "InvalidParameterValue: Network interface 'eni-1' is currently in use.",
  "ResourceInUseException: still in use",
] as const;
const final = [
  "BucketNotEmpty: The bucket you tried to delete is not empty",
  "api error AccessDenied: User is not authorized to perform: ec2:DeleteSubnet",
  "Cannot delete protected DB Instance, please disable deletion protection and try again.",
  "something that nobody has seen",
] as const;

describe("a deletion that fails", () => {
  plain.each([
    [waits[0], "something that depends on it is not gone yet", 60],
    [waits[1], "AWS was busy or took too long", 30],
    [
      waits[2],
      "a network interface, such as of a function, is still in use; AWS gives those back some minutes after the function is gone",
      120,
    ],
    [waits[3], "AWS is still working on it, or something uses it", 60],
    [final[0], "the bucket holds data, which this environment keeps", undefined],
    [final[1], "the credentials may not delete it", undefined],
    [final[2], "it is protected against deletion", undefined],
    [final[3], "something that nobody has seen", undefined],
  ])("%s", (message, reason, retryAfterSeconds) => {
    expect(whyStuck("x", message)).toMatchObject({ reason, retryAfterSeconds });
  });

  const run = fc.array(fc.oneof(fc.constantFrom(...waits), fc.constantFrom(...waits), fc.constantFrom(...final)), {
    maxLength: 3,
  });
  test.prop([fc.array(run, { maxLength: 6 })])(
    "[ollama P16] is retried while waiting can help, at most four times, and told with its reason and cure",
    async (runs) => {
      let next = 0;
      const log = vi.fn();
      const sleep = vi.fn(async (_seconds: number) => {});
      // Runs after those given succeed; one without messages fails too, for a reason that the engine did not tell.
      const outcome = await destroyWithRetries(
        async (record) => {
          const messages = runs[next];
          next += 1;
          if (messages === undefined) return;
          for (const [index, message] of messages.entries()) record(failed(`s${index}`, message));
          throw new Error(`run ${next}`);
        },
        { sleep, log },
      ).then(
        () => "gone",
        (error: Error) => error.message,
      );
      const helpless = runs.findIndex(
        (messages) => messages.length === 0 || messages.some((one) => final.some((two) => one === two)),
      );
      const failures = Math.min(helpless === -1 ? Number.POSITIVE_INFINITY : helpless + 1, runs.length, 4);
      const gone = failures === runs.length && helpless === -1 && runs.length < 4;
      expect(outcome).toBe(gone ? "gone" : `run ${failures}`);
      expect(sleep).toHaveBeenCalledTimes(gone ? failures : failures - 1);
      const told = log.mock.calls.map(([line]) => String(line)).filter((line) => line.startsWith("Stuck: "));
      expect(told).toHaveLength(runs.slice(0, failures).flat().length);
      for (const line of told) expect(line).toMatch(/^Stuck: aws:ec2\/subnet:Subnet "s\d": \S.*\n {2}-> \S/);
    },
  );

  plain("gives up after the fourth run, and waits as long as the slowest needs", async () => {
    const sleep = vi.fn(async (_seconds: number) => {});
    const destroy = vi.fn(async (record: (event: EngineEvent) => void) => {
      record(failed("a", waits[1]));
      record(failed("b", waits[2]));
      throw new Error("stuck");
    });
    await expect(destroyWithRetries(destroy, { sleep, log: () => {} })).rejects.toThrow("stuck");
    expect(destroy).toHaveBeenCalledTimes(4);
    expect(sleep.mock.calls).toEqual([[120], [120], [120]]);
  });
});
