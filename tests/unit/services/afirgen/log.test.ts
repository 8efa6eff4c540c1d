import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Log, PlainError, shippedBytes } from "../../../../services/afirgen/backend/log";
import { bytesPerDay, freeBytesPerDay, lineSizes, statedLoad } from "../../../../services/afirgen/backend/log-volume";

function logged(
  options: { successSample?: number; bytesPerDay?: number; now?: () => number; level?: "info" | "warn" } = {},
) {
  const lines: string[] = [];
  const log = new Log({
    level: "info",
    environment: "free-tier",
    successSample: 10,
    bytesPerDay: 120e6,
    now: () => 0,
    ...options,
    write: (line) => lines.push(line),
  });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe("the log", () => {
  test("is JSON, one line for each, and has one of ten successes and all errors", () => {
    const { log, parsed } = logged();
    for (let index = 0; index < 100; index += 1) log.success("request", { ms: index });
    for (let index = 0; index < 7; index += 1) log.error("FIR failed", new Error("x"));
    const all = parsed();
    expect(all.filter(({ level }) => level === "info").map(({ ms }) => ms)).toEqual([
      0, 10, 20, 30, 40, 50, 60, 70, 80, 90,
    ]);
    expect(all.filter(({ level }) => level === "error")).toHaveLength(7);
    expect(all[0]).toEqual({
      time: "1970-01-01T00:00:00.000Z",
      level: "info",
      message: "request",
      environment: "free-tier",
      ms: 0,
      sampled: 10,
    });
    expect("debug" in log).toBe(false);
  });

  test("keeps what people wrote out: of a foreign error its kind, code and place, of the backend's own its text", () => {
    const { log, parsed, lines } = logged();
    const statement = "INSERT INTO fir VALUES ('Asha Rao was robbed')";
    log.error(
      "a",
      Object.assign(new Error(`Data too long: ${statement}`), { code: "ER_DATA_TOO_LONG", sql: statement }),
    );
    log.error("b", new PlainError("The speech model can't be reached.", { cause: new TypeError("Asha Rao") }));
    log.error("c", "Asha Rao");
    expect(lines.join()).not.toContain("Asha");
    expect(parsed()[0]).toMatchObject({
      error: "Error",
      code: "ER_DATA_TOO_LONG",
      at: expect.stringMatching(/log\.test\.ts/),
    });
    expect(parsed()[1]).toMatchObject({ text: "The speech model can't be reached.", cause: "TypeError" });
    expect(parsed()[2]).toMatchObject({ error: "string" });
  });

  test("[afirgen P7] a day's lines stay below the limit, however many come, and tell how many were left out", () => {
    const limit = 1_000_000;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 40 }), (sizes) => {
        let now = 0;
        const { log, lines, parsed } = logged({ bytesPerDay: limit, now: () => now });
        let tried = 0;
        for (let index = 0; index < 1500; index += 1) {
          now += 50_000;
          log.warn("w", { text: "x".repeat(sizes[index % sizes.length] ?? 0) });
          tried += 1;
          if (now >= 86_400_000) break;
        }
        const firstDay = lines.filter((line) => line.includes("1970-01-01"));
        const bytes = firstDay.reduce((sum, line) => sum + shippedBytes(line), 0);
        expect(bytes).toBeLessThanOrEqual(limit);
        const kept = parsed().filter(({ message }) => message === "w").length;
        if (kept < tried - 1) expect(lines.some((line) => line.includes("left out"))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test("the next day starts anew and says what the last one left out", () => {
    let now = 0;
    const { log, parsed } = logged({ bytesPerDay: 1_000_000, now: () => now });
    for (let index = 0; index < 400; index += 1) log.warn("w", { text: "x".repeat(2000) });
    const leftOut = 400 - parsed().filter(({ message }) => message === "w").length;
    expect(leftOut).toBeGreaterThan(0);
    now = 86_400_000;
    log.info("next");
    expect(parsed().slice(-2)).toMatchObject([
      { message: expect.stringContaining("yesterday"), leftOut },
      { message: "next" },
    ]);
  });

  test("[afirgen P7] at the stated load a day is 32 MB with sampling; all errors would be the most, and the log's own limit is below 170 MB", () => {
    const day = bytesPerDay(statedLoad, lineSizes, 10);
    // 5 people x 43,200 polls + 4,800 FIRs = 220,800 events; a tenth errors of 1,000 bytes, the rest of 450 bytes one in ten.
    expect(day).toBe(220_800 * (0.1 * 1000 + 0.9 * 45));
    expect(day).toBeLessThan(32e6);
    expect(day).toBeLessThan(freeBytesPerDay);
    expect(bytesPerDay({ ...statedLoad, errorShare: 0 }, lineSizes, 1)).toBeGreaterThan(
      bytesPerDay({ ...statedLoad, errorShare: 0 }, lineSizes, 10) * 9.9,
    );
  });

  test("lines are not longer than the arithmetic says", () => {
    const { log, lines } = logged({ successSample: 1 });
    log.success("FIR generated", { fir: "01234567", source: "audio", ms: 123_456 });
    log.success("request", { method: "DELETE", route: "/api/fir/:id/archive", status: 200, ms: 123_456 });
    for (const line of lines) expect(shippedBytes(line)).toBeLessThanOrEqual(lineSizes.successBytes);
    log.error(
      "FIR failed",
      new PlainError("The speech model did not answer within 300 s.", { cause: new TypeError() }),
      { fir: "01234567", ms: 1 },
    );
    expect(shippedBytes(lines.at(-1) ?? "")).toBeLessThanOrEqual(lineSizes.errorBytes);
  });
});
