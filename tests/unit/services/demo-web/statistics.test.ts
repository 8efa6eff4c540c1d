import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { duration, figuresOf, shown } from "../../../../services/demo-web/site/statistics.js";

const measured = { sentAt: 1000, firstAt: 1250, lastAt: 3250, endedAt: 3300, chunks: 41 };

describe("figuresOf", () => {
  test("measures from the sending, and counts tokens per second after the first", () => {
    const figures = figuresOf({ ...measured, tokens: 51 });
    expect(figures).toEqual({ firstTokenMs: 250, totalMs: 2300, count: 51, unit: "tokens", perSecond: 25 });
  });

  test("says that it counted chunks where the engine counted no tokens", () => {
    const figures = figuresOf(measured);
    expect(figures).toEqual({ firstTokenMs: 250, totalMs: 2300, count: 41, unit: "chunks", perSecond: 20 });
    expect(shown(figures)).toMatchObject({
      count: "41 chunks (the engine did not count tokens)",
      rate: "20.0 chunks/s",
    });
  });

  test.each([
    ["no text came", { sentAt: 0, endedAt: 10, chunks: 0 }],
    ["a single token came", { ...measured, lastAt: 1250, tokens: 1 }],
    ["all came at once", { ...measured, lastAt: 1259, tokens: 9 }],
  ])("knows no speed where %s", (_, times) => {
    const figures = figuresOf(times);
    expect(figures.perSecond).toBeUndefined();
    expect(shown(figures).rate).toBe("–");
  });

  test("shows no time to a first token that never came", () => {
    expect(shown(figuresOf({ sentAt: 0, endedAt: 10, chunks: 0 }))).toEqual({
      first: "–",
      total: "10 ms",
      count: "0 chunks (the engine did not count tokens)",
      rate: "–",
    });
  });

  const step = fc.double({ min: 0, max: 1e6, noNaN: true });
  const counts = fc.record({ chunks: fc.nat(), tokens: fc.option(fc.nat(), { nil: undefined }) });
  property.prop([step, step, step, step, counts])("shows finite figures of any order of times", (a, b, c, d, found) => {
    const [sentAt = 0, firstAt, lastAt, endedAt = 0] = [a, b, c, d].sort((x, y) => x - y);
    const figures = figuresOf({ sentAt, firstAt, lastAt, endedAt, ...found });
    expect(figures.firstTokenMs).toBeLessThanOrEqual(figures.totalMs);
    expect(Object.values(shown(figures)).join()).not.toMatch(/NaN|Infinity|undefined|-\d/);
  });
});

describe("duration", () => {
  test.each([
    [0, "0 ms"],
    [419.6, "420 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [2314, "2.31 s"],
  ])("writes %d ms as %s", (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});
