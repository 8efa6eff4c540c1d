import { describe, expect, test } from "vitest";
import { type Resource, unknown } from "../../support/policy-harness";
import type { Props } from "./cases";
import { freeCases, judgeFree, judgeStack, many, sumsOf } from "./free";
import { judge, pass, unverifiable, violation } from "./rules";

const instance = "aws:ec2/instance:Instance";
const template = "aws:ec2/launchTemplate:LaunchTemplate";
const group = "aws:autoscaling/group:Group";
const subnet = "aws:ec2/subnet:Subnet";
const eip = "aws:ec2/eip:Eip";
const nat = "aws:ec2/natGateway:NatGateway";
const balancer = "aws:lb/loadBalancer:LoadBalancer";
const alias = "aws:alb/loadBalancer:LoadBalancer";
const classic = "aws:elb/loadBalancer:LoadBalancer";

describe("ft-public-ipv4", () => {
  const id = "ft-public-ipv4";
  const over = (addresses: string, money: string) =>
    violation(`the stack has ${addresses} public IPv4 addresses, the limit is 1: ${money} a month beyond it`);
  /** What the stack has, as the sum says it; "0" when it says none. */
  const addresses = async (...stack: readonly Resource[]): Promise<string> =>
    (await sumsOf(id, stack))[0]?.split(" of ")[0] ?? "0";

  test("one passes, a second is one too many", async () => {
    expect(await judgeStack(id, many(1, eip))).toEqual(pass);
    expect(await judgeStack(id, many(2, eip))).toEqual(over("2", "$3.65"));
    expect(await judgeStack(id, many(2, eip), { addresses: 2 })).toEqual(pass);
  });

  test("on credits all of them take credits, and none is always free", async () => {
    expect(await sumsOf(id, many(1, eip))).toEqual([
      "1 of 1 public IPv4 addresses; beyond it $0.00 a month ($3.65 each). On credits all of it takes $3.65 a month.",
    ]);
    expect(await judgeStack(id, many(1, eip), { plan: "always-free" })).toEqual(
      violation("the stack has 1 public IPv4 addresses, the limit is 0: $3.65 a month beyond it"),
    );
  });

  test.each<[string, Props, string]>([
    ["an Elastic IP of AWS", {}, "1"],
    ["one of Amazon's pool by name", { publicIpv4Pool: "amazon" }, "1"],
    ["one brought along", { publicIpv4Pool: "ipv4pool-ec2-1" }, "0"],
  ])("counts %s", async (_, props, count) => {
    expect(await addresses({ type: eip, props })).toBe(count);
  });

  test.each<[string, Props, string]>([
    ["with an address asked for", { subnetId: "subnet-1", associatePublicIpAddress: true }, "1"],
    ["with none", { associatePublicIpAddress: false }, "0"],
    ["in a default subnet", {}, "1"],
    ["with an interface of its own", { networkInterfaces: [{ networkInterfaceId: "eni-1" }] }, "0"],
    ["with a primary interface of its own", { primaryNetworkInterface: { networkInterfaceId: "eni-1" } }, "0"],
    ["in a subnet of another stack", { subnetId: "subnet-1" }, "at least 0"],
  ])("counts an instance %s", async (_, props, count) => {
    expect(await addresses({ type: instance, props })).toBe(count);
  });

  test("an instance's address follows from its subnet in the stack", async () => {
    const placed = (mapPublicIpOnLaunch: boolean): readonly Resource[] => [
      { type: subnet, name: "s", props: { id: unknown, mapPublicIpOnLaunch } },
      { type: instance, name: "i", props: { subnetId: unknown }, from: { subnetId: ["s"] } },
    ];
    expect(await addresses(...placed(true))).toBe("1");
    expect(await addresses(...placed(false))).toBe("0");
  });

  test("a group counts its largest size, by its template or its subnets", async () => {
    const sized = {
      type: group,
      name: "g",
      props: { maxSize: 3, vpcZoneIdentifiers: ["subnet-1"], launchTemplate: { id: unknown } },
      from: { launchTemplate: ["t"] },
    };
    const choosing = (choice: string) => ({
      type: template,
      name: "t",
      props: { id: unknown, networkInterfaces: [{ associatePublicIpAddress: choice }] },
    });
    expect(await addresses(choosing("true"), sized)).toBe("3");
    expect(await addresses(choosing("false"), sized)).toBe("0");
    const zones = [
      { type: subnet, name: "s1", props: { id: "subnet-0", mapPublicIpOnLaunch: false } },
      { type: subnet, name: "s2", props: { id: "subnet-1", mapPublicIpOnLaunch: true } },
    ];
    expect(await addresses(...zones, choosing(""), sized)).toBe("3");
    expect(await addresses(choosing(""), sized)).toBe("at least 0");
    expect(await judgeStack(id, [{ type: group, props: { maxSize: 1, launchTemplate: { id: "lt-1" } } }])).toEqual(
      unverifiable("launchTemplate.id"),
    );
  });

  test("a launch configuration says so for its group", async () => {
    const started = (associatePublicIpAddress: boolean): readonly Resource[] => [
      {
        type: "aws:ec2/launchConfiguration:LaunchConfiguration",
        name: "c",
        props: { name: "c", associatePublicIpAddress },
      },
      { type: group, name: "g", props: { maxSize: 2, launchConfiguration: "c", vpcZoneIdentifiers: ["subnet-1"] } },
    ];
    expect(await addresses(...started(true))).toBe("2");
    expect(await addresses(...started(false))).toBe("0");
  });

  test.each<[string, Props, string]>([
    ["one in each subnet", { subnets: ["a", "b"] }, "2"],
    ["none inside", { internal: true, subnets: ["a", "b"] }, "0"],
    ["none without IPv4", { ipAddressType: "dualstack-without-public-ipv4", subnets: ["a", "b"] }, "0"],
    ["none at a gateway load balancer", { loadBalancerType: "gateway", subnets: ["a"] }, "0"],
    [
      "not those that it has as Elastic IPs",
      { subnetMappings: [{ allocationId: unknown }, { allocationId: unknown }, { subnetId: "b" }] },
      "1",
    ],
    ["none with an Elastic IP in each zone", { subnetMappings: [{ allocationId: "eipalloc-1" }] }, "0"],
    ["at least one in unknown subnets", { subnets: unknown }, "at least 1"],
    ["two with one of two subnets unknown", { subnets: [unknown, "b"] }, "2"],
  ])("counts a load balancer's addresses: %s", async (_, props, count) => {
    expect(await addresses({ type: balancer, props, from: { subnets: ["it"] } })).toBe(count);
    expect(await addresses({ type: alias, props, from: { subnets: ["it"] } })).toBe(count);
  });

  test("counts a classic load balancer's zones", async () => {
    expect(await addresses({ type: classic, props: { availabilityZones: ["a", "b"] } })).toBe("2");
  });

  test("a NAT gateway's address is its Elastic IP, once", async () => {
    const gateway = (props: Props): Resource => ({ type: nat, name: "n", props, from: { allocationId: ["e"] } });
    expect(await addresses({ type: eip, name: "e", props: { id: unknown } }, gateway({ allocationId: unknown }))).toBe(
      "1",
    );
    expect(await addresses({ type: nat, props: { allocationId: "eipalloc-1" } })).toBe("1");
    expect(await addresses({ type: nat, props: { connectivityType: "private" } })).toBe("0");
    expect(await addresses({ type: nat, props: { connectivityType: "public" } })).toBe("1");
  });

  test.each(["aws:rds/instance:Instance", "aws:rds/clusterInstance:ClusterInstance"])(
    "counts a public %s",
    async (type) => {
      expect(await addresses({ type, props: { publiclyAccessible: true } })).toBe("1");
      expect(await addresses({ type, props: {} })).toBe("0");
    },
  );
});

describe("ft-nat-gateway", () => {
  const id = "ft-nat-gateway";
  const costs = violation("the NAT gateway costs $32.85 a month, and its traffic");
  freeCases(id, nat, [
    ["refuses one", {}, costs],
    ["refuses a private one", { connectivityType: "private" }, costs],
    [
      "takes the price from the config",
      {},
      violation("the NAT gateway costs $73.00 a month, and its traffic"),
      { hourPrice: 0.1 },
    ],
  ]);

  test("in prod passes one that is not tagged as free", async () => {
    expect(await judge(id, { type: nat }, {}, { profile: "prod" })).toEqual(pass);
    expect(await judge(id, { type: nat, props: { tags: { CostTier: "free" } } }, {}, { profile: "prod" })).toEqual(
      costs,
    );
    expect(await judge(id, { type: nat, props: { tags: unknown } }, {}, { profile: "prod" })).toEqual(
      unverifiable("tags"),
    );
  });
});

describe("ft-interface-endpoint", () => {
  const costs = (type: string, money: string) =>
    violation(`vpcEndpointType: an endpoint of type ${type} costs at least ${money} a month`);
  freeCases("ft-interface-endpoint", "aws:ec2/vpcEndpoint:VpcEndpoint", [
    ["passes a gateway", { vpcEndpointType: "Gateway" }, pass],
    ["passes without a type", {}, pass],
    ["refuses an interface", { vpcEndpointType: "Interface" }, costs("Interface", "$7.30")],
    ["counts its zones", { vpcEndpointType: "Interface", subnetIds: [unknown, "b"] }, costs("Interface", "$14.60")],
    [
      "refuses one of a gateway load balancer",
      { vpcEndpointType: "GatewayLoadBalancer" },
      costs("GatewayLoadBalancer", "$7.30"),
    ],
    ["can't judge an unknown type", { vpcEndpointType: unknown }, unverifiable("vpcEndpointType")],
    [
      "takes the price from the config",
      { vpcEndpointType: "Interface" },
      costs("Interface", "$73.00"),
      { hourPrice: 0.1 },
    ],
  ]);
});

describe("ft-alb", () => {
  const id = "ft-alb";
  const costs = violation("the load balancer costs $16.43 a month, and its traffic");

  test.each([balancer, alias, classic])("refuses %s", async (type) => {
    expect(await judgeFree(id, { type })).toEqual(costs);
    expect(await judgeStack(id, many(2, type))).toEqual(pass);
  });

  test("the first year has one application or classic load balancer", async () => {
    const year = { plan: "legacy12" };
    expect(await judgeFree(id, { type: balancer }, year)).toEqual(pass);
    expect(await judgeFree(id, { type: classic }, year)).toEqual(pass);
    expect(await judgeFree(id, { type: balancer, props: { loadBalancerType: "network" } }, year)).toEqual(costs);
    expect(await judgeFree(id, { type: balancer, props: { loadBalancerType: unknown } }, year)).toEqual(
      unverifiable("loadBalancerType"),
    );
    expect(await judgeStack(id, many(1, balancer), year)).toEqual(pass);
    expect(await judgeStack(id, [...many(1, balancer), { type: classic, name: "c" }], year)).toEqual(
      violation("the stack has 1,460 load balancer hours a month, the limit is 750: $15.98 a month beyond it"),
    );
    const network = { type: balancer, name: "n", props: { loadBalancerType: "network" } };
    expect(await judgeStack(id, [...many(1, balancer), network], year)).toEqual(pass);
    expect(await sumsOf(id, many(1, balancer), year)).toEqual([
      "730 of 750 load balancer hours a month; beyond it $0.00 a month ($0.0225 an hour).",
    ]);
  });

  test("numbers come from the config", async () => {
    expect(await judgeStack(id, many(2, balancer), { plan: "legacy12", hours: 1460 })).toEqual(pass);
    expect(await judgeFree(id, { type: balancer }, { hourPrice: 1 })).toEqual(
      violation("the load balancer costs $730.00 a month, and its traffic"),
    );
  });
});
