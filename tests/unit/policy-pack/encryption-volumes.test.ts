import { describe, expect, test } from "vitest";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { judge, pass, serve, unverifiable, violation } from "./rules";

const assume = { assumeEbsDefaultEncryption: true };
const plain = "the volume is not encrypted";

describe("enc-ebs-volume", () => {
  const id = "enc-ebs-volume";
  const east = { region: "us-east-1" };
  const west = { region: "eu-west-1" };
  const volume = (props: Record<string, Json>, more: Partial<Resource> = {}): Resource => ({
    type: "aws:ebs/volume:Volume",
    name: "data",
    props,
    provider: east,
    ...more,
  });
  const byDefault = (props: Record<string, Json>, more: Partial<Resource> = {}): Resource => ({
    type: "aws:ebs/encryptionByDefault:EncryptionByDefault",
    name: "default",
    props,
    provider: east,
    ...more,
  });
  const refused = violation(`encrypted: ${plain}`);

  test.each<[string, readonly Resource[], object]>([
    ["passes an encrypted volume", [volume({ encrypted: true })], pass],
    ["refuses one that is not", [volume({ encrypted: false })], refused],
    ["refuses an undefined value, whose default is false", [volume({})], refused],
    ["refuses a key without encryption", [volume({ kmsKeyId: "alias/aws/ebs" })], refused],
    ["takes what the provider has yet to compute for undefined", [volume({ encrypted: unknown })], refused],
    [
      "cannot judge a value that came from another resource",
      [volume({ encrypted: unknown }, { from: { encrypted: ["data"] } })],
      unverifiable("encrypted"),
    ],
    ["passes where the stack encrypts by default", [volume({}), byDefault({ enabled: true })], pass],
    ["passes where it does so by leaving out that it does", [volume({ encrypted: false }), byDefault({})], pass],
    ["refuses where the stack turns that off", [volume({}), byDefault({ enabled: false })], refused],
    [
      "cannot judge where it may turn that off",
      [volume({}), byDefault({ enabled: unknown }, { from: { enabled: ["data"] } })],
      unverifiable("enabled"),
    ],
    ["needs no default for an encrypted volume", [volume({ encrypted: true }), byDefault({ enabled: false })], pass],
    ["passes with the same region written out", [volume(east), byDefault({})], pass],
    ["refuses another region's volume", [volume(west), byDefault({})], refused],
    ["refuses another provider's volume", [volume({}, { provider: west }), byDefault({})], refused],
    ["takes the default's own region before its provider's", [volume(west), byDefault(west)], pass],
    [
      "takes regions that the provider has yet to compute for its own",
      [volume({ region: unknown }), byDefault({})],
      pass,
    ],
    [
      "cannot judge a default whose region is unknown",
      [volume({}), byDefault({ region: unknown }, { from: { region: ["data"] } })],
      unverifiable("region"),
    ],
    [
      "cannot judge a volume whose region is unknown",
      [volume({ region: unknown }, { from: { region: ["default"] } }), byDefault({})],
      unverifiable("region"),
    ],
    ["passes a stack without volumes", [byDefault({ enabled: false })], pass],
  ])("%s", async (_, resources, verdict) => {
    expect(await judge(id, resources)).toEqual(verdict);
  });

  test("passes when the account encrypts anyway", async () => {
    expect(await judge(id, [volume({})], assume)).toEqual(pass);
  });
});

describe("enc-ebs-default", () => {
  const id = "enc-ebs-default";
  const type = "aws:ebs/encryptionByDefault:EncryptionByDefault";

  test.each<[string, Record<string, Json>, object]>([
    ["passes true", { enabled: true }, pass],
    ["passes an undefined value, whose default is true", {}, pass],
    ["refuses false", { enabled: false }, violation("enabled: EBS encryption by default is turned off")],
    ["cannot judge an unknown", { enabled: unknown }, unverifiable("enabled")],
  ])("%s", async (_, props, verdict) => {
    expect(await judge(id, { type, props })).toEqual(verdict);
  });

  test("remediation turns it on again and leaves all else alone", async () => {
    const pack = await serve({}, { all: "disabled", [id]: "remediate" });
    const remediate = async (props: Record<string, Json>) => (await pack.remediate({ type, props }))[0]?.props;
    expect(await remediate({ enabled: false, region: unknown })).toEqual({ enabled: true, region: unknown });
    expect(await remediate({})).toBeUndefined();
    expect(await remediate({ enabled: unknown })).toBeUndefined();
  });
});

describe("enc-ec2-block-devices", () => {
  const id = "enc-ec2-block-devices";
  const root = { rootBlockDevice: { encrypted: true } };
  const leftToAmi = "rootBlockDevice: the root volume is not said to be encrypted";

  describe.each([
    "aws:ec2/instance:Instance",
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
    "aws:ec2/launchConfiguration:LaunchConfiguration",
  ])("%s", (type) => {
    test.each<[string, Record<string, Json>, object]>([
      ["passes an encrypted root volume", root, pass],
      ["passes encrypted volumes", { ...root, ebsBlockDevices: [{ encrypted: true }, { encrypted: "true" }] }, pass],
      ["refuses an undefined root volume", {}, violation(leftToAmi)],
      [
        "refuses a root volume that does not say",
        { rootBlockDevice: { volumeSize: 8 } },
        violation(`rootBlockDevice.encrypted: ${plain}`),
      ],
      [
        "refuses each volume that is not encrypted",
        { ...root, ebsBlockDevices: [{ encrypted: true }, { encrypted: false }, {}] },
        violation(`ebsBlockDevices[1].encrypted: ${plain}`, `ebsBlockDevices[2].encrypted: ${plain}`),
      ],
      ["passes a masked device", { ...root, ebsBlockDevices: [{ noDevice: true }] }, pass],
      [
        "cannot judge whether an unencrypted device is masked",
        { ...root, ebsBlockDevices: [{ noDevice: unknown }] },
        unverifiable("ebsBlockDevices[0].noDevice"),
      ],
      [
        "judges the others beside an unknown",
        { rootBlockDevice: { encrypted: false }, ebsBlockDevices: [{ encrypted: unknown }] },
        { violations: [`rootBlockDevice.encrypted: ${plain}`], unknowns: ["ebsBlockDevices[0].encrypted"] },
      ],
      ["cannot judge an unknown root device", { rootBlockDevice: unknown }, unverifiable("rootBlockDevice")],
      ["cannot judge unknown devices", { ...root, ebsBlockDevices: unknown }, unverifiable("ebsBlockDevices")],
    ])("%s", async (_, props, verdict) => {
      expect(await judge(id, { type, props })).toEqual(verdict);
    });
  });

  const instance = "aws:ec2/instance:Instance";

  test("leaves the root device to a launch template, known or not", async () => {
    expect(await judge(id, { type: instance, props: { launchTemplate: { id: "lt-1" } } })).toEqual(pass);
    expect(await judge(id, { type: instance, props: { launchTemplate: unknown } })).toEqual(pass);
    const own = { launchTemplate: { id: "lt-1" }, ebsBlockDevices: [{}] };
    expect(await judge(id, { type: instance, props: own })).toEqual(
      violation(`ebsBlockDevices[0].encrypted: ${plain}`),
    );
  });

  test("passes when the account encrypts anyway", async () => {
    expect(await judge(id, { type: instance, props: { ebsBlockDevices: [{}] } }, assume)).toEqual(pass);
  });

  test.each<[string, Json, object]>([
    [
      "passes encrypted devices",
      [{ rootBlockDevices: [{ encrypted: true }], ebsBlockDevices: [{ encrypted: true }] }],
      pass,
    ],
    [
      "refuses others in each specification",
      [{ rootBlockDevices: [{ encrypted: false }] }, { ebsBlockDevices: [{}] }],
      violation(
        `launchSpecifications[0].rootBlockDevices[0].encrypted: ${plain}`,
        `launchSpecifications[1].${leftToAmi}`,
        `launchSpecifications[1].ebsBlockDevices[0].encrypted: ${plain}`,
      ),
    ],
    ["cannot judge unknown specifications", unknown, unverifiable("launchSpecifications")],
  ])("spot fleet: %s", async (_, launchSpecifications, verdict) => {
    const type = "aws:ec2/spotFleetRequest:SpotFleetRequest";
    expect(await judge(id, { type, props: { launchSpecifications } })).toEqual(verdict);
    expect(await judge(id, { type, props: {} })).toEqual(pass);
  });
});

describe("enc-lt-block-devices", () => {
  const id = "enc-lt-block-devices";
  const template = (blockDeviceMappings?: Json): Resource => ({
    type: "aws:ec2/launchTemplate:LaunchTemplate",
    props: blockDeviceMappings === undefined ? {} : { blockDeviceMappings },
  });
  const path = (index: number) => `blockDeviceMappings[${index}].ebs.encrypted`;

  test.each<[string, Resource, object]>([
    ["passes without mappings, where the AMI decides", template(), pass],
    [
      "passes the string true and the boolean",
      template([{ ebs: { encrypted: "true" } }, { ebs: { encrypted: true } }]),
      pass,
    ],
    [
      "refuses false and an undefined value",
      template([{ ebs: { encrypted: "false" } }, { ebs: { volumeSize: 8 } }]),
      violation(`${path(0)}: ${plain}`, `${path(1)}: ${plain}`),
    ],
    ["passes masked and instance store devices", template([{ noDevice: "" }, { virtualName: "ephemeral0" }]), pass],
    [
      "passes a snapshot, which decides",
      template([{ ebs: { snapshotId: "snap-1" } }, { ebs: { snapshotId: unknown } }]),
      pass,
    ],
    ["refuses an empty snapshot", template([{ ebs: { snapshotId: "" } }]), violation(`${path(0)}: ${plain}`)],
    [
      "judges the others beside an unknown",
      template([{ ebs: { encrypted: unknown } }, { ebs: {} }]),
      { violations: [`${path(1)}: ${plain}`], unknowns: [path(0)] },
    ],
    ["cannot judge an unknown mapping", template([{ ebs: unknown }]), unverifiable("blockDeviceMappings[0].ebs")],
    ["cannot judge unknown mappings", template(unknown), unverifiable("blockDeviceMappings")],
  ])("%s", async (_, resource, verdict) => {
    expect(await judge(id, resource)).toEqual(verdict);
  });

  test("passes when the account encrypts anyway", async () => {
    expect(await judge(id, template([{ ebs: {} }]), assume)).toEqual(pass);
  });
});
