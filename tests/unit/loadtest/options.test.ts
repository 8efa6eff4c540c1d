import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { parseCount, parseDuration, parseRate, requestsPerMinute } from "../../../loadtest/options";

test.prop({ amount: fc.integer({ min: 1, max: 10_000 }), unit: fc.constantFrom("", "s", "m", "h") })(
  "a duration is a number of seconds, minutes or hours",
  ({ amount, unit }) => {
    expect(parseDuration(`${amount}${unit}`)).toBe(amount * { "": 1, s: 1, m: 60, h: 3600 }[unit as "s"]);
  },
);

test("half a second is a duration", () => {
  expect(parseDuration("0.5s")).toBe(0.5);
});

test.each(["", "0", "0s", "-1s", "5 m", "1d", "s", "1e3", "Infinity", "5m30s"])("%j is no duration", (value) => {
  expect(() => parseDuration(value)).toThrow(`"${value}" is no duration.`);
});

test.each(["", "0", "-1", "1.5", "two", "0x10", "1e3", "9999999999"])("%j is no count", (value) => {
  expect(() => parseCount(value)).toThrow(`"${value}" is no number of what to count.`);
});

test.each(["", "0", "0.0", "-1", ".5", "1/2", "NaN"])("%j is no rate", (value) => {
  expect(() => parseRate(value)).toThrow(`"${value}" is no rate.`);
});

test("counts and rates are read as they stand", () => {
  expect([parseCount("50"), parseRate("0.5"), parseRate("10")]).toEqual([50, 0.5, 10]);
});

test("the defaults stay below the hundred requests a minute that a web ACL may let through", () => {
  expect(requestsPerMinute(2, 2)).toBe(60);
  expect(requestsPerMinute(50, 2)).toBe(1500);
});
