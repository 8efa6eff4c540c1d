import { fc, test } from "@fast-check/vitest";
import { describe, expect, vi } from "vitest";
import { exitCodeOf } from "../../../../automation/lib/exit";
import { agree, protectedIn } from "../../../../automation/teardown/agreement";

const names = fc.constantFrom("prod", "dev", "prod-euw1");
const answers = fc.oneof(
  names,
  fc.constantFrom("y", "yes", "Y", "YES", "no", "", "n", "yes please", "PROD"),
  fc.string(),
);

describe("[ollama P19] cleanup script confirmation", () => {
  test.prop([
    fc.record({
      stackName: names,
      production: fc.boolean(),
      yes: fc.boolean(),
      confirmed: fc.option(answers, { nil: undefined }),
      answer: answers,
      protectedCount: fc.constantFrom(0, 0, 0, 2),
    }),
  ])("for any answer a stack is destroyed only when it was meant", async (given) => {
    const { stackName, production, yes, confirmed, answer, protectedCount } = given;
    const ask = vi.fn(async () => answer);
    const protectedResources = Array.from({ length: protectedCount }, (_, index) => ({
      name: `aws:s3/bucket:Bucket "b${index}"`,
      urn: `urn:${index}`,
    }));
    const outcome = await agree(
      { stackName, production, yes, confirmed, where: "on AWS", protectedResources },
      ask,
    ).then(
      () => "destroy",
      (error: unknown) => error,
    );
    const named = confirmed === stackName;
    const meant = production
      ? named || (confirmed === undefined && answer === stackName)
      : named || (confirmed === undefined && (yes || /^y(es)?$/i.test(answer)));
    if (meant && protectedCount === 0) {
      expect(outcome).toBe("destroy");
      return;
    }
    expect(outcome).toBeInstanceOf(Error);
    expect(exitCodeOf(outcome)).not.toBe(0);
    if (protectedCount > 0) {
      // Nobody is asked for what can't be done.
      expect(ask).not.toHaveBeenCalled();
      for (const { name } of protectedResources) expect((outcome as Error).message).toContain(name);
    }
  });

  test.prop([fc.boolean()])("production is never destroyed by --yes alone", async (yes) => {
    const withoutTerminal = async (_question: string, hint: string) => {
      throw new Error(hint);
    };
    const teardown = { stackName: "prod", production: true, where: "", confirmed: undefined, protectedResources: [] };
    await expect(agree({ ...teardown, yes }, withoutTerminal)).rejects.toThrow("--confirm prod");
  });

  test.prop([fc.array(fc.option(fc.boolean(), { nil: undefined }))])("what a state protects is told", (marks) => {
    const resources = marks.map((protect, index) => ({
      ...{
        urn: `urn:pulumi:prod::p::llm:data:Table$aws:dynamodb/table:Table::t${index}`,
        type: "aws:dynamodb/table:Table",
      },
      ...(protect !== undefined && { protect }),
    }));
    expect(protectedIn(resources).map(({ name }) => name)).toEqual(
      marks.flatMap((protect, index) => (protect ? [`aws:dynamodb/table:Table "t${index}"`] : [])),
    );
  });
});
