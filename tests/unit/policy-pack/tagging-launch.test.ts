import { describe, expect, test } from "vitest";
import { type Json, unknown } from "../../support/policy-harness";
import { cases, remediate as cure, type Props } from "./cases";
import { judge, pass, unverifiable, violation } from "./rules";

const settings = { keys: ["System", "ManagedBy"] };

const remediate = async (...[id, type, props, more = settings]: Parameters<typeof cure>) => cure(id, type, props, more);

describe("tag-asg-propagate", () => {
  const id = "tag-asg-propagate";
  const type = "aws:autoscaling/group:Group";
  const tag = (key: Json, value: Json = "x", propagateAtLaunch: Json = true) => ({ key, value, propagateAtLaunch });

  test.each<[string, Record<string, Json>, object]>([
    ["passes when every key is passed on", { tags: [tag("System"), tag("ManagedBy", "x", "true")] }, pass],
    ["passes other tags as they are", { tags: [tag("System"), tag("ManagedBy"), tag("Note", "", false)] }, pass],
    ["undefined tags lack every key", {}, violation("tags: missing System, ManagedBy")],
    ["refuses an empty value", { tags: [tag("System", ""), tag("ManagedBy")] }, violation("tags: missing System")],
    [
      "refuses a key that stays with the group",
      { tags: [tag("System", "x", false), tag("ManagedBy")] },
      violation("tags: System does not reach the instances"),
    ],
    [
      "reads a missing flag as false",
      { tags: [{ key: "System", value: "x" }, tag("ManagedBy")] },
      violation("tags: System does not reach the instances"),
    ],
    ["counts an unknown value as there", { tags: [tag("System", unknown), tag("ManagedBy")] }, pass],
    [
      "cannot judge an unknown flag",
      { tags: [tag("System", "x", unknown), tag("ManagedBy")] },
      unverifiable("tags[0].propagateAtLaunch"),
    ],
    [
      "cannot say that a key is missing when one is unknown",
      { tags: [tag("System", "x", false), tag(unknown)] },
      { violations: ["tags: System does not reach the instances"], unknowns: ["tags[1].key"] },
    ],
    [
      "needs no unknown element when the others suffice",
      { tags: [tag("System"), tag("ManagedBy"), tag(unknown)] },
      pass,
    ],
    ["cannot judge an unknown list", { tags: unknown }, unverifiable("tags")],
  ])("%s", async (_, props, verdict) => {
    expect(await judge(id, { type, props }, settings)).toEqual(verdict);
  });

  test("asks for the project's keys by default", async () => {
    expect(await judge(id, { type })).toEqual(
      violation("tags: missing Project, Environment, System, ManagedBy, Service, CostTier"),
    );
  });

  test("remediation passes required tags on and leaves others alone", async () => {
    const before = { tags: [tag("Note", "x", false), tag("ManagedBy", unknown, false)], name: unknown };
    const after = { tags: [tag("Note", "x", false), tag("ManagedBy", unknown)], name: unknown };
    expect(await remediate(id, type, before)).toEqual(after);
  });

  test("remediation adds what follows from the stack, to a list or to none", async () => {
    const added = tag("ManagedBy", "pulumi");
    expect(await remediate(id, type, { tags: [tag("System")] })).toEqual({ tags: [tag("System"), added] });
    expect(await remediate(id, type, {})).toEqual({ tags: [added] });
    const keys = { keys: ["Project", "Environment"] };
    expect(await remediate(id, type, {}, keys)).toEqual({ tags: [tag("Project", "shop"), tag("Environment", "dev")] });
  });

  test("remediation leaves unknowns and good tags alone, and a key that stands there empty", async () => {
    expect(await remediate(id, type, { tags: unknown })).toBeUndefined();
    expect(await remediate(id, type, { tags: [tag(unknown)] })).toBeUndefined();
    expect(await remediate(id, type, { tags: [tag("System"), tag("ManagedBy", "x", unknown)] })).toBeUndefined();
    expect(await remediate(id, type, { tags: [tag("System"), tag("ManagedBy")] })).toBeUndefined();
    expect(await remediate(id, type, { tags: [tag("ManagedBy", "")] })).toBeUndefined();
  });
});

describe("tag-lt-tagspecs", () => {
  const id = "tag-lt-tagspecs";
  const type = "aws:ec2/launchTemplate:LaunchTemplate";
  const tags = { System: "x", ManagedBy: "x" };
  const specification = (resourceType: Json, own: Json = tags) => ({ resourceType, tags: own });
  const both = [specification("instance"), specification("volume")];

  test.each<[string, Record<string, Json>, object]>([
    ["passes when instances and volumes are tagged", { tagSpecifications: both }, pass],
    [
      "undefined specifications lack everything, whatever the template's own tags",
      { tags },
      violation(
        "tagSpecifications: missing for instances: System, ManagedBy",
        "tagSpecifications: missing for volumes: System, ManagedBy",
      ),
    ],
    [
      "refuses instances alone",
      { tagSpecifications: [specification("instance"), specification("network-interface")] },
      violation("tagSpecifications: missing for volumes: System, ManagedBy"),
    ],
    [
      "names the key that is missing or empty",
      {
        tagSpecifications: [
          specification("instance", { System: "x" }),
          specification("volume", { ...tags, System: "" }),
        ],
      },
      violation(
        "tagSpecifications: missing for instances: ManagedBy",
        "tagSpecifications: missing for volumes: System",
      ),
    ],
    [
      "counts an unknown value as there",
      { tagSpecifications: [specification("instance", { ...tags, System: unknown }), specification("volume")] },
      pass,
    ],
    [
      "cannot judge unknown tags",
      { tagSpecifications: [specification("instance", unknown)] },
      {
        violations: ["tagSpecifications: missing for volumes: System, ManagedBy"],
        unknowns: ["tagSpecifications[0].tags"],
      },
    ],
    [
      "cannot judge an unknown kind unless its tags would not do",
      { tagSpecifications: [specification("instance"), specification(unknown, { System: "x" })] },
      {
        violations: ["tagSpecifications: missing for volumes: ManagedBy"],
        unknowns: ["tagSpecifications[1].resourceType"],
      },
    ],
    ["cannot judge unknown specifications", { tagSpecifications: unknown }, unverifiable("tagSpecifications")],
  ])("%s", async (_, props, verdict) => {
    expect(await judge(id, { type, props }, settings)).toEqual(verdict);
  });

  test("remediation makes both specifications of nothing", async () => {
    expect(await remediate(id, type, { imageId: unknown })).toEqual({
      imageId: unknown,
      tagSpecifications: [
        specification("instance", { ManagedBy: "pulumi" }),
        specification("volume", { ManagedBy: "pulumi" }),
      ],
    });
  });

  test("remediation fills the one that is there and appends the other", async () => {
    const before = {
      tagSpecifications: [specification("spot-instances-request"), specification("volume", { System: unknown })],
    };
    expect(await remediate(id, type, before)).toEqual({
      tagSpecifications: [
        specification("spot-instances-request"),
        specification("volume", { System: unknown, ManagedBy: "pulumi" }),
        specification("instance", { ManagedBy: "pulumi" }),
      ],
    });
  });

  test("remediation leaves what is unknown or complete alone, and adds no empty specification", async () => {
    expect(await remediate(id, type, { tagSpecifications: unknown })).toBeUndefined();
    expect(await remediate(id, type, { tagSpecifications: both })).toBeUndefined();
    expect(await remediate(id, type, { tagSpecifications: [specification(unknown)] })).toBeUndefined();
    expect(await remediate(id, type, {}, { keys: ["System"] })).toBeUndefined();
  });
});

describe.each(["aws:rds/instance:Instance", "aws:rds/cluster:Cluster"])("tag-rds-copy-to-snapshot, %s", (type) => {
  const id = "tag-rds-copy-to-snapshot";
  const refused = violation("copyTagsToSnapshot: snapshots are made without tags");

  test.each<[string, Record<string, Json>, object]>([
    ["passes true", { copyTagsToSnapshot: true }, pass],
    ["refuses false", { copyTagsToSnapshot: false }, refused],
    ["refuses an undefined value, whose default is false", {}, refused],
    ["cannot judge an unknown", { copyTagsToSnapshot: unknown }, unverifiable("copyTagsToSnapshot")],
  ])("%s", async (_, props, verdict) => {
    expect(await judge(id, { type, props })).toEqual(verdict);
  });

  test("remediation turns it on and nothing else", async () => {
    expect(await remediate(id, type, { arn: unknown }, {})).toEqual({ arn: unknown, copyTagsToSnapshot: true });
    expect(await remediate(id, type, { copyTagsToSnapshot: true }, {})).toBeUndefined();
    expect(await remediate(id, type, { copyTagsToSnapshot: unknown }, {})).toBeUndefined();
  });
});

describe("tag-instance-volumes", () => {
  const id = "tag-instance-volumes";
  const type = "aws:ec2/instance:Instance";
  const tags = { System: "x", ManagedBy: "x" };
  const root: Props = { rootBlockDevice: { tags } };
  const missing = (path: string, keys = "System, ManagedBy") => `${path}: missing ${keys}`;

  describe.each([type, "aws:ec2/spotInstanceRequest:SpotInstanceRequest"])("%s", (each) => {
    const under = (table: Parameters<typeof cases>[2]) =>
      cases(
        id,
        each,
        table.map(([title, props, verdict]) => [title, props, verdict, settings] as const),
      );

    under([
      ["passes tags for all volumes", { volumeTags: tags, ebsBlockDevices: [{}] }, pass],
      ["passes tags for each", { ...root, ebsBlockDevices: [{ tags }] }, pass],
      [
        "undefined tags lack every key, whatever the instance's own",
        { tags },
        violation(missing("rootBlockDevice.tags")),
      ],
      ["refuses an empty value", { volumeTags: { ...tags, System: "" } }, violation(missing("volumeTags", "System"))],
      [
        "names the device that lacks a key",
        { ...root, ebsBlockDevices: [{ tags }, { tags: { System: "x" } }] },
        violation(missing("ebsBlockDevices[1].tags", "ManagedBy")),
      ],
      [
        "asks the root device for its own tags beside others'",
        { ebsBlockDevices: [{ tags }] },
        violation(missing("rootBlockDevice.tags")),
      ],
      [
        "refuses both ways at once",
        { ...root, volumeTags: tags },
        violation("volumeTags: cannot stand beside tags of a device"),
      ],
      ["leaves it to a launch template", { launchTemplate: unknown }, pass],
      [
        "judges what stands beside a launch template",
        { launchTemplate: { id: "lt-1" }, volumeTags: { System: "x" } },
        violation(missing("volumeTags", "ManagedBy")),
      ],
      ["counts an unknown value as there", { volumeTags: { ...tags, System: unknown } }, pass],
      ["cannot judge unknown tags", { volumeTags: unknown }, unverifiable("volumeTags")],
      ["cannot judge an unknown device", { rootBlockDevice: unknown }, unverifiable("rootBlockDevice")],
      [
        "judges the others beside an unknown",
        { rootBlockDevice: { tags: unknown }, ebsBlockDevices: [{}] },
        { violations: [missing("ebsBlockDevices[0].tags")], unknowns: ["rootBlockDevice.tags"] },
      ],
      [
        "cannot judge whether there are two ways",
        { volumeTags: tags, rootBlockDevice: unknown },
        unverifiable("rootBlockDevice"),
      ],
    ]);
  });

  test("counts the provider's default tags for devices, and not for volumeTags", async () => {
    const provider = { defaultTags: JSON.stringify({ tags: { System: "x", ManagedBy: "" } }) };
    const lacking = (path: string, keys: string) => violation(missing(path, keys));
    expect(await judge(id, { type, props: { rootBlockDevice: {} }, provider }, settings)).toEqual(
      lacking("rootBlockDevice.tags", "ManagedBy"),
    );
    expect(await judge(id, { type, props: { volumeTags: {} }, provider }, settings)).toEqual(
      lacking("volumeTags", "System, ManagedBy"),
    );
    const unknownDefaults = { defaultTags: unknown };
    expect(await judge(id, { type, props: { rootBlockDevice: {} }, provider: unknownDefaults }, settings)).toEqual(
      unverifiable("provider.defaultTags"),
    );
  });

  test("remediation fills the tags where they stand", async () => {
    expect(await remediate(id, type, { volumeTags: { System: unknown } })).toEqual({
      volumeTags: { System: unknown, ManagedBy: "pulumi" },
    });
    expect(await remediate(id, type, { ebsBlockDevices: [{ tags }, { encrypted: unknown }] })).toEqual({
      rootBlockDevice: { tags: { ManagedBy: "pulumi" } },
      ebsBlockDevices: [{ tags }, { encrypted: unknown, tags: { ManagedBy: "pulumi" } }],
    });
  });

  test("remediation leaves complete and unknown tags alone, and the devices of a spot request", async () => {
    const spot = "aws:ec2/spotInstanceRequest:SpotInstanceRequest";
    expect(await remediate(id, type, { volumeTags: tags })).toBeUndefined();
    expect(await remediate(id, type, { volumeTags: unknown })).toBeUndefined();
    expect(await remediate(id, type, { rootBlockDevice: unknown, ebsBlockDevices: unknown })).toBeUndefined();
    expect(await remediate(id, type, {}, { keys: ["System"] })).toBeUndefined();
    expect(await remediate(id, spot, {})).toBeUndefined();
    expect(await remediate(id, spot, { volumeTags: {} })).toEqual({ volumeTags: { ManagedBy: "pulumi" } });
  });
});
