import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { isPrivate } from "../../../policy-pack/lib/inference/engines";
import { type Json, type Resource, unknown } from "../../support/policy-harness";
import { cases, type Props } from "./cases";
import { judge, pass, unverifiable, violation } from "./rules";

const group = "aws:ec2/securityGroup:SecurityGroup";
const separate = "aws:ec2/securityGroupRule:SecurityGroupRule";
const ingressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const balancer = "aws:lb/loadBalancer:LoadBalancer";
const target = "aws:lb/targetGroup:TargetGroup";

describe("private blocks", () => {
  test.each([
    ["10.0.0.0/8", true],
    ["10.1.2.3/32", true],
    ["0.0.0.0/0", false],
    ["10.0.0.0/7", false],
    ["172.16.0.0/12", true],
    ["172.32.0.0/12", false],
    ["192.168.1.0/24", true],
    ["192.168.0.0/15", false],
    ["100.64.0.0/10", true],
    ["203.0.113.4/32", false],
    ["fd00::/8", true],
    ["::/0", false],
    ["2001:db8::/32", false],
    ["10.0.0.1", false],
    ["pl-1", false],
  ])("%s: %s", (cidr, expected) => {
    expect(isPrivate(cidr)).toBe(expected);
  });

  property.prop([fc.ipV4(), fc.nat({ max: 32 })])("a part of a private block is private", (address, length) => {
    if (isPrivate(`${address}/${length}`)) expect(isPrivate(`${address}/${Math.min(32, length + 1)}`)).toBe(true);
    else expect(isPrivate(`${address}/${Math.max(0, length - 1)}`)).toBe(false);
  });
});

describe("llm-engine-port-public", () => {
  const id = "llm-engine-port-public";
  const open = (path: string, ports: string, cidr: string) =>
    violation(`${path}: an inference engine (TCP ${ports}) is open to ${cidr}`);
  const from = (cidr: string, port: number, more: Props = {}): Props => ({
    ipProtocol: "tcp",
    fromPort: port,
    toPort: port,
    cidrIpv4: cidr,
    ...more,
  });

  cases(id, ingressRule, [
    ["refuses vLLM's port to the internet", from("0.0.0.0/0", 8000), open("cidrIpv4", "8000", "0.0.0.0/0")],
    [
      "refuses Ollama's port to one public address",
      from("203.0.113.4/32", 11434),
      open("cidrIpv4", "11434", "203.0.113.4/32"),
    ],
    ["passes a private block", from("10.0.0.0/16", 8000), pass],
    ["passes other ports", from("0.0.0.0/0", 443), pass],
    ["passes UDP", from("0.0.0.0/0", 8000, { ipProtocol: "udp" }), pass],
    [
      "names the ports of a range",
      from("0.0.0.0/0", 8000, { toPort: 8080 }),
      open("cidrIpv4", "8000, 8001, 8002, 8080", "0.0.0.0/0"),
    ],
    [
      "refuses all protocols",
      { ipProtocol: "-1", cidrIpv6: "::/0" },
      open("cidrIpv6", "1234, 4000, 7860, 8000, 8001, 8002, 8080, 8265, 11434, 30000", "::/0"),
    ],
    ["takes ports from the config", from("0.0.0.0/0", 9000), open("cidrIpv4", "9000", "0.0.0.0/0"), { ports: [9000] }],
    ["takes addresses from the config", from("203.0.113.4/32", 8000), pass, { allowedCidrs: ["203.0.113.4/32"] }],
    ["can't judge an unknown block", from(unknown, 8000), unverifiable("cidrIpv4")],
    ["needs no block on another port", from(unknown, 443), pass],
    [
      "can't judge an unknown port",
      { ...from("0.0.0.0/0", 0), fromPort: unknown, toPort: unknown },
      unverifiable("fromPort", "toPort"),
    ],
    ["passes a group", { ipProtocol: "tcp", fromPort: 8000, toPort: 8000, referencedSecurityGroupId: "sg-1" }, pass],
  ]);
  cases(id, separate, [
    [
      "judges separate rules",
      { type: "ingress", protocol: "tcp", fromPort: 8000, toPort: 8000, cidrBlocks: ["10.0.0.0/8", "0.0.0.0/0"] },
      open("cidrBlocks[1]", "8000", "0.0.0.0/0"),
    ],
    [
      "passes egress",
      { type: "egress", protocol: "tcp", fromPort: 8000, toPort: 8000, cidrBlocks: ["0.0.0.0/0"] },
      pass,
    ],
  ]);
  cases(id, group, [
    [
      "judges inline rules, and an unknown block hides no other",
      { ingress: [{ protocol: "tcp", fromPort: 8000, toPort: 8000, cidrBlocks: [unknown, "0.0.0.0/0"] }] },
      { ...open("ingress[0].cidrBlocks[1]", "8000", "0.0.0.0/0"), unknowns: ["ingress[0].cidrBlocks[0]"] },
    ],
    ["passes without rules", {}, pass],
  ]);
});

describe("llm-engine-sources", () => {
  const id = "llm-engine-sources";
  const block = (path: string) => violation(`${path}: a CIDR block reaches an inference engine (TCP 8000)`);
  const stranger = (path: string) =>
    violation(`${path}: a security group that is no load balancer's reaches an inference engine (TCP 8000)`);
  const port = { ipProtocol: "tcp", fromPort: 8000, toPort: 8000 };
  const groups: readonly Resource[] = [
    ...["edge", "engine", "admin"].map((name) => ({ type: group, name, props: { id: unknown, ingress: unknown } })),
    { type: balancer, name: "lb", props: { securityGroups: [unknown] }, from: { securityGroups: ["edge"] } },
  ];
  const admits = (props: Props, from: Record<string, string[]>, type = ingressRule): Resource => ({
    type,
    name: "rule",
    props: { ...port, securityGroupId: unknown, ...props },
    from: { securityGroupId: ["engine"], ...from },
  });
  const reference = (name: string) =>
    admits({ referencedSecurityGroupId: unknown }, { referencedSecurityGroupId: [name] });

  test("passes the load balancer's group", async () => {
    expect(await judge(id, [...groups, reference("edge")])).toEqual(pass);
  });

  test("refuses another group, unless the config names it", async () => {
    expect(await judge(id, [...groups, reference("admin")])).toEqual(stranger("referencedSecurityGroupId"));
    expect(await judge(id, [...groups, reference("admin")], { allowedGroups: ["admin"] })).toEqual(pass);
    const foreign = admits({ referencedSecurityGroupId: "sg-9" }, {});
    expect(await judge(id, [...groups, foreign])).toEqual(stranger("referencedSecurityGroupId"));
    expect(await judge(id, [...groups, foreign], { allowedGroups: ["sg-9"] })).toEqual(pass);
  });

  test("passes the engine's own group", async () => {
    expect(await judge(id, [...groups, reference("engine")])).toEqual(pass);
    expect(await judge(id, [admits({ securityGroupId: "sg-1", referencedSecurityGroupId: "sg-1" }, {})])).toEqual(pass);
    expect(
      await judge(id, [{ type: group, props: { id: "sg-1", ingress: [{ ...inline, securityGroups: ["sg-1"] }] } }]),
    ).toEqual(pass);
    expect(await judge(id, [{ type: group, props: { ingress: [{ ...inline, self: true }] } }])).toEqual(pass);
  });

  test("refuses blocks, private ones too, unless the config names them", async () => {
    expect(await judge(id, [...groups, admits({ cidrIpv4: "10.0.0.0/16" }, {})])).toEqual(block("cidrIpv4"));
    expect(
      await judge(id, [...groups, admits({ cidrIpv4: "10.0.0.0/16" }, {})], { allowedCidrs: ["10.0.0.0/16"] }),
    ).toEqual(pass);
    expect(await judge(id, [...groups, admits({ cidrIpv4: unknown }, { cidrIpv4: ["edge"] })])).toEqual(
      unverifiable("cidrIpv4"),
    );
  });

  test("refuses prefix lists", async () => {
    expect(await judge(id, [...groups, admits({ prefixListId: unknown }, { prefixListId: ["edge"] })])).toEqual(
      violation("prefixListId: a prefix list reaches an inference engine (TCP 8000)"),
    );
  });

  test("passes other ports, and takes them from the config", async () => {
    const web = admits({ cidrIpv4: "10.0.0.0/16", fromPort: 443, toPort: 443 }, {});
    expect(await judge(id, [...groups, web])).toEqual(pass);
    expect(await judge(id, [...groups, web], { ports: [443] })).toEqual(
      violation("cidrIpv4: a CIDR block reaches an inference engine (TCP 443)"),
    );
  });

  test("does not judge a load balancer's own group", async () => {
    const own = { ...admits({ cidrIpv4: "0.0.0.0/0" }, {}), from: { securityGroupId: ["edge"] } };
    expect(await judge(id, [...groups, own])).toEqual(pass);
  });

  const inline = { protocol: "tcp", fromPort: 8000, toPort: 8000 };

  test("judges inline rules; of several groups at once it can't tell which is which", async () => {
    const holding = (names: string[], securityGroups: string[]): Resource => ({
      type: group,
      name: "inline",
      props: { ingress: [{ ...inline, securityGroups }] },
      from: { ingress: names },
    });
    expect(await judge(id, [...groups, holding(["edge"], [unknown])])).toEqual(pass);
    expect(await judge(id, [...groups, holding(["admin"], [unknown])])).toEqual(
      stranger("ingress[0].securityGroups[0]"),
    );
    expect(await judge(id, [...groups, holding(["edge", "admin"], [unknown])])).toEqual(
      unverifiable("ingress[0].securityGroups[0]"),
    );
    expect(
      await judge(id, [
        ...groups,
        { type: group, name: "i", props: { ingress: [{ ...inline, cidrBlocks: ["10.0.0.0/8"] }] } },
      ]),
    ).toEqual(block("ingress[0].cidrBlocks[0]"));
  });

  test("judges the older separate rules, and not egress", async () => {
    const older = (type: string) =>
      admits(
        { type, protocol: "tcp", ipProtocol: null, sourceSecurityGroupId: unknown },
        { sourceSecurityGroupId: ["admin"] },
        separate,
      );
    expect(await judge(id, [...groups, older("ingress")])).toEqual(stranger("sourceSecurityGroupId"));
    expect(await judge(id, [...groups, older("egress")])).toEqual(pass);
  });

  test("after the update goes by ids", async () => {
    const stack = (reached: string): readonly Resource[] => [
      { type: group, name: "edge", props: { id: "sg-1" } },
      { type: group, name: "admin", props: { id: "sg-2" } },
      { type: balancer, name: "lb", props: { securityGroups: ["sg-1"] } },
      admits({ securityGroupId: "sg-3", referencedSecurityGroupId: reached }, {}),
    ];
    expect(await judge(id, stack("sg-1"))).toEqual(pass);
    expect(await judge(id, stack("sg-2"))).toEqual(stranger("referencedSecurityGroupId"));
    expect(await judge(id, stack("sg-2"), { allowedGroups: ["admin"] })).toEqual(pass);
    expect(await judge(id, stack("sg-2"), { allowedGroups: ["edge"] })).toEqual(stranger("referencedSecurityGroupId"));
    const own = admits({ securityGroupId: "sg-1", cidrIpv4: "0.0.0.0/0" }, {});
    expect(await judge(id, [...stack("sg-1").slice(0, 3), own])).toEqual(pass);
  });

  test("what a refresh reads into the group is judged at the separate rule, and what only AWS has at the group", async () => {
    const separateRule = admits(
      { securityGroupId: "sg-3", referencedSecurityGroupId: "sg-2", fromPort: 8000, toPort: 8000 },
      {},
    );
    const engines = (...ingress: object[]): Resource => ({
      type: group,
      name: "engines",
      props: { id: "sg-3", ingress: ingress as never },
    });
    const read = { protocol: "tcp", fromPort: 8000, toPort: 8000, securityGroups: ["sg-2"] };
    const settings = { allowedGroups: ["sg-2"] };
    const whole = [{ type: group, name: "admin", props: { id: "sg-2" } }];
    expect(await judge(id, [...whole, engines(read), separateRule])).toEqual(stranger("referencedSecurityGroupId"));
    expect(await judge(id, [...whole, engines(read)])).toEqual(stranger("ingress[0].securityGroups[0]"));
    expect(await judge(id, [...whole, engines({ ...read, toPort: 9000 }), separateRule], settings)).toEqual(pass);
    const other = { ...read, securityGroups: ["sg-9"] };
    expect(await judge(id, [...whole, engines(read, other), separateRule], settings)).toEqual(
      stranger("ingress[1].securityGroups[0]"),
    );
    const all = { protocol: "-1", fromPort: 0, toPort: 0, securityGroups: ["sg-2"] };
    const everything = admits({ securityGroupId: "sg-3", referencedSecurityGroupId: "sg-2", ipProtocol: "-1" }, {});
    expect((await judge(id, [...whole, engines(all), everything])).violations).toEqual([
      expect.stringContaining("referencedSecurityGroupId: "),
    ]);
  });

  test("what the provider computes is not unknown", async () => {
    const computed = admits(
      {
        sourceSecurityGroupId: unknown,
        type: "ingress",
        cidrBlocks: ["10.0.0.0/8"],
        protocol: "tcp",
        ipProtocol: null,
      },
      {},
      separate,
    );
    expect(await judge(id, [...groups, computed])).toEqual(block("cidrBlocks[0]"));
  });
});

describe("llm-generation-timeouts", () => {
  const id = "llm-generation-timeouts";
  const ended = (seconds: number, longest = 120) =>
    `idleTimeout: a request ends after ${seconds} s without a byte, and a generation takes up to ${longest}`;
  const cut = (seconds: number, longest = 120) =>
    `deregistrationDelay: a target is cut off after ${seconds} s, and a generation takes up to ${longest}`;
  interface Parts {
    balancer?: Props;
    target?: Props;
    actions?: readonly string[];
  }
  const stack = ({
    balancer: lb = {},
    target: tg = { port: 8000 },
    actions = ["tg"],
  }: Parts = {}): readonly Resource[] => [
    { type: balancer, name: "lb", props: { arn: unknown, ...lb } },
    { type: target, name: "tg", props: { arn: unknown, ...tg } },
    {
      type: "aws:lb/listener:Listener",
      name: "listener",
      props: { arn: unknown, loadBalancerArn: unknown, defaultActions: [{ type: "forward", targetGroupArn: unknown }] },
      from: { loadBalancerArn: ["lb"], defaultActions: actions },
    },
  ];

  test("the default idle time-out is too short, the default delay is not", async () => {
    expect(await judge(id, stack())).toEqual(violation(ended(60)));
    expect(await judge(id, stack({ balancer: { idleTimeout: 120 } }))).toEqual(pass);
  });

  test("a longest generation comes from the config", async () => {
    expect(await judge(id, stack(), { longestGenerationSeconds: 60 })).toEqual(pass);
    expect(await judge(id, stack({ balancer: { idleTimeout: 600 } }), { longestGenerationSeconds: 301 })).toEqual(
      violation(cut(300, 301)),
    );
  });

  test("a short delay is refused", async () => {
    const parts = { balancer: { idleTimeout: 300 }, target: { port: 8000, deregistrationDelay: 30 } };
    expect(await judge(id, stack(parts))).toEqual(violation(cut(30)));
    const exact = { balancer: { idleTimeout: 120 }, target: { port: 8000, deregistrationDelay: 120 } };
    expect(await judge(id, stack(exact))).toEqual(pass);
  });

  test("unknowns are noted", async () => {
    const parts = { balancer: { idleTimeout: unknown }, target: { port: 8000, deregistrationDelay: unknown } };
    const found = stack(parts).map((one) => ({
      ...one,
      from: { ...one.from, idleTimeout: ["lb"], deregistrationDelay: ["lb"] },
    }));
    expect(await judge(id, found)).toEqual(unverifiable("deregistrationDelay", "idleTimeout"));
    expect(await judge(id, stack({ balancer: { idleTimeout: unknown } }))).toEqual(violation(ended(60)));
  });

  test("other ports and other kinds of load balancer are not judged", async () => {
    expect(await judge(id, stack({ target: { port: 80, deregistrationDelay: 5 } }))).toEqual(pass);
    expect(await judge(id, stack({ target: { port: 80 } }), { ports: [80] })).toEqual(violation(ended(60)));
    expect(await judge(id, stack({ balancer: { loadBalancerType: "network" } }))).toEqual(pass);
    expect(await judge(id, [...stack({ actions: ["web"] }), web])).toEqual(pass);
    const nowhere = { type: "random:index/randomId:RandomId", name: "web" };
    expect(await judge(id, [...stack({ actions: ["web"] }), nowhere])).toEqual(unverifiable("listener.defaultActions"));
  });

  /** Another target group. */
  const web: Resource = { type: target, name: "web", props: { arn: unknown, port: 80 } };

  test("a listener's rule forwards as well", async () => {
    const forwarding: Resource = {
      type: "aws:lb/listenerRule:ListenerRule",
      name: "rule",
      props: { listenerArn: unknown, actions: [{ type: "forward", targetGroupArn: unknown }] },
      from: { listenerArn: ["listener"], actions: ["tg"] },
    };
    expect(await judge(id, [...stack({ actions: [] }), forwarding])).toEqual(violation(ended(60)));
    const elsewhere = { ...forwarding, from: { listenerArn: ["lb"], actions: ["tg"] } };
    expect(await judge(id, [...stack({ actions: [] }), elsewhere])).toEqual(unverifiable("rule.listenerArn"));
    const other: Resource = { type: balancer, name: "other", props: { arn: unknown, idleTimeout: 300 } };
    const plain: Resource = {
      type: "aws:lb/listener:Listener",
      name: "plain",
      props: { arn: unknown, loadBalancerArn: unknown },
      from: { loadBalancerArn: ["other"] },
    };
    const ofAnother = { ...forwarding, from: { listenerArn: ["plain"], actions: ["tg"] } };
    expect(await judge(id, [...stack({ actions: [] }), other, plain, ofAnother])).toEqual(pass);
  });

  test("target groups that are named after the update are told apart by their ARNs", async () => {
    const named = (arn: string, action: object): readonly Resource[] =>
      stack({ actions: [] }).map((each) => {
        if (each.name === "tg") return { ...each, props: { ...each.props, arn: "arn:1" } };
        if (each.name !== "listener") return each;
        const defaultActions = JSON.parse(JSON.stringify([action]).replace("THIS", arn)) as Json;
        return { ...each, props: { ...each.props, defaultActions }, from: { loadBalancerArn: ["lb"] } };
      });
    for (const action of [{ targetGroupArn: "THIS" }, { forward: { targetGroups: [{ arn: "THIS" }] } }]) {
      expect(await judge(id, named("arn:1", action))).toEqual(violation(ended(60)));
      expect(await judge(id, named("arn:2", action))).toEqual(pass);
    }
  });

  test("a listener of another load balancer does not count", async () => {
    const other = { type: balancer, name: "other", props: { arn: unknown } };
    const found = stack({ balancer: { idleTimeout: 300 } });
    expect(await judge(id, [...found, other])).toEqual(pass);
  });

  const gpuGroup = (type: string, props: Props, from: Record<string, string[]>): Resource => ({
    type: "aws:autoscaling/group:Group",
    name: "gpu",
    props: {
      name: "gpu",
      maxSize: 1,
      mixedInstancesPolicy: { launchTemplate: { overrides: [{ instanceType: type }] } },
      ...props,
    },
    from,
  });

  test("a GPU group's target group counts on any port", async () => {
    const balanced = stack({ target: { port: 80 } });
    const registered = (type: string) => gpuGroup(type, { targetGroupArns: [unknown] }, { targetGroupArns: ["tg"] });
    expect(await judge(id, [...balanced, registered("g5.xlarge")])).toEqual(violation(ended(60)));
    expect(await judge(id, [...balanced, registered("t3.micro")])).toEqual(pass);
    const attachment = (from: Record<string, string[]>): Resource => ({
      type: "aws:autoscaling/attachment:Attachment",
      name: "attachment",
      props: { autoscalingGroupName: "gpu", lbTargetGroupArn: unknown },
      from,
    });
    const group = gpuGroup("g5.xlarge", {}, {});
    expect(await judge(id, [...balanced, group, attachment({ lbTargetGroupArn: ["tg"] })])).toEqual(
      violation(ended(60)),
    );
    expect(await judge(id, [...balanced, group, web, attachment({ lbTargetGroupArn: ["web"] })])).toEqual(pass);
    const elsewhere = attachment({ lbTargetGroupArn: ["lb"] });
    expect(await judge(id, [...balanced, group, elsewhere])).toEqual(unverifiable("attachment.lbTargetGroupArn"));
  });

  test("after the update goes by ARNs", async () => {
    const known = (targetArn: string, forward: boolean): readonly Resource[] => [
      { type: "aws:alb/loadBalancer:LoadBalancer", name: "lb", props: { arn: "lb-1" } },
      { type: "aws:alb/targetGroup:TargetGroup", name: "tg", props: { arn: "tg-1", port: 8000 } },
      {
        type: "aws:alb/listener:Listener",
        name: "listener",
        props: {
          loadBalancerArn: "lb-1",
          defaultActions: [
            forward ? { forward: { targetGroups: [{ arn: targetArn }] } } : { targetGroupArn: targetArn },
          ],
        },
      },
    ];
    for (const forward of [true, false]) {
      expect(await judge(id, known("tg-1", forward))).toEqual(violation(ended(60)));
      expect(await judge(id, known("tg-2", forward))).toEqual(pass);
    }
  });
});
