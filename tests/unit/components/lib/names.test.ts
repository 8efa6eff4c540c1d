import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  globalName,
  isNamePart,
  nameLimits,
  physicalName,
  shortHash,
  sidPart,
  slug,
} from "../../../../components/lib/names";

const part = fc.stringMatching(/^[a-z][a-z0-9]{0,11}(-[a-z0-9]{1,8}){0,3}$/);
const place = { accountId: "123456789012", region: "us-east-1" };

describe("physicalName", () => {
  test("is system, role and stack", () => {
    expect(physicalName("lambda-efs", "producer", "dev", 64)).toBe("lambda-efs-producer-dev");
  });

  test("that is too long is cut and ends in the hash of the whole", () => {
    const full = "agents-orchestrator-load-balancer-production";
    expect(physicalName("agents", "orchestrator-load-balancer", "production", 32)).toBe(
      `agents-orchestrator-loa-${shortHash(full)}`,
    );
    expect(shortHash(full)).toMatch(/^[0-9a-f]{8}$/);
  });

  test("does not end its kept part in a hyphen", () => {
    expect(physicalName("abcdef", "ghijklm-nopqrstuvwxyz", "dev", 23)).toBe(
      `abcdef-ghijklm-${shortHash("abcdef-ghijklm-nopqrstuvwxyz-dev")}`,
    );
  });

  test.prop({ system: part, role: part, stack: part, limit: fc.integer({ min: 16, max: 255 }) })(
    "fits its limit, is a name part and is the same every time",
    ({ system, role, stack, limit }) => {
      const name = physicalName(system, role, stack, limit);
      expect(name.length).toBeLessThanOrEqual(limit);
      expect(isNamePart(name)).toBe(true);
      expect(physicalName(system, role, stack, limit)).toBe(name);
    },
  );

  test.prop({ system: part, stack: part, roles: fc.uniqueArray(part, { minLength: 2, maxLength: 20 }) })(
    "keeps different roles of a system and stack apart, cut or not",
    ({ system, stack, roles }) => {
      for (const limit of [16, 32, 64]) {
        expect(new Set(roles.map((role) => physicalName(system, role, stack, limit))).size).toBe(roles.length);
      }
    },
  );

  test.each([
    ["Producer", "producer"],
    ["a_b", "a b"],
    ["", "trailing-"],
  ])("refuses %j and %j, naming what is wrong", (first, second) => {
    expect(() => physicalName("lambda-efs", first, "dev", 64)).toThrow(
      `"${first}" can't be the role of a physical name: use lower case letters, digits and single hyphens`,
    );
    if (!isNamePart(second)) expect(() => physicalName("lambda-efs", "x", second, 64)).toThrow("can't be the stack");
  });

  test("refuses a limit that leaves no room for the hash", () => {
    expect(() => physicalName("a", "b", "c", 15)).toThrow("at least 16 characters, not 15");
  });
});

describe("globalName", () => {
  test("ends in a hash of account and region, not in the account", () => {
    const name = globalName("lambda-efs", "data", "dev", place, 63);
    expect(name).toBe(`lambda-efs-data-dev-${shortHash("123456789012/us-east-1")}`);
    expect(name).not.toContain("123456789012");
  });

  test.prop({ system: part, role: part, stack: part })("fits S3's limit", ({ system, role, stack }) => {
    expect(globalName(system, role, stack, place, nameLimits.bucket).length).toBeLessThanOrEqual(63);
  });

  test("differs between accounts and between regions", () => {
    const names = [
      globalName("a", "b", "c", place, 63),
      globalName("a", "b", "c", { ...place, accountId: "210987654321" }, 63),
      globalName("a", "b", "c", { ...place, region: "eu-west-1" }, 63),
    ];
    expect(new Set(names).size).toBe(3);
  });
});

test.each([
  ["/v1/chat", "v1-chat"],
  ["models/", "models"],
  ["DEFAULT_4XX", "default-4xx"],
  ["/", ""],
])("slug of %j is %j", (text, expected) => {
  expect(slug(text)).toBe(expected);
});

test.each([
  ["phi3-page-cdn", "Phi3PageCdn"],
  ["a-1b", "A1b"],
])("sidPart of %j is %j", (name, expected) => {
  expect(sidPart(name)).toBe(expected);
});
