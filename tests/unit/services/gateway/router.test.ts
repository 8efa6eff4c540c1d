import { describe, expect, test } from "vitest";
import { type FailureKind, type GatewayError, ProviderError } from "../../../../services/gateway/errors";
import { plan } from "../../../../services/gateway/router/plan";
import { decide, RULES } from "../../../../services/gateway/router/rules";
import { run, Skipped } from "../../../../services/gateway/router/run";
import { allWell, request, wholeChain } from "./router-fixtures";

type Script = Readonly<Record<string, readonly (ProviderError | Error | "ok")[]>>;

/** Runs a request against targets that fail as told, in turn; afterwards they answer. */
async function route(
  script: Script,
  { left = false, now = (): number => 0, chain = wholeChain(), deadline = 60_000 } = {},
) {
  const asked: string[] = [];
  const waits: number[] = [];
  const answer = run(plan(chain, request, allWell), deadline, {
    circuit: () => ({ run: (call) => call() }),
    attempt: async ({ id }) => {
      asked.push(id);
      const turn = asked.filter((each) => each === id).length - 1;
      const outcome = script[id]?.[turn] ?? "ok";
      if (outcome !== "ok") throw outcome;
      return id;
    },
    sleep: async (ms) => {
      waits.push(ms);
      return !left;
    },
    now,
  });
  const result = await answer.catch((error: unknown) => error);
  return { asked, waits, result: result as string | GatewayError };
}

const fail = (kind: FailureKind, details = {}) => new ProviderError(kind, `it was ${kind}`, details);

describe("LLMRouter", () => {
  test("the first provider answers when it can", async () => {
    expect(await route({})).toEqual({ asked: ["vllm/0"], waits: [], result: "vllm/0" });
  });

  test("fallback chain: vLLM -> Ollama -> Gemini, and the last error names all three", async () => {
    const down = { "vllm/0": [fail("connect")], ollama: [fail("timeout")] };
    expect(await route(down)).toMatchObject({ asked: ["vllm/0", "ollama", "gemini"], result: "gemini" });
    const { result } = await route({ ...down, gemini: [fail("overloaded", { status: 503 })] });
    expect(result).toMatchObject({
      code: "all_providers_failed",
      message: "No provider could answer. vllm/0: it was connect; ollama: it was timeout; gemini: it was overloaded",
      details: {
        attempts: [
          { provider: "vllm/0", kind: "connect" },
          { provider: "ollama", kind: "timeout" },
          { provider: "gemini", kind: "overloaded", status: 503 },
        ],
      },
    });
  });

  test("retry of the same: a broken connection at once, 429 after the wait it asks for, if that is short", async () => {
    expect(await route({ "vllm/0": [fail("reset")] })).toMatchObject({ asked: ["vllm/0", "vllm/0"], waits: [] });
    const limited = (retryAfterMs: number) => route({ "vllm/0": [fail("rate_limited", { retryAfterMs })] });
    expect(await limited(1500)).toMatchObject({ asked: ["vllm/0", "vllm/0"], waits: [1500] });
    expect(await limited(30_000)).toMatchObject({ asked: ["vllm/0", "ollama"], waits: [] });
  });

  test("giving up: what the caller must change goes back as it is, and nobody else is asked", async () => {
    const body = Buffer.from('{"error":{"message":"temperature must be below 2"}}');
    const { asked, result } = await route({ "vllm/0": [fail("bad_request", { status: 400, body })] });
    expect(asked).toEqual(["vllm/0"]);
    expect(result).toMatchObject({ code: "invalid_request", status: 400, details: { passOn: { status: 400, body } } });
  });

  test("no retry after the first token has gone out", async () => {
    const { asked, result } = await route({ "vllm/0": [fail("reset", { committed: true })] });
    expect(asked).toEqual(["vllm/0"]);
    expect(result).toMatchObject({ code: "stream_interrupted", message: "The answer broke off: vllm/0: it was reset" });
  });

  test("a caller who leaves ends it, also during a wait", async () => {
    expect(await route({ "vllm/0": [fail("cancelled")] })).toMatchObject({
      asked: ["vllm/0"],
      result: { code: "client_closed" },
    });
    expect(await route({ "vllm/0": [fail("server_error")] }, { left: true })).toMatchObject({
      asked: ["vllm/0"],
      result: { code: "client_closed" },
    });
  });

  test("when the request's time is up, nobody else is asked and the error says so", async () => {
    const { asked, result } = await route({ "vllm/0": [fail("timeout")] }, { now: () => 60_000 });
    expect(asked).toEqual(["vllm/0"]);
    expect(result).toMatchObject({ code: "timeout", message: expect.stringContaining("gemini: not asked") });
  });

  test("a circuit that opened meanwhile counts as tried, and with nobody asked it is no_provider", async () => {
    const chain = wholeChain();
    const asked = run(plan(chain, request, allWell), 1, {
      circuit: () => ({ run: () => Promise.reject(new Skipped("circuit_open")) }),
      attempt: () => Promise.reject(new Error("never asked")),
      sleep: async () => true,
      now: () => 0,
    });
    await expect(asked).rejects.toMatchObject({ code: "no_provider", details: { attempts: { length: 3 } } });
  });

  test("an error of our own is nobody's failure", async () => {
    const bug = new TypeError("undefined is not a function");
    expect(await route({ "vllm/0": [bug] })).toMatchObject({ asked: ["vllm/0"], result: bug });
  });
});

describe("the rule for each kind of failure", () => {
  const chosen = (tries: number) =>
    Object.fromEntries(
      Object.keys(RULES).map((kind) => [kind, decide({ kind: kind as FailureKind, details: {} }, tries, 60_000).do]),
    );

  test("at the first failure", () => {
    expect(chosen(1)).toEqual({
      connect: "next",
      reset: "retry",
      timeout: "next",
      rate_limited: "retry",
      overloaded: "next",
      server_error: "retry",
      unauthorized: "next",
      model_not_found: "next",
      context_length: "next",
      malformed: "next",
      bad_request: "give-up",
      cancelled: "give-up",
      deadline: "give-up",
    });
  });

  test("at the second, of the same target", () => {
    const giveUp = ["bad_request", "cancelled", "deadline"];
    for (const [kind, decision] of Object.entries(chosen(2))) {
      expect(decision, kind).toBe(giveUp.includes(kind) ? "give-up" : "next");
    }
  });

  test("no wait beyond the request's time", () => {
    const limited = { kind: "rate_limited", details: { retryAfterMs: 1000 } } as const;
    expect(decide(limited, 1, 1001)).toEqual({ do: "retry", delayMs: 1000 });
    expect(decide(limited, 1, 1000)).toEqual({ do: "next" });
  });
});
