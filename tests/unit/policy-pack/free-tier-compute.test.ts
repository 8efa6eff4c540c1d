import { describe, expect, test } from "vitest";
import { type Resource, unknown } from "../../support/policy-harness";
import { type Props, remediate } from "./cases";
import { freeCases, judgeFree, judgeStack, many, sumsOf } from "./free";
import { judge, pass, unverifiable, violation } from "./rules";

const instance = "aws:ec2/instance:Instance";
const spot = "aws:ec2/spotInstanceRequest:SpotInstanceRequest";
const template = "aws:ec2/launchTemplate:LaunchTemplate";
const configuration = "aws:ec2/launchConfiguration:LaunchConfiguration";
const group = "aws:autoscaling/group:Group";
const volume = "aws:ebs/volume:Volume";
const marked = { tags: { CostTier: "free-tier" } };

describe("ft-ec2-type", () => {
  const id = "ft-ec2-type";
  const allowed = "t3.micro, t3.small, t4g.micro, t4g.small, c7i-flex.large, m7i-flex.large";
  const wrong = (path: string, type: string) =>
    violation(`${path}: the type is ${type}, and the free tier has ${allowed}`);
  const overrides = (...types: string[]): Props => ({
    mixedInstancesPolicy: { launchTemplate: { overrides: types.map((instanceType) => ({ instanceType })) } },
  });

  freeCases(id, instance, [
    ["passes an eligible type", { instanceType: "t4g.micro" }, pass],
    ["passes without a type, which the template has", {}, pass],
    ["refuses another type", { instanceType: "t2.micro" }, wrong("instanceType", "t2.micro")],
    ["can't judge an unknown type", { instanceType: unknown }, unverifiable("instanceType")],
    ["takes the first year's types", { instanceType: "t2.micro" }, pass, { plan: "legacy12" }],
    [
      "refuses a new type in the first year",
      { instanceType: "t3.small" },
      violation("instanceType: the type is t3.small, and the free tier has t2.micro, t3.micro"),
      { plan: "legacy12" },
    ],
    [
      "has no type that is always free",
      { instanceType: "t3.micro" },
      violation("instanceType: the type is t3.micro, and no type is free on this plan"),
      { plan: "always-free" },
    ],
    ["takes types from the config", { instanceType: "t3.nano" }, pass, { creditTypes: ["t3.nano"] }],
  ]);

  freeCases(id, group, [
    [
      "judges each override",
      overrides("t3.micro", "g5.xlarge"),
      wrong("mixedInstancesPolicy.launchTemplate.overrides[1].instanceType", "g5.xlarge"),
    ],
    [
      "an unknown override hides no other",
      overrides(unknown, "g5.xlarge"),
      {
        ...wrong("mixedInstancesPolicy.launchTemplate.overrides[1].instanceType", "g5.xlarge"),
        ...{ unknowns: ["mixedInstancesPolicy.launchTemplate.overrides[0].instanceType"] },
      },
    ],
  ]);

  freeCases(id, template, [
    ["judges a template", { instanceType: "g5.xlarge" }, wrong("instanceType", "g5.xlarge")],
    [
      "refuses a choice by attributes",
      { instanceRequirements: { vcpuCount: { min: 1 } } },
      violation(`instanceRequirements: AWS may choose any type, and the free tier has ${allowed}`),
    ],
    ["passes a choice among eligible types", { instanceRequirements: { allowedInstanceTypes: ["t3.micro"] } }, pass],
    [
      "refuses a choice with another",
      { instanceRequirements: { allowedInstanceTypes: ["t3.micro", "m5.large"] } },
      wrong("instanceRequirements.allowedInstanceTypes[1]", "m5.large"),
    ],
    ["can't judge unknown requirements", { instanceRequirements: unknown }, unverifiable("instanceRequirements")],
  ]);

  test.each([spot, configuration])("judges %s", async (type) => {
    expect(await judgeFree(id, { type, props: { instanceType: "g5.xlarge" } })).toEqual(
      wrong("instanceType", "g5.xlarge"),
    );
  });

  test("in dev judges what is tagged as free alone", async () => {
    const props = { instanceType: "g5.xlarge" };
    expect(await judge(id, { type: instance, props })).toEqual(pass);
    expect(await judge(id, { type: instance, props: { ...props, ...marked } })).toEqual(
      wrong("instanceType", "g5.xlarge"),
    );
  });
});

describe("ft-ec2-hours", () => {
  const id = "ft-ec2-hours";
  const over = (hours: string, money: string) =>
    violation(`the stack has ${hours} EC2 instance hours a month, the limit is 750: ${money} a month beyond it`);

  test("one instance passes, a second is one too many", async () => {
    expect(await judgeStack(id, many(1, instance))).toEqual(pass);
    expect(await judgeStack(id, many(2, instance))).toEqual(over("1,460", "$7.38"));
  });

  test("groups count with their largest size, Spot requests as instances", async () => {
    const stack = [...many(1, spot), { type: group, name: "g", props: { minSize: 0, maxSize: 2 } }];
    expect(await judgeStack(id, stack)).toEqual(over("2,190", "$14.98"));
    expect(await judgeStack(id, [{ type: group, props: { maxSize: 1 } }])).toEqual(pass);
    expect(await judgeStack(id, [...many(1, instance), { type: group, name: "g", props: { maxSize: 0 } }])).toEqual(
      pass,
    );
  });

  test("an unknown size matters until the limit is passed without it", async () => {
    const open = { type: group, name: "g", props: { maxSize: unknown } };
    expect(await judgeStack(id, [...many(1, instance), open])).toEqual(unverifiable("maxSize"));
    expect(await judgeStack(id, [...many(2, instance), open])).toEqual(over("at least 1,460", "$7.38"));
  });

  test("tells the sum, and on credits what all of it takes", async () => {
    const beyond = "730 of 750 EC2 instance hours a month; beyond it $0.00 a month ($0.0104 an hour).";
    expect(await sumsOf(id, many(1, instance))).toEqual([`${beyond} On credits all of it takes $7.59 a month.`]);
    expect(await sumsOf(id, many(1, instance), { plan: "legacy12" })).toEqual([beyond]);
    expect(await sumsOf(id, [])).toEqual([]);
    expect(await sumsOf(id, [{ type: group, props: { maxSize: unknown } }], { plan: "legacy12" })).toEqual([
      "at least 0 of 750 EC2 instance hours a month; beyond it $0.00 a month ($0.0104 an hour).",
    ]);
  });

  test("nothing is always free", async () => {
    expect(await judgeStack(id, many(1, instance), { plan: "always-free" })).toEqual(
      violation("the stack has 730 EC2 instance hours a month, the limit is 0: $7.59 a month beyond it"),
    );
  });

  test("numbers come from the config", async () => {
    expect(await judgeStack(id, many(2, instance), { hours: 1000, hourPrice: 1 })).toEqual(
      violation("the stack has 1,460 EC2 instance hours a month, the limit is 1,000: $460.00 a month beyond it"),
    );
    expect(await judgeStack(id, many(2, instance), { hours: 1460 })).toEqual(pass);
  });

  test("in dev adds up what is tagged as free, and minds tags that are not known", async () => {
    expect(await judge(id, [...many(1, instance, marked), { type: instance, name: "other" }])).toEqual(pass);
    expect(await judge(id, many(2, instance, marked))).toEqual(over("1,460", "$7.38"));
    const undecided = { type: instance, name: "u", props: { tags: { CostTier: unknown } } };
    expect(await judge(id, [...many(1, instance, marked), undecided])).toEqual(unverifiable("tags.CostTier"));
  });
});

describe("ft-ec2-credits", () => {
  const id = "ft-ec2-credits";
  const bought = violation("creditSpecification.cpuCredits: CPU credits over the baseline are bought");
  const credits = (cpuCredits: string): Props => ({ creditSpecification: { cpuCredits } });

  freeCases(id, instance, [
    ["refuses a T3 without a choice", { instanceType: "t3.micro" }, bought],
    ["passes standard", { instanceType: "t3.micro", ...credits("standard") }, pass],
    ["refuses unlimited", { instanceType: "t4g.micro", ...credits("unlimited") }, bought],
    ["passes a T2 without a choice", { instanceType: "t2.micro" }, pass],
    ["refuses an unlimited T2", { instanceType: "t2.micro", ...credits("unlimited") }, bought],
    ["passes other families", { instanceType: "m7i-flex.large" }, pass],
    ["leaves the choice to a template", { instanceType: "t3.micro", launchTemplate: { id: unknown } }, pass],
    [
      "refuses unlimited over a template",
      { instanceType: "t3.micro", launchTemplate: {}, ...credits("unlimited") },
      bought,
    ],
    ["can't judge an unknown type", { instanceType: unknown }, unverifiable("instanceType")],
    [
      "can't judge an unknown choice",
      { instanceType: "t3.micro", ...credits(unknown) },
      unverifiable("creditSpecification.cpuCredits"),
    ],
    ["needs no type with standard", { instanceType: unknown, ...credits("standard") }, pass],
    ["can't tell whether a template is given", { instanceType: "t3.micro", launchTemplate: unknown }, pass],
  ]);
  freeCases(id, template, [
    ["judges a template", { instanceType: "t3.micro" }, bought],
    ["passes one without a type", {}, pass],
  ]);
  freeCases(id, spot, [["judges a Spot request", { instanceType: "t3.micro" }, bought]]);

  test("remediation sets standard where that is in place, and leaves all else alone", async () => {
    const props = { instanceType: "t3.micro", userData: unknown, ...marked };
    const cured = { ...props, creditSpecification: { cpuCredits: "standard" } };
    expect(await remediate(id, instance, props)).toEqual(cured);
    expect(await remediate(id, template, props)).toEqual(cured);
    expect(await remediate(id, spot, props)).toBeUndefined();
    expect(await remediate(id, instance, { ...props, instanceType: unknown })).toBeUndefined();
    expect(await remediate(id, instance, cured)).toBeUndefined();
  });
});

describe("ft-ec2-monitoring", () => {
  const id = "ft-ec2-monitoring";
  const detailed = (path: string) => violation(`${path}: detailed monitoring is billed as seven custom metrics`);

  freeCases(id, instance, [
    ["passes without", {}, pass],
    ["passes false", { monitoring: false }, pass],
    ["refuses true", { monitoring: true }, detailed("monitoring")],
    ["can't judge an unknown", { monitoring: unknown }, unverifiable("monitoring")],
  ]);
  freeCases(id, spot, [["judges a Spot request", { monitoring: true }, detailed("monitoring")]]);
  freeCases(id, template, [
    ["judges a template", { monitoring: { enabled: "true" } }, detailed("monitoring.enabled")],
    ["passes a template without", {}, pass],
  ]);
  freeCases(id, configuration, [
    ["refuses a launch configuration without, which turns it on", {}, detailed("enableMonitoring")],
    ["passes one that turns it off", { enableMonitoring: false }, pass],
    ["refuses one that turns it on", { enableMonitoring: true }, detailed("enableMonitoring")],
  ]);

  test("remediation turns it off where that is in place", async () => {
    expect(await remediate(id, instance, { monitoring: true, ami: unknown, ...marked })).toEqual({
      monitoring: false,
      ami: unknown,
      ...marked,
    });
    expect(await remediate(id, template, { monitoring: { enabled: true }, ...marked })).toEqual({
      monitoring: { enabled: false },
      ...marked,
    });
    expect(await remediate(id, configuration, { enableMonitoring: true, ...marked })).toBeUndefined();
    expect(await remediate(id, instance, { monitoring: unknown, ...marked })).toBeUndefined();
    expect(await remediate(id, instance, { monitoring: false, ...marked })).toBeUndefined();
  });
});

describe("ft-ebs-total", () => {
  const id = "ft-ebs-total";
  const over = (gb: string, money: string) =>
    violation(`the stack has ${gb} GB of EBS, the limit is 30: ${money} a month beyond it`);

  freeCases(id, volume, [
    ["passes gp3", { type: "gp3", iops: 3000, throughput: 125 }, pass],
    ["passes without a type", {}, pass],
    [
      "refuses another type",
      { type: "st1" },
      violation("type: volumes of type st1 are not in the offer, gp2 and gp3 are"),
    ],
    [
      "refuses more IOPS",
      { type: "gp3", iops: 3001 },
      violation("iops: 3001 iops are more than the 3000 that gp3 includes"),
    ],
    [
      "refuses more throughput",
      { type: "gp3", throughput: 250 },
      violation("throughput: 250 throughput are more than the 125 that gp3 includes"),
    ],
    ["passes the IOPS that a large gp2 has", { type: "gp2", iops: 6000 }, pass],
    ["can't judge unknowns", { type: unknown, throughput: unknown }, unverifiable("type", "throughput")],
  ]);
  freeCases(id, instance, [
    [
      "judges the root device",
      { rootBlockDevice: { volumeType: "io2" } },
      violation("rootBlockDevice.volumeType: volumes of type io2 are not in the offer, gp2 and gp3 are"),
    ],
    [
      "judges each other device",
      { ebsBlockDevices: [{ volumeType: "gp3" }, { volumeType: "io1" }] },
      violation("ebsBlockDevices[1].volumeType: volumes of type io1 are not in the offer, gp2 and gp3 are"),
    ],
  ]);
  freeCases(id, template, [
    [
      "judges each mapping of a template",
      { blockDeviceMappings: [{ ebs: { volumeType: "gp3" } }, { ebs: { volumeType: "sc1" } }] },
      violation("blockDeviceMappings[1].ebs.volumeType: volumes of type sc1 are not in the offer, gp2 and gp3 are"),
    ],
  ]);

  test("volumes add up", async () => {
    expect(await judgeStack(id, many(3, volume, { size: 10 }))).toEqual(pass);
    expect(await judgeStack(id, many(4, volume, { size: 10 }))).toEqual(over("40", "$0.80"));
    expect(await judgeStack(id, many(4, volume, { size: 10 }), { gb: 40 })).toEqual(pass);
    expect(await sumsOf(id, many(1, volume, { size: 10 }), { plan: "legacy12" })).toEqual([
      "10 of 30 GB of EBS; beyond it $0.00 a month ($0.08 a GB).",
    ]);
  });

  test("instances have the root device of their AMI unless they say otherwise", async () => {
    const gb = async (props: Props) => (await sumsOf(id, [{ type: instance, props }]))[0]?.split(" of ")[0];
    expect(await gb({})).toBe("8");
    expect(await gb({ rootBlockDevice: { volumeSize: 12 } })).toBe("12");
    expect(await gb({ rootBlockDevice: {}, ebsBlockDevices: [{ volumeSize: 5 }, { volumeSize: 6 }] })).toBe("19");
    expect(await gb({ rootBlockDevice: { volumeSize: 12 }, ebsBlockDevices: [{ volumeSize: 5 }] })).toBe("17");
    expect(await sumsOf(id, many(1, instance), { amiRootGb: 30, plan: "legacy12" })).toEqual([
      "30 of 30 GB of EBS; beyond it $0.00 a month ($0.08 a GB).",
    ]);
  });

  const launched = (templateType: string, props: Props, groupProps: Props = { maxSize: 3 }, key = "launchTemplate") => [
    { type: templateType, name: "t", props: { id: unknown, name: unknown, ...props } },
    {
      type: group,
      name: "g",
      props: { [key]: key === "launchTemplate" ? { id: unknown } : unknown, ...groupProps },
      from: { [key]: ["t"] },
    },
  ];

  test("a template counts once for each instance that may start from it", async () => {
    const props = { blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { volumeSize: 11 } }] };
    expect(await judgeStack(id, launched(template, props))).toEqual(over("33", "$0.24"));
    expect(await judgeStack(id, launched(template, props, { maxSize: 2 }))).toEqual(pass);
    expect(await judgeStack(id, [{ type: template, props }])).toEqual(pass);
    const withData = { blockDeviceMappings: [{ deviceName: "/dev/sdf", ebs: { volumeSize: 30 } }] };
    expect(await judgeStack(id, launched(template, withData, { maxSize: 1 }))).toEqual(over("38", "$0.64"));
    const unsized = {
      blockDeviceMappings: [{ deviceName: "/dev/xvda" }, { deviceName: "/dev/sdf" }, { deviceName: "/dev/sdg" }],
    };
    expect((await sumsOf(id, launched(template, unsized, { maxSize: 2 })))[0]).toMatch(/^16 of 30 GB/);
    const unnamed = { blockDeviceMappings: [{ deviceName: unknown, ebs: { volumeSize: 30 } }] };
    const nameless = unverifiable("blockDeviceMappings[0].deviceName");
    expect(await judgeStack(id, launched(template, unnamed, { maxSize: 1 }))).toEqual(nameless);
    const sizeless = { blockDeviceMappings: [{ deviceName: unknown }] };
    expect(await judgeStack(id, launched(template, sizeless, { maxSize: 1 }))).toEqual(nameless);
  });

  test("so does a launch configuration, and a template in a mixed policy or named after the update", async () => {
    const props = { rootBlockDevice: { volumeSize: 20 }, ebsBlockDevices: [{ volumeSize: 11 }] };
    expect(await judgeStack(id, launched(configuration, props, { maxSize: 1 }, "launchConfiguration"))).toEqual(
      over("31", "$0.08"),
    );
    const mappings = { blockDeviceMappings: [{ deviceName: "/dev/sda1", ebs: { volumeSize: 31 } }] };
    const specification = { launchTemplateSpecification: { launchTemplateId: "lt-1" } };
    const stack: readonly Resource[] = [
      { type: template, name: "t", props: { id: "lt-1", ...mappings } },
      { type: group, name: "g", props: { maxSize: 1, mixedInstancesPolicy: { launchTemplate: specification } } },
    ];
    expect(await judgeStack(id, stack)).toEqual(over("31", "$0.08"));
    const named: readonly Resource[] = [
      { type: template, name: "t", props: { id: unknown, name: "web", ...mappings } },
      { type: group, name: "g", props: { maxSize: 1, launchTemplate: { name: "web" } } },
    ];
    expect(await judgeStack(id, named)).toEqual(over("31", "$0.08"));
  });

  test("a template of another stack is not known", async () => {
    const stack = [{ type: group, props: { maxSize: 1, launchTemplate: { id: "lt-9" } } }];
    expect(await judgeStack(id, stack)).toEqual(unverifiable("launchTemplate.id"));
  });

  test("what the provider computes is not unknown, and an attached volume counts once", async () => {
    const computed = { type: instance, name: "i", props: { rootBlockDevice: unknown, ebsBlockDevices: unknown } };
    expect(await judgeStack(id, [computed])).toEqual(pass);
    const attached: readonly Resource[] = [
      { type: volume, name: "v", props: { id: "vol-1", size: 20 } },
      { type: instance, name: "i", props: { ebsBlockDevices: [{ volumeId: "vol-1", volumeSize: 20 }] } },
    ];
    expect(await judgeStack(id, attached)).toEqual(pass);
    expect((await sumsOf(id, attached))[0]).toMatch(/^28 of 30 GB/);
  });

  test("an unknown size matters", async () => {
    expect(await judgeStack(id, [{ type: volume, props: { size: unknown }, from: { size: ["it"] } }])).toEqual(
      unverifiable("size"),
    );
  });
});
