import { describe, expect, test } from "vitest";
import { type Json, secret, unknown } from "../../support/policy-harness";
import { judge, pass, serve, unverifiable, violation } from "./rules";

const bucket = "aws:s3/bucket:Bucket";
const complete = {
  Project: "shop",
  Environment: "dev",
  System: "web",
  ManagedBy: "pulumi",
  Service: "storage",
  CostTier: "low",
};
const { CostTier: _, ...incomplete } = complete;

describe("tag-required-keys", () => {
  const id = "tag-required-keys";
  const judged = (props: Record<string, Json>, provider?: Record<string, Json>, settings?: object) =>
    judge(id, { type: bucket, props, provider }, settings);

  test("passes when every key has a value", async () => {
    expect(await judged({ tags: complete })).toEqual(pass);
  });

  test("names the keys that are missing", async () => {
    expect(await judged({ tags: { Project: "shop", Service: "storage" } })).toEqual(
      violation("tags: missing Environment, System, ManagedBy, CostTier"),
    );
  });

  test("refuses an empty value", async () => {
    expect(await judged({ tags: { ...complete, System: "" } })).toEqual(violation("tags: missing System"));
    expect(await judged({ tagsAll: { ...complete, System: "" } })).toEqual(violation("tags: missing System"));
  });

  test("undefined tags lack every key", async () => {
    expect(await judged({})).toEqual(
      violation("tags: missing Project, Environment, System, ManagedBy, Service, CostTier"),
    );
  });

  test("takes tagsAll, which holds the provider's defaults, before tags", async () => {
    expect(await judged({ tags: incomplete, tagsAll: complete })).toEqual(pass);
    expect(await judged({ tags: complete, tagsAll: incomplete })).toEqual(violation("tags: missing CostTier"));
  });

  test("adds the provider's defaultTags where tagsAll does not", async () => {
    const provider = { defaultTags: JSON.stringify({ tags: { CostTier: "low" } }) };
    expect(await judged({ tags: incomplete }, provider)).toEqual(pass);
    expect(await judged({ tags: { Project: "shop" } }, provider)).toEqual(
      violation("tags: missing Environment, System, ManagedBy, Service"),
    );
  });

  test("counts a key whose value is unknown as there", async () => {
    expect(await judged({ tags: { ...complete, System: unknown } })).toEqual(pass);
    expect(await judged({ tags: { ...incomplete, System: unknown }, tagsAll: unknown })).toEqual(
      violation("tags: missing CostTier"),
    );
  });

  test("counts a secret value as there", async () => {
    expect(await judged({ tags: { ...complete, System: secret("web") } })).toEqual(pass);
    expect(await judged({ tags: { ...complete, System: secret("") } })).toEqual(violation("tags: missing System"));
  });

  test("cannot judge a map that is unknown as a whole", async () => {
    expect(await judged({ tags: unknown, tagsAll: unknown })).toEqual(unverifiable("tags"));
  });

  test("cannot judge a missing key that the provider's unknown defaults may add", async () => {
    expect(await judged({ tags: incomplete }, { defaultTags: unknown })).toEqual(unverifiable("provider.defaultTags"));
  });

  test("leaves types without tags alone", async () => {
    expect(await judge(id, { type: "aws:s3/bucketPolicy:BucketPolicy" })).toEqual(pass);
    expect(await judge(id, { type: "pulumi:providers:aws" })).toEqual(pass);
    expect(await judge(id, { type: "aws:autoscaling/group:Group" })).toEqual(pass);
  });

  test("takes the keys from the config", async () => {
    expect(await judged({ tags: complete }, undefined, { keys: ["Owner"] })).toEqual(violation("tags: missing Owner"));
  });

  describe("remediation", () => {
    const remediate = async (props: Record<string, Json>, settings: object = {}) => {
      const pack = await serve({}, { all: "disabled", [id]: { enforcementLevel: "remediate", ...settings } });
      return pack.remediate({ type: bucket, props });
    };

    test("fills in what follows from the stack and leaves the rest to the program", async () => {
      const [cure, ...others] = await remediate({ tags: { System: "web" } });
      expect(others).toEqual([]);
      expect(cure).toEqual({
        policy: id,
        diagnostic: "",
        props: { tags: { System: "web", Project: "shop", Environment: "dev", ManagedBy: "pulumi" } },
      });
    });

    test("makes the map, and keeps unknowns and secrets beside it", async () => {
      const password = secret("hunter2");
      const [cure] = await remediate({ arn: unknown, password }, { keys: ["ManagedBy"] });
      expect(cure?.props).toEqual({ arn: unknown, password, tags: { ManagedBy: "pulumi" } });
    });

    test("fills a map that holds an unknown value, and tagsAll with it", async () => {
      const [cure] = await remediate(
        { tags: { System: unknown }, tagsAll: { System: unknown } },
        { keys: ["System", "ManagedBy"] },
      );
      const tags = { System: unknown, ManagedBy: "pulumi" };
      expect(cure?.props).toEqual({ tags, tagsAll: tags });
    });

    test("leaves an unknown map as it is", async () => {
      expect(await remediate({ tags: unknown })).toEqual([]);
    });

    test("returns nothing when nothing is missing", async () => {
      expect(await remediate({ tags: complete })).toEqual([]);
    });

    test("what it fills satisfies the rule", async () => {
      const [cure] = await remediate({}, { keys: ["Project", "ManagedBy"] });
      expect(await judged(cure?.props ?? {}, undefined, { keys: ["Project", "ManagedBy"] })).toEqual(pass);
    });
  });
});
