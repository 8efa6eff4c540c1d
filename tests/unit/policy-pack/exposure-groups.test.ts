import { describe, expect, test } from "vitest";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { cure, holds } from "./holds";
import { judge, pass, unverifiable, violation } from "./rules";

const world = "0.0.0.0/0";
const groupType = "aws:ec2/securityGroup:SecurityGroup";

function group(props: Record<string, Json>): Resource {
  return { type: groupType, props };
}
function ingress(...rules: readonly Json[]): Resource {
  return group({ ingress: rules });
}
function egress(...rules: readonly Json[]): Resource {
  return group({ egress: rules });
}
function separate(props: Record<string, Json>): Resource {
  return { type: "aws:ec2/securityGroupRule:SecurityGroupRule", props };
}
function vpcRule(direction: "Ingress" | "Egress", props: Record<string, Json>): Resource {
  return { type: `aws:vpc/securityGroup${direction}Rule:SecurityGroup${direction}Rule`, props };
}
function tcp(fromPort: Json, toPort: Json, ...cidrBlocks: readonly Json[]) {
  return { protocol: "tcp", fromPort, toPort, cidrBlocks };
}
function all(...cidrBlocks: readonly Json[]) {
  return { protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks };
}

describe("lp-sg-rdp-open", () => {
  const first = "ingress[0].cidrBlocks[0]";
  const open = violation(`${first}: port 3389 is open to ${world}`);

  holds("lp-sg-rdp-open", [
    ["passes RDP from a network", ingress(tcp(3389, 3389, "10.0.0.0/8")), pass],
    ["passes SSH, which has a rule of its own", ingress(tcp(22, 22, world)), pass],
    ["passes undefined ingress", group({}), pass],
    ["refuses TCP", ingress(tcp(3389, 3389, world)), open],
    ["refuses UDP", ingress({ ...tcp(3389, 3389, world), protocol: "udp" }), open],
    ["refuses a range", ingress(tcp(3000, 4000, world)), open],
    ["refuses all protocols", ingress(all(world)), open],
    [
      "refuses a separate rule",
      separate({ type: "ingress", ...tcp(3389, 3389, world) }),
      violation(`cidrBlocks[0]: port 3389 is open to ${world}`),
    ],
    ["passes a separate rule for egress", separate({ type: "egress", ...tcp(3389, 3389, world) }), pass],
    [
      "refuses a VPC ingress rule",
      vpcRule("Ingress", { ipProtocol: "tcp", fromPort: 3389, toPort: 3389, cidrIpv6: "::/0" }),
      violation("cidrIpv6: port 3389 is open to ::/0"),
    ],
    ["cannot judge an unknown block", ingress(tcp(3389, 3389, unknown)), unverifiable(first)],
    ["cannot judge an unknown port", ingress(tcp(unknown, 3389, world)), unverifiable("ingress[0].fromPort")],
    ["needs no block for another port", ingress(tcp(443, 443, unknown)), pass],
    [
      "reports an open block beside an unknown one",
      ingress(tcp(3389, 3389, unknown, world)),
      { violations: [`ingress[0].cidrBlocks[1]: port 3389 is open to ${world}`], unknowns: [first] },
    ],
  ]);
});

describe("lp-sg-high-risk-ports", () => {
  const first = "ingress[0].cidrBlocks[0]";

  holds("lp-sg-high-risk-ports", [
    ["passes HTTPS", ingress(tcp(443, 443, world)), pass],
    ["leaves SSH and RDP to their own rules", ingress(tcp(22, 22, world), tcp(3389, 3389, world)), pass],
    ["passes a database from a network", ingress(tcp(5432, 5432, "10.0.0.0/8")), pass],
    ["passes undefined ingress", group({}), pass],
    ["refuses a database", ingress(tcp(5432, 5432, world)), violation(`${first}: TCP port 5432 is open to ${world}`)],
    [
      "names three ports of a range and counts the others",
      ingress(tcp(20, 110, world)),
      violation(`${first}: TCP ports 20, 21, 23 and 2 more are open to ${world}`),
    ],
    [
      "names all of three ports",
      ingress(tcp(20, 23, world)),
      violation(`${first}: TCP ports 20, 21, 23 are open to ${world}`),
    ],
    [
      "refuses UDP amplifiers",
      ingress({ ...tcp(11211, 11211, world), protocol: "udp" }),
      violation(`${first}: UDP port 11211 is open to ${world}`),
    ],
    ["passes UDP of a TCP port", ingress({ ...tcp(5432, 5432, world), protocol: "udp" }), pass],
    [
      "refuses all protocols",
      ingress(all(world)),
      violation(
        `${first}: TCP ports 20, 21, 23 and 22 more are open to ${world}`,
        `${first}: UDP ports 1434, 11211 are open to ${world}`,
      ),
    ],
    ["passes a separate rule for egress", separate({ type: "egress", ...tcp(5432, 5432, world) }), pass],
    ["cannot judge an unknown block", ingress(tcp(5432, 5432, unknown)), unverifiable(first)],
    ["cannot judge an unknown port", ingress(tcp(5432, unknown, world)), unverifiable("ingress[0].toPort")],
    ["cannot judge an unknown direction", separate({ type: unknown, ...tcp(5432, 5432, world) }), unverifiable("type")],
    [
      "takes the ports from the config",
      ingress(tcp(9000, 9001, world), tcp(5432, 5432, world)),
      violation(`${first}: TCP ports 9000, 9001 are open to ${world}`),
      { tcpPorts: [9000, 9001], udpPorts: [] },
    ],
  ]);
});

describe("lp-sg-egress-any", () => {
  const open = (path: string, cidr = world) => violation(`${path}: all protocols and ports are open towards ${cidr}`);

  holds("lp-sg-egress-any", [
    ["passes HTTPS to everywhere", egress(tcp(443, 443, world)), pass],
    ["passes everything to a network", egress(all("10.0.0.0/8")), pass],
    ["passes all ingress, which is another rule's matter", ingress(all(world)), pass],
    ["passes undefined egress", group({}), pass],
    ["refuses everything to everywhere", egress(all(world)), open("egress[0].cidrBlocks[0]")],
    [
      "refuses IPv6",
      egress({ protocol: "all", fromPort: 0, toPort: 0, ipv6CidrBlocks: ["::/0"] }),
      open("egress[0].ipv6CidrBlocks[0]", "::/0"),
    ],
    ["refuses a separate rule", separate({ type: "egress", ...all(world) }), open("cidrBlocks[0]")],
    ["passes a separate rule for ingress", separate({ type: "ingress", ...all(world) }), pass],
    ["refuses a VPC egress rule", vpcRule("Egress", { ipProtocol: "-1", cidrIpv4: world }), open("cidrIpv4")],
    ["cannot judge unknown egress", group({ egress: unknown }), unverifiable("egress")],
    [
      "cannot judge an unknown protocol",
      egress({ ...all(world), protocol: unknown }),
      unverifiable("egress[0].protocol"),
    ],
    [
      "reports an open block beside an unknown one",
      egress(all(unknown, world)),
      {
        violations: [`egress[0].cidrBlocks[1]: all protocols and ports are open towards ${world}`],
        unknowns: ["egress[0].cidrBlocks[0]"],
      },
    ],
  ]);
});

describe("lp-sg-description", () => {
  const told = { description: "Clients of the database" };
  const ofGroup = "description: the group has no description";

  holds("lp-sg-description", [
    ["passes a described group", group(told), pass],
    ["refuses an undefined description", group({}), violation(ofGroup)],
    ["refuses the provider's text", group({ description: "Managed by Pulumi" }), violation(ofGroup)],
    ["refuses the text of another tool", group({ description: "Managed by Terraform" }), violation(ofGroup)],
    ["passes a text that only begins so", group({ description: "Managed by Pulumi for the shop" }), pass],
    [
      "refuses inline rules without a description",
      group({ ...told, ingress: [tcp(443, 443, world), told], egress: [{ description: "" }] }),
      violation(
        "ingress[0].description: the rule has no description",
        "egress[0].description: the rule has no description",
      ),
    ],
    ["passes a described separate rule", separate(told), pass],
    ["looks for no inline rules in a separate one", separate({ ...told, ingress: [{}] }), pass],
    ["refuses a separate rule", separate({}), violation("description: the rule has no description")],
    ["refuses a VPC ingress rule", vpcRule("Ingress", {}), violation("description: the rule has no description")],
    ["refuses a VPC egress rule", vpcRule("Egress", {}), violation("description: the rule has no description")],
    ["cannot judge an unknown description", group({ description: unknown }), unverifiable("description")],
    [
      "reports a missing one beside unknown rules",
      group({ description: "", ingress: unknown }),
      { violations: [ofGroup], unknowns: ["ingress"] },
    ],
  ]);
});

describe("lp-default-sg-closed", () => {
  const id = "lp-default-sg-closed";
  const adopted = (props: Record<string, Json>): Resource => ({
    type: "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    props,
  });
  const problem = "the default security group has a rule";

  holds(id, [
    ["passes an undefined list", adopted({ vpcId: "vpc-1" }), pass],
    ["passes empty lists", adopted({ ingress: [], egress: [] }), pass],
    ["refuses ingress", adopted({ ingress: [all(world)] }), violation(`ingress[0]: ${problem}`)],
    [
      "refuses a rule for self",
      adopted({ ingress: [{ protocol: "-1", self: true }] }),
      violation(`ingress[0]: ${problem}`),
    ],
    ["refuses egress", adopted({ egress: [all(world)] }), violation(`egress[0]: ${problem}`)],
    ["refuses a rule that is unknown but there", adopted({ ingress: [unknown] }), violation(`ingress[0]: ${problem}`)],
    ["cannot judge an unknown list", adopted({ ingress: unknown }), unverifiable("ingress")],
    [
      "reports egress beside unknown ingress",
      adopted({ ingress: unknown, egress: [all(world)] }),
      { violations: [`egress[0]: ${problem}`], unknowns: ["ingress"] },
    ],
  ]);

  test("remediation empties the lists and leaves the rest", async () => {
    const props = { vpcId: unknown, ingress: [all(world), unknown], egress: [all(world)] };
    expect(await cure(id, adopted(props))).toEqual({ vpcId: unknown, ingress: [], egress: [] });
  });

  test("remediation changes no empty or unknown list", async () => {
    expect(await cure(id, adopted({ ingress: [], egress: unknown }))).toBeUndefined();
    expect(await cure(id, adopted({ ingress: [all(world)], egress: unknown }))).toEqual({
      ingress: [],
      egress: unknown,
    });
  });
});

describe("lp-nacl-admin-ports", () => {
  const id = "lp-nacl-admin-ports";
  const acl = (...entries: readonly Json[]): Resource => ({
    type: "aws:ec2/networkAcl:NetworkAcl",
    props: { ingress: entries },
  });
  const allow = (ruleNo: Json, fromPort: Json, toPort: Json, cidrBlock: Json = world) => {
    return { action: "allow", protocol: "tcp", ruleNo, fromPort, toPort, cidrBlock };
  };
  const deny = (ruleNo: Json, port: Json, cidrBlock: Json = world) => {
    return { ...allow(ruleNo, port, port, cidrBlock), action: "deny" };
  };
  const everything = { action: "allow", protocol: "-1", ruleNo: 100, fromPort: 0, toPort: 0, cidrBlock: world };
  const ssh = (path: string, cidr = world) => `${path}: TCP port 22 is open to ${cidr}`;
  const rdp = (path: string) => `${path}: TCP port 3389 is open to ${world}`;
  const first = "ingress[0].cidrBlock";

  holds(id, [
    ["passes other ports", acl(allow(100, 443, 443)), pass],
    ["passes SSH from a network", acl(allow(100, 22, 22, "10.0.0.0/8")), pass],
    ["passes UDP", acl({ ...allow(100, 22, 22), protocol: "udp" }), pass],
    ["passes undefined ingress", { type: "aws:ec2/networkAcl:NetworkAcl" }, pass],
    ["refuses SSH", acl(allow(100, 22, 22)), violation(ssh(first))],
    [
      "refuses half of the internet",
      acl({ ...allow(100, 22, 22), cidrBlock: "0.0.0.0/1" }),
      violation(ssh("ingress[0].cidrBlock", "0.0.0.0/1")),
    ],
    [
      "takes no deny of one half for one of all",
      acl(allow(100, 22, 22), { ...allow(90, 22, 22), action: "deny", cidrBlock: "0.0.0.0/1" }),
      violation(ssh(first)),
    ],
    ["refuses RDP in a range", acl(allow(100, 3000, 4000)), violation(rdp(first))],
    ["refuses all protocols", acl(everything), violation(ssh(first), rdp(first))],
    [
      "refuses IPv6",
      acl({ action: "ALLOW", protocol: "6", ruleNo: 1, fromPort: 22, toPort: 22, ipv6CidrBlock: "::/0" }),
      violation(ssh("ingress[0].ipv6CidrBlock", "::/0")),
    ],
    [
      "refuses the default ACL too",
      { type: "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", props: { ingress: [allow(100, 22, 22)] } },
      violation(ssh(first)),
    ],
    ["passes what a lower number denies", acl(everything, deny(10, 22), deny(20, 3389)), pass],
    [
      "refuses what the same number denies, which allows it as well",
      acl(allow(10, 22, 22), deny(10, 22)),
      violation(ssh(first)),
    ],
    ["refuses what only a higher number denies", acl(everything, deny(110, 22), deny(20, 3389)), violation(ssh(first))],
    [
      "does not take the denial of a network",
      acl(allow(100, 22, 22), deny(10, 22, "10.0.0.0/8")),
      violation(ssh(first)),
    ],
    [
      "does not take the denial of the other family",
      acl(allow(100, 22, 22), { action: "deny", protocol: "-1", ruleNo: 1, ipv6CidrBlock: "::/0" }),
      violation(ssh(first)),
    ],
    [
      "does not take a lower allowance for a denial",
      acl(allow(100, 22, 22), allow(10, 22, 22, "10.0.0.0/8")),
      violation(ssh(first)),
    ],
    [
      "cannot judge unknown ingress",
      { type: "aws:ec2/networkAcl:NetworkAcl", props: { ingress: unknown } },
      unverifiable("ingress"),
    ],
    ["cannot judge an unknown block", acl(allow(100, 22, 22, unknown)), unverifiable(first)],
    [
      "cannot judge an unknown number beside a denial",
      acl(allow(unknown, 22, 22), deny(10, 22)),
      unverifiable("ingress[0].ruleNo"),
    ],
    [
      "cannot judge an unknown action",
      acl({ ...allow(100, 22, 22), action: unknown }),
      unverifiable("ingress[0].action"),
    ],
    ["needs no number without a denial", acl(allow(unknown, 22, 22)), violation(ssh(first))],
    [
      "reports what no unknown entry can deny",
      acl(allow(100, 22, 22), allow(200, 22, 22, unknown)),
      { violations: [ssh(first)], unknowns: ["ingress[1].cidrBlock"] },
    ],
  ]);

  describe("separate entries", () => {
    const entry = (name: string, props: Record<string, Json>, acl = "acl"): Resource => ({
      type: "aws:ec2/networkAclRule:NetworkAclRule",
      name,
      props: {
        networkAclId: unknown,
        egress: false,
        protocol: "tcp",
        cidrBlock: world,
        fromPort: 22,
        toPort: 22,
        ...props,
      },
      from: { networkAclId: [acl] },
    });
    const acls: readonly Resource[] = ["acl", "other"].map((name) => ({ type: "aws:ec2/networkAcl:NetworkAcl", name }));
    const open = entry("open", { ruleAction: "allow", ruleNumber: 100 });
    const closed = { ruleAction: "deny", ruleNumber: 10 };
    const refused = violation(ssh("cidrBlock"));

    test.each<[string, readonly Resource[], object]>([
      ["are refused", [open], refused],
      ["pass for egress", [entry("out", { ruleAction: "allow", ruleNumber: 100, egress: true })], pass],
      ["pass when another of the ACL denies first", [open, entry("deny", closed)], pass],
      [
        "pass when another denies whose ACL is told by its origin alone",
        [{ ...open, props: { ...open.props, networkAclId: "acl-1" } }, entry("deny", closed)],
        pass,
      ],
      ["are refused when another for egress denies", [open, entry("deny", { ...closed, egress: true })], refused],
      ["are refused when another ACL's denies", [open, entry("deny", closed, "other")], refused],
      [
        "pass when another with the same id denies",
        [
          { ...open, props: { ...open.props, networkAclId: "acl-1" } },
          // The id decides, wherever it comes from.
          entry("deny", { ...closed, networkAclId: "acl-1" }, "other"),
        ],
        pass,
      ],
      [
        "are refused when another with another id denies",
        [
          { ...open, props: { ...open.props, networkAclId: "acl-1" } },
          entry("deny", { ...closed, networkAclId: "acl-2" }, "other"),
        ],
        refused,
      ],
      [
        "cannot be judged when the ACL of a denial cannot be known",
        [open, { ...entry("deny", closed), from: {} }],
        unverifiable("open.networkAclId"),
      ],
      [
        "cannot be judged when their own ACL cannot be known beside a denial",
        [{ ...open, from: {} }, entry("deny", closed)],
        unverifiable("open.networkAclId"),
      ],
    ])("%s", async (_, resources, verdict) => {
      expect(await judge(id, [...acls, ...resources])).toEqual(verdict);
    });
  });
});
