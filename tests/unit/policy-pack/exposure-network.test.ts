import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { contains, coversPort, staysWithin, type Traffic } from "../../../policy-pack/lib/net/ports";
import { Value } from "../../../policy-pack/lib/value";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { judge, pass, unverifiable, violation } from "./rules";

const world = "0.0.0.0/0";

/** A group with inline rules. */
function group(...ingress: readonly Json[]): Resource {
  return { type: "aws:ec2/securityGroup:SecurityGroup", props: { ingress } };
}
function separate(props: Record<string, Json>): Resource {
  return { type: "aws:ec2/securityGroupRule:SecurityGroupRule", props };
}
function vpcRule(props: Record<string, Json>): Resource {
  return { type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", props };
}
function tcp(fromPort: Json, toPort: Json, ...cidrBlocks: readonly Json[]) {
  return { protocol: "tcp", fromPort, toPort, cidrBlocks };
}

describe("lp-sg-ssh-open", () => {
  const open = (path: string, cidr = world) => violation(`${path}: TCP port 22 is open to ${cidr}`);
  const first = "ingress[0].cidrBlocks[0]";

  test.each<[string, Resource, object]>([
    ["passes port 22 from a network", group(tcp(22, 22, "10.0.0.0/8")), pass],
    ["passes another port from the internet", group(tcp(443, 443, world)), pass],
    ["passes UDP 22", group({ ...tcp(22, 22, world), protocol: "udp" }), pass],
    ["passes undefined ingress", { type: "aws:ec2/securityGroup:SecurityGroup" }, pass],
    ["refuses port 22", group(tcp(22, 22, world)), open(first)],
    ["refuses a range that covers it", group(tcp(0, 1024, world)), open(first)],
    ["refuses TCP with ports -1, which are all", group(tcp(-1, -1, world)), open(first)],
    ["refuses ports written as strings", group(tcp("20", "25", world)), open(first)],
    ["refuses protocol 6, which is TCP", group({ ...tcp(22, 22, world), protocol: "6" }), open(first)],
    [
      "refuses protocol -1 with ports 0",
      group({ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: [world] }),
      open(first),
    ],
    ["refuses protocol all", group({ protocol: "ALL", fromPort: 0, toPort: 0, cidrBlocks: [world] }), open(first)],
    ["refuses IPv6", group({ ...tcp(22, 22), ipv6CidrBlocks: ["::/0"] }), open("ingress[0].ipv6CidrBlocks[0]", "::/0")],
    [
      "refuses IPv6 written in full",
      group({ ...tcp(22, 22), ipv6CidrBlocks: ["0:0:0:0:0:0:0:0/0"] }),
      open("ingress[0].ipv6CidrBlocks[0]", "0:0:0:0:0:0:0:0/0"),
    ],
    [
      "refuses half of the internet",
      group(tcp(22, 22, "128.0.0.0/1")),
      open("ingress[0].cidrBlocks[0]", "128.0.0.0/1"),
    ],
    [
      "refuses a block larger than anyone has",
      group(tcp(22, 22, "8.0.0.0/7")),
      open("ingress[0].cidrBlocks[0]", "8.0.0.0/7"),
    ],
    ["passes a block that someone may have", group(tcp(22, 22, "9.0.0.0/8")), pass],
    [
      "refuses all global IPv6 addresses",
      group({ ...tcp(22, 22), ipv6CidrBlocks: ["2000::/3", "2001:db8::/32"] }),
      open("ingress[0].ipv6CidrBlocks[0]", "2000::/3"),
    ],
    ["does not take self as an excuse", group({ ...tcp(22, 22, world), self: true }), open(first)],
    [
      "looks beyond the first rule and block",
      group(tcp(443, 443, world), tcp(22, 22, "10.0.0.0/8", world)),
      open("ingress[1].cidrBlocks[1]"),
    ],
    ["refuses a separate rule", separate({ type: "ingress", ...tcp(22, 22, world) }), open("cidrBlocks[0]")],
    ["passes a separate rule for egress", separate({ type: "egress", ...tcp(22, 22, world) }), pass],
    [
      "refuses a VPC ingress rule",
      vpcRule({ ipProtocol: "tcp", fromPort: 22, toPort: 22, cidrIpv4: world }),
      open("cidrIpv4"),
    ],
    [
      "refuses a VPC ingress rule without ports",
      vpcRule({ ipProtocol: "-1", cidrIpv6: "::/0" }),
      open("cidrIpv6", "::/0"),
    ],
    ["passes a VPC ingress rule from a group", vpcRule({ ipProtocol: "-1", referencedSecurityGroupId: "sg-1" }), pass],
    ["cannot judge unknown ingress", { ...group(), props: { ingress: unknown } }, unverifiable("ingress")],
    ["cannot judge an unknown rule", group(unknown), unverifiable("ingress[0]")],
    ["cannot judge an unknown block", group(tcp(22, 22, unknown)), unverifiable(first)],
    ["cannot judge an unknown port", group(tcp(unknown, 22, world)), unverifiable("ingress[0].fromPort")],
    ["needs no block when the port is another", group(tcp(443, 443, unknown)), pass],
    ["needs no port when the block is a network", group(tcp(unknown, unknown, "10.0.0.0/8")), pass],
    ["needs no lower port when the upper is below 22", group(tcp(unknown, 21, world)), pass],
    ["cannot judge an unknown direction", separate({ type: unknown, ...tcp(22, 22, world) }), unverifiable("type")],
    [
      "reports an open block beside an unknown one",
      group(tcp(22, 22, unknown, world), unknown),
      { violations: ["ingress[0].cidrBlocks[1]: TCP port 22 is open to 0.0.0.0/0"], unknowns: [first, "ingress[1]"] },
    ],
  ])("%s", async (_, resource, verdict) => {
    expect(await judge("lp-sg-ssh-open", resource)).toEqual(verdict);
  });
});

describe("lp-sg-unrestricted-ports", () => {
  const first = "ingress[0].cidrBlocks[0]";
  const open = (what: string, path = first) => violation(`${path}: ${what}`);

  test.each<[string, Resource, object]>([
    ["passes 443 and 80", group(tcp(443, 443, world), tcp(80, 80, world)), pass],
    ["passes any port from a network", group(tcp(0, 65535, "10.0.0.0/8")), pass],
    ["passes ICMP", group({ protocol: "icmp", fromPort: -1, toPort: -1, cidrBlocks: [world] }), pass],
    ["passes undefined ingress", { type: "aws:ec2/securityGroup:SecurityGroup" }, pass],
    [
      "refuses another port",
      group(tcp(8080, 8080, world)),
      open(`TCP ports 8080-8080 are open to ${world}, authorised: 80, 443`),
    ],
    [
      "refuses a range around authorised ports",
      group(tcp(80, 443, world)),
      open(`TCP ports 80-443 are open to ${world}, authorised: 80, 443`),
    ],
    [
      "refuses UDP",
      group({ ...tcp(443, 443, world), protocol: "udp" }),
      open(`UDP ports 443-443 are open to ${world}, authorised: none`),
    ],
    [
      "refuses all protocols",
      group({ ...tcp(0, 0, world), protocol: "-1" }),
      open(`all protocols and ports are open to ${world}`),
    ],
    [
      "refuses TCP without ports",
      vpcRule({ ipProtocol: "tcp", cidrIpv4: world }),
      open(`TCP ports 0-65535 are open to ${world}, authorised: 80, 443`, "cidrIpv4"),
    ],
    ["cannot judge an unknown block", group(tcp(8080, 8080, unknown)), unverifiable(first)],
    ["needs no block when the port is authorised", group(tcp(443, 443, unknown)), pass],
    ["cannot judge an unknown port", group(tcp(unknown, 443, world)), unverifiable("ingress[0].fromPort")],
    [
      "refuses when the known end lies outside",
      group(tcp(unknown, 9000, world)),
      open(`TCP ports 0-9000 are open to ${world}, authorised: 80, 443`),
    ],
    [
      "cannot judge an unknown protocol",
      group({ ...tcp(8080, 8080, world), protocol: unknown }),
      unverifiable("ingress[0].protocol"),
    ],
  ])("%s", async (_, resource, verdict) => {
    expect(await judge("lp-sg-unrestricted-ports", resource)).toEqual(verdict);
  });

  test("takes the authorised ports from the config", async () => {
    const settings = { tcpPorts: [8080], udpPorts: [53] };
    expect(await judge("lp-sg-unrestricted-ports", group(tcp(8080, 8080, world)), settings)).toEqual(pass);
    expect(await judge("lp-sg-unrestricted-ports", group(tcp(443, 443, world)), settings)).toEqual(
      open(`TCP ports 443-443 are open to ${world}, authorised: 8080`),
    );
  });
});

describe("lp-lambda-perm-source", () => {
  const permission = (props: Record<string, Json>): Resource => ({ type: "aws:lambda/permission:Permission", props });
  const service = "s3.amazonaws.com";
  const refused = violation(`sourceArn: ${service} may invoke the function for any AWS account`);

  test.each<[string, Record<string, Json>, object]>([
    ["passes a service with a source ARN", { principal: service, sourceArn: "arn:aws:s3:::b" }, pass],
    ["passes a service with a source account", { principal: service, sourceAccount: "111122223333" }, pass],
    ["counts an unknown source as there", { principal: service, sourceArn: unknown }, pass],
    ["passes an account without a source", { principal: "111122223333" }, pass],
    ["refuses a service with an undefined source", { principal: service }, refused],
    ["refuses a service with an empty source", { principal: service, sourceArn: "" }, refused],
    ["cannot judge an unknown principal without a source", { principal: unknown }, unverifiable("principal")],
    ["needs no principal when there is a source", { principal: unknown, sourceArn: "arn:aws:s3:::b" }, pass],
  ])("%s", async (_, props, verdict) => {
    expect(await judge("lp-lambda-perm-source", permission(props))).toEqual(verdict);
  });
});

describe("lp-s3-bpa-present", () => {
  const bucket: Resource = { type: "aws:s3/bucket:Bucket", name: "data", props: { bucket: "data-1", id: unknown } };
  const block = (props: Record<string, Json>, from?: Resource["from"]): Resource => ({
    type: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    name: "block",
    props,
    from,
  });
  const refused = violation("the bucket has no public access block");

  test.each<[string, readonly Resource[], object]>([
    ["refuses a bucket without a block", [bucket], refused],
    ["refuses the older bucket resource too", [{ ...bucket, type: "aws:s3/bucketV2:BucketV2" }], refused],
    ["finds the block by where its bucket came from", [bucket, block({ bucket: unknown }, { bucket: ["data"] })], pass],
    ["finds the block by name after an update", [bucket, block({ bucket: "data-1" })], pass],
    ["does not take another bucket's block", [bucket, block({ bucket: "other-1" })], refused],
    [
      "does not take a block that came from elsewhere",
      [bucket, block({ bucket: unknown }, { bucket: ["block"] })],
      refused,
    ],
    [
      "takes a block for the account",
      [bucket, { type: "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock" }],
      pass,
    ],
    [
      "cannot judge a block whose bucket is unknown and came from nowhere",
      [bucket, block({ bucket: unknown })],
      unverifiable("block.bucket"),
    ],
    [
      "cannot judge a named block beside a bucket whose name is unknown",
      [{ ...bucket, props: { bucket: unknown } }, block({ bucket: "data-1" })],
      unverifiable("data.bucket"),
    ],
    ["passes an undefined bucket", [], pass],
  ])("%s", async (_, resources, verdict) => {
    expect(await judge("lp-s3-bpa-present", resources)).toEqual(verdict);
  });
});

describe("port ranges", () => {
  const port = fc.integer({ min: 0, max: 40 });
  const range = fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
  const traffic = (from: Json, to: Json, protocol: Json = "tcp"): Traffic => {
    const value = Value.ofProps({ from, to, protocol });
    return { from: value.at("from"), to: value.at("to"), protocol: value.at("protocol") };
  };
  const portsOf = ({ from, to }: { from: number; to: number }): number[] =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);

  propertyTest.prop([range, port])("coversPort is membership in the range", ({ from, to }, wanted) => {
    expect(coversPort(traffic(from, to), "tcp", wanted).answer === "yes").toBe(from <= wanted && wanted <= to);
  });

  propertyTest.prop([fc.array(range, { maxLength: 5 }), range])(
    "contains is inclusion of every port",
    (ranges, inner) => {
      const covered = new Set(ranges.flatMap(portsOf));
      expect(contains(ranges, inner)).toBe(portsOf(inner).every((each) => covered.has(each)));
    },
  );

  propertyTest.prop([range, port, fc.constantFrom("from", "to")])(
    "an unknown end only ever takes an answer back, never turns it",
    ({ from, to }, wanted, hidden) => {
      const whole = coversPort(traffic(from, to), "tcp", wanted);
      const partial = coversPort(
        traffic(hidden === "from" ? unknown : from, hidden === "to" ? unknown : to),
        "tcp",
        wanted,
      );
      expect(["unknown", whole.answer]).toContain(partial.answer);
    },
  );

  propertyTest.prop([range, fc.array(range, { maxLength: 4 }), fc.constantFrom("from", "to")])(
    "an unknown end never turns the answer of staysWithin either",
    ({ from, to }, allowed, hidden) => {
      const whole = staysWithin(traffic(from, to), "tcp", allowed);
      const partial = staysWithin(
        traffic(hidden === "from" ? unknown : from, hidden === "to" ? unknown : to),
        "tcp",
        allowed,
      );
      expect(["unknown", whole.answer]).toContain(partial.answer);
    },
  );
});
