import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Breaker, type BreakerChange } from "../../../../services/gateway/breaker/breaker";
import { ProviderError } from "../../../../services/gateway/errors";
import { Skipped } from "../../../../services/gateway/router/run";

const down = () => Promise.reject(new ProviderError("overloaded", "too busy"));
const up = async () => "answer";
const refused = () => Promise.reject(new ProviderError("bad_request", "caller's fault"));
const left = () => Promise.reject(new ProviderError("cancelled", "the caller left"));

describe("circuit breaker", () => {
  let changes: BreakerChange[];
  let breaker: Breaker;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    changes = [];
    breaker = new Breaker({ onChange: (change) => changes.push(change) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const states = () => changes.map(({ state }) => state);
  const fail = async (times: number) => {
    for (let time = 0; time < times; time++) await breaker.run(down).catch(() => {});
  };

  test("opens after 3 failures in a row, for 60 s, without asking the target meanwhile", async () => {
    await fail(2);
    expect([breaker.state, breaker.usable]).toEqual(["closed", true]);
    await fail(1);
    expect([breaker.state, breaker.usable, breaker.reason]).toEqual(["open", false, "too busy"]);
    expect(changes).toEqual([{ state: "open", openedAt: 1_000_000, reason: "too busy" }]);
    vi.setSystemTime(1_059_999);
    const call = vi.fn(up);
    await expect(breaker.run(call)).rejects.toBeInstanceOf(Skipped);
    expect(call).not.toHaveBeenCalled();
  });

  test("an answer in between begins the count anew, and what is not the target's fault does not count", async () => {
    await fail(2);
    await breaker.run(up);
    await fail(2);
    for (const call of [refused, left, refused]) await breaker.run(call).catch(() => {});
    expect(breaker.state).toBe("closed");
  });

  test("half-open: one probe, which closes it; others are sent away at once", async () => {
    await fail(3);
    vi.setSystemTime(1_060_000);
    expect(breaker.usable).toBe(true);
    let finish = (_: string) => {};
    const probe = breaker.run(() => new Promise<string>((resolve) => (finish = resolve)));
    await expect(breaker.run(up)).rejects.toBeInstanceOf(Skipped);
    expect(breaker.usable).toBe(false);
    await expect.poll(() => breaker.state).toBe("half-open");
    finish("fine");
    expect(await probe).toBe("fine");
    expect([breaker.state, states()]).toEqual(["closed", ["open", "half-open", "closed"]]);
  });

  test.each([
    ["fails", down, "open"],
    ["is left by its caller", left, "open"],
    ["is refused for the caller's fault, so that the target lives", refused, "closed"],
  ])("a probe that %s", async (_, call, state) => {
    await fail(3);
    vi.setSystemTime(1_060_000);
    await breaker.run(call).catch(() => {});
    expect(breaker.state).toBe(state);
    if (state === "open") {
      vi.setSystemTime(1_119_999);
      expect(breaker.usable).toBe(false);
      vi.setSystemTime(1_120_000);
      expect(breaker.usable).toBe(true);
    }
  });

  test("no probe while another process has it", async () => {
    const mayProbe = vi.fn(async () => false);
    breaker = new Breaker({ mayProbe });
    await fail(3);
    vi.setSystemTime(1_060_000);
    await expect(breaker.run(up)).rejects.toBeInstanceOf(Skipped);
    mayProbe.mockResolvedValue(true);
    expect(await breaker.run(up)).toBe("answer");
    expect(mayProbe).toHaveBeenCalledTimes(2);
  });

  test("trips on notice before errors start, for as long as told", async () => {
    breaker.trip("spot interruption notice", 120_000);
    expect(changes).toEqual([{ state: "open", openedAt: 1_060_000, reason: "spot interruption notice" }]);
    vi.setSystemTime(1_119_999);
    await expect(breaker.run(up)).rejects.toBeInstanceOf(Skipped);
    vi.setSystemTime(1_120_000);
    expect(await breaker.run(up)).toBe("answer");
    expect(breaker.state).toBe("closed");
  });

  test("takes over what another process decided, and tells nobody of it", async () => {
    breaker.adopt({ state: "open", openedAt: 990_000, reason: "seen elsewhere" });
    expect([breaker.usable, breaker.reason]).toEqual([false, "seen elsewhere"]);
    vi.setSystemTime(1_050_000);
    expect(breaker.usable).toBe(true);
    breaker.adopt({ state: "closed" });
    expect([breaker.state, changes]).toEqual(["closed", []]);
  });

  test("a call from before a notice no longer counts", async () => {
    let finish = (_: string) => {};
    const slow = breaker.run(() => new Promise<string>((resolve) => (finish = resolve)));
    breaker.trip("notice");
    finish("late");
    expect(await slow).toBe("late");
    expect(breaker.state).toBe("open");
  });
});
