import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { componentTags, requiredTagKeys, withTags } from "../../../../components/lib/tags";
import { devContext, devTags } from "../../../support/mocks";

const required = componentTags(devContext, "network");

test("a component's tags say project, environment, system, manager, service and cost tier", () => {
  expect(required).toEqual(devTags("network"));
  expect(Object.keys(required)).toEqual([...requiredTagKeys]);
});

describe("withTags", () => {
  const key = fc.stringMatching(/^[A-Za-z][A-Za-z0-9 _.:/=+@-]{0,40}$/).filter((text) => {
    const lower = text.toLowerCase();
    return !lower.startsWith("aws:") && !requiredTagKeys.some((each) => each.toLowerCase() === lower);
  });
  const own = fc
    .dictionary(key, fc.stringMatching(/^[A-Za-z0-9 _.:/=+@-]{0,60}$/), { maxKeys: 20 })
    .filter((tags) => new Set(Object.keys(tags).map((each) => each.toLowerCase())).size === Object.keys(tags).length);

  test.prop({ own })("keeps every required tag and every own one", ({ own }) => {
    expect(withTags(required, own)).toEqual({ ...own, ...required });
  });

  test.prop({ key: fc.constantFrom(...requiredTagKeys), upper: fc.boolean() })(
    "refuses an own tag that would replace a required one, in any case",
    ({ key, upper }) => {
      const own = upper ? key.toUpperCase() : key.toLowerCase();
      expect(() => withTags(required, { [own]: "x" })).toThrow(`"${own}" is set twice`);
    },
  );

  test("tells all mistakes together", () => {
    const own = { "aws:x": "1", "bad|key": "2", Long: "x".repeat(257), "": "4" };
    expect(() => withTags(required, own)).toThrow(
      [
        "Tags AWS would refuse:",
        '  "aws:x" can\'t be a key: AWS keeps the prefix aws: to itself.',
        '  "bad|key" can\'t be a key: 1 to 128 letters, digits, spaces or _.:/=+-@.',
        '  The value of "Long" must have at most 256 letters, digits, spaces or _.:/=+-@.',
        '  "" can\'t be a key: 1 to 128 letters, digits, spaces or _.:/=+-@.',
      ].join("\n"),
    );
  });

  test("takes 50 tags and refuses 51", () => {
    const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));
    expect(Object.keys(withTags(required, tags(42)))).toHaveLength(50);
    expect(() => withTags(required, tags(43))).toThrow("A resource can have 50 tags, not 51.");
  });
});
