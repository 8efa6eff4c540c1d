import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { carriesKey, keepFor } from "../../../../services/api-authorizer/key-check";

const key = fc.stringMatching(/^[A-Za-z0-9._~+/=-]{1,64}$/);

describe("carriesKey", () => {
  property.prop([key])("knows the key, whatever the case of the scheme", (right) => {
    expect(carriesKey(`Bearer ${right}`, right)).toBe(true);
    expect(carriesKey(`bearer  ${right}`, right)).toBe(true);
  });

  property.prop([key, key])("knows no other key", (right, sent) => {
    expect(carriesKey(`Bearer ${sent}`, right)).toBe(sent === right);
  });

  test.each([
    ["no header", undefined],
    ["an empty header", ""],
    ["the scheme alone", "Bearer "],
    ["the key alone", "sk-1"],
    ["another scheme", "Basic sk-1"],
    ["a part of the key", "Bearer sk-"],
    ["more than the key", "Bearer sk-12"],
    ["the key and a word", "Bearer sk-1 sk-1"],
  ])("refuses %s", (_what, header) => {
    expect(carriesKey(header, "sk-1")).toBe(false);
  });

  test("an empty key lets nobody in", () => {
    expect(carriesKey("Bearer ", "")).toBe(false);
    expect(carriesKey(undefined, "")).toBe(false);
  });
});

describe("keepFor", () => {
  function reader(answers: (string | Error)[]) {
    let reads = 0;
    let time = 0;
    const read = keepFor(
      1000,
      async () => {
        const answer = answers[reads++];
        if (answer === undefined || answer instanceof Error) throw answer ?? new Error("No more answers.");
        return answer;
      },
      () => time,
    );
    const at = (milliseconds: number) => {
      time = milliseconds;
    };
    return { read, reads: () => reads, at };
  }

  test("reads once, also for calls at the same time, until the time is over", async () => {
    const { read, reads, at } = reader(["old", "new"]);
    expect(await Promise.all([read(), read()])).toEqual(["old", "old"]);
    at(999);
    expect([await read(), reads()]).toEqual(["old", 1]);
    at(1000);
    expect([await read(), reads()]).toEqual(["new", 2]);
  });

  test("does not keep a failure", async () => {
    const { read } = reader([new Error("throttled"), "key"]);
    await expect(read()).rejects.toThrow("throttled");
    expect(await read()).toBe("key");
  });
});
