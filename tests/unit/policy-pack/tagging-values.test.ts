import { describe, expect, test } from "vitest";
import { type Json, type Resource, secret, unknown } from "../../support/policy-harness";
import { judge, pass, serve, unverifiable, violation } from "./rules";

const bucket = (props: Record<string, Json>, provider?: Record<string, Json>): Resource => ({
  type: "aws:s3/bucket:Bucket",
  props,
  provider,
});
const defaults = (tags: Json): Record<string, Json> => ({ defaultTags: JSON.stringify({ tags }) });
const group = (...tags: readonly Json[]): Resource => ({ type: "aws:autoscaling/group:Group", props: { tags } });
const template = (tags: Json): Resource => ({
  type: "aws:ec2/launchTemplate:LaunchTemplate",
  props: { tagSpecifications: [{ resourceType: "instance", tags }] },
});
const instance = (props: Record<string, Json>): Resource => ({ type: "aws:ec2/instance:Instance", props });

describe("tag-allowed-values", () => {
  const id = "tag-allowed-values";
  const problem = "Environment must match dev|test|staging|prod|free";

  test.each<[string, Resource, object]>([
    ["passes an agreed value", bucket({ tags: { Environment: "prod" } }), pass],
    ["passes undefined tags", bucket({}), pass],
    ["passes a key without a value", bucket({ tags: { Environment: null } }), pass],
    ["passes other keys with any value", bucket({ tags: { Stage: "Production" } }), pass],
    [
      "refuses another value",
      bucket({ tags: { Environment: "Production" } }),
      violation(`tags.Environment: ${problem}`),
    ],
    [
      "refuses a value that an agreed one is only a part of",
      bucket({ tags: { Environment: "prod-2" } }),
      violation(`tags.Environment: ${problem}`),
    ],
    [
      "judges the provider's default tags",
      bucket({}, defaults({ Environment: "x" })),
      violation(`provider.defaultTags.tags.Environment: ${problem}`),
    ],
    ["lets the resource's own tag win", bucket({ tags: { Environment: "dev" } }, defaults({ Environment: "x" })), pass],
    [
      "takes tagsAll before the provider's default tags",
      bucket({ tagsAll: { Environment: "y" } }, defaults({ Environment: "dev" })),
      violation(`tagsAll.Environment: ${problem}`),
    ],
    [
      "takes the provider's default tags when tagsAll is unknown",
      bucket({ tags: { Owner: unknown }, tagsAll: unknown }, defaults({ Environment: "x" })),
      violation(`provider.defaultTags.tags.Environment: ${problem}`),
    ],
    [
      "judges the list of an Auto Scaling group",
      group({ key: "Environment", value: "x" }),
      violation(`tags[0].value: ${problem}`),
    ],
    [
      "judges what a launch template passes on",
      template({ Environment: "x" }),
      violation(`tagSpecifications[0].tags.Environment: ${problem}`),
    ],
    [
      "judges the tags of volumes",
      instance({
        volumeTags: { Environment: "x" },
        rootBlockDevice: { tags: { Environment: "y" } },
        ebsBlockDevices: [{ tags: { Environment: "z" } }],
      }),
      violation(
        `volumeTags.Environment: ${problem}`,
        `rootBlockDevice.tags.Environment: ${problem}`,
        `ebsBlockDevices[0].tags.Environment: ${problem}`,
      ),
    ],
    ["cannot judge an unknown value", bucket({ tags: { Environment: unknown } }), unverifiable("tags.Environment")],
    ["does not mind an unknown value of another key", bucket({ tags: { Owner: unknown } }), pass],
    ["cannot judge unknown tags", bucket({ tags: unknown, tagsAll: unknown }), unverifiable("tags")],
    [
      "cannot judge unknown default tags",
      bucket({ tags: {} }, { defaultTags: unknown }),
      unverifiable("provider.defaultTags"),
    ],
    [
      "cannot judge a key that is unknown unless the value would do",
      group({ key: unknown, value: "x" }, { key: unknown, value: "dev" }, { value: "x" }),
      unverifiable("tags[0].key"),
    ],
  ])("%s", async (_, resource, verdict) => {
    expect(await judge(id, resource)).toEqual(verdict);
  });

  test("takes keys and values from the config", async () => {
    const settings = { values: { Owner: "team-[a-z]+", Cost: "low" } };
    expect(await judge(id, bucket({ tags: { Owner: "team-web", Environment: "x" } }), settings)).toEqual(pass);
    expect(await judge(id, bucket({ tags: { Owner: "me", Cost: "high" } }), settings)).toEqual(
      violation("tags.Cost: Cost must match low", "tags.Owner: Owner must match team-[a-z]+"),
    );
  });

  test("refuses an expression that is none", async () => {
    const pack = await serve({}, { all: "disabled", [id]: { enforcementLevel: "advisory", values: { Owner: "(" } } });
    const [diagnostic] = await pack.analyze(bucket({ tags: { Owner: "me" } }));
    expect(diagnostic).toEqual(expect.objectContaining({ policy: id, level: "mandatory" }));
    expect(diagnostic?.message).toContain("is no regular expression");
  });
});

describe("tag-key-hygiene", () => {
  const id = "tag-key-hygiene";
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`Key${n}`, "x"]));

  test.each<[string, Resource, object]>([
    ["passes undefined tags", bucket({}), pass],
    ["passes usual tags", bucket({ tags: { Project: "shop", Owner: "" } }), pass],
    ["passes aws: behind the start", bucket({ tags: { "x-aws:name": "x" } }), pass],
    [
      "refuses the prefix of AWS in any case",
      bucket({ tags: { "aws:name": "x", "AWS:other": "x" } }),
      violation(
        "tags: AWS:other starts with aws:, which AWS keeps to itself",
        "tags: aws:name starts with aws:, which AWS keeps to itself",
      ),
    ],
    [
      "refuses keys that differ in case alone",
      bucket({ tags: { Owner: "x", Other: "x", owner: "x" } }),
      violation("tags: owner differs from another key in case at most"),
    ],
    [
      "refuses them when one is the provider's",
      bucket({ tags: { owner: "x" } }, defaults({ Owner: "y" })),
      violation("tags: Owner differs from another key in case at most"),
    ],
    [
      "passes the same key when the resource's own wins",
      bucket({ tags: { Owner: "x" } }, defaults({ Owner: "y" })),
      pass,
    ],
    [
      "refuses a key that an Auto Scaling group has twice",
      group({ key: "Owner", value: "x" }, { key: "Owner", value: "y" }),
      violation("tags: Owner differs from another key in case at most"),
    ],
    [
      "does not compare the tags of the instance with those of its volumes",
      instance({ tags: { Owner: "x" }, volumeTags: { owner: "x" } }),
      pass,
    ],
    ["passes 50 tags", bucket({ tags: many(50) }), pass],
    ["refuses 51 tags", bucket({ tags: many(51) }), violation("tags: 51 tags, 50 are allowed")],
    [
      "counts the provider's",
      bucket({ tags: many(50) }, defaults({ Owner: "x" })),
      violation("tags: 51 tags, 50 are allowed"),
    ],
    [
      "passes a key of 128 and a value of 256 characters",
      bucket({ tags: { ["k".repeat(128)]: "v".repeat(256) } }),
      pass,
    ],
    [
      "refuses a key of 129 characters",
      bucket({ tags: { ["k".repeat(129)]: "x" } }),
      violation(`tags: the key ${"k".repeat(20)}... is longer than 128 characters`),
    ],
    [
      "refuses a value of 257 characters without quoting it",
      bucket({ tags: { Owner: "v".repeat(257) } }),
      violation("tags: the value of Owner is longer than 256 characters"),
    ],
    [
      "judges the keys beside an unknown value",
      bucket({ tags: { Owner: unknown, owner: "x" } }),
      { violations: ["tags: owner differs from another key in case at most"], unknowns: ["tags.Owner"] },
    ],
    ["cannot judge unknown tags", bucket({ tags: unknown }), unverifiable("tags")],
    [
      "judges the other keys beside an unknown one",
      group({ key: unknown, value: "x" }, { key: "aws:x", value: "x" }),
      { violations: ["tags: aws:x starts with aws:, which AWS keeps to itself"], unknowns: ["tags[0].key"] },
    ],
  ])("%s", async (_, resource, verdict) => {
    expect(await judge(id, resource)).toEqual(verdict);
  });
});

describe("tag-no-secrets", () => {
  const id = "tag-no-secrets";

  test.each<[kind: string, value: string]>([
    ["an AWS access key id", "key AKIAIOSFODNN7ABCDEFG"],
    ["a private key", "-----BEGIN PRIVATE KEY-----"],
    ["a password", "user: me, password=hunter22"],
    ["a URL with a password", "postgres://me:hunter2@db/x"],
    ["a Slack token", "xoxb-1234567890"],
  ])("refuses %s: %s", async (kind, value) => {
    const refused = violation(`tags.Note: the value looks like ${kind}`);
    expect(await judge(id, bucket({ tags: { Note: value } }))).toEqual(refused);
    expect(await judge(id, bucket({ tags: { Note: secret(value) } }))).toEqual(refused);
  });

  test.each<[string, Resource, object]>([
    ["passes undefined tags", bucket({}), pass],
    [
      "passes plain words",
      bucket({ tags: { Owner: "team-web", Password: "in the vault", Note: "no secret here" } }),
      pass,
    ],
    [
      "passes the ARN of a secret",
      bucket({ tags: { Secret: "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf" } }),
      pass,
    ],
    ["passes a URL without a password", bucket({ tags: { Docs: "https://example.com:8443/a@b" } }), pass],
    [
      "judges what is passed on",
      template({ Note: "password=hunter22" }),
      violation("tagSpecifications[0].tags.Note: the value looks like a password"),
    ],
    [
      "judges the values beside an unknown",
      bucket({ tags: { Owner: unknown, Note: "password=hunter22" } }),
      { violations: ["tags.Note: the value looks like a password"], unknowns: ["tags.Owner"] },
    ],
    [
      "judges the value of an unknown key",
      group({ key: unknown, value: "password=hunter22" }),
      violation("tags[0].value: the value looks like a password"),
    ],
    ["cannot judge unknown tags", bucket({ tags: unknown }), unverifiable("tags")],
  ])("%s", async (_, resource, verdict) => {
    expect(await judge(id, resource)).toEqual(verdict);
  });

  test("does not repeat the value", async () => {
    const pack = await serve({}, { all: "disabled", [id]: "mandatory" });
    expect(JSON.stringify(await pack.analyze(bucket({ tags: { Note: "password=hunter22" } })))).not.toContain(
      "hunter2",
    );
  });
});
