import * as aws from "@pulumi/aws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

// Rules of security groups: what the provider declares is what it reads again.

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});

afterAll(() => emulator?.dispose());

/** Rules of a group as EC2 tells them: direction, protocol, ports and source. */
async function rulesOf(groupId: string): Promise<string[]> {
  const response = await fetch(emulator.endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=x",
    },
    body: new URLSearchParams({
      Action: "DescribeSecurityGroupRules",
      Version: "2016-11-15",
      "Filter.1.Name": "group-id",
      "Filter.1.Value.1": groupId,
    }),
  });
  const items = (await response.text()).match(/<item><securityGroupRuleId>.*?<\/securityGroupRuleArn>/gs) ?? [];
  const value = (item: string, name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(item)?.[1];
  return items
    .map((item) =>
      [
        value(item, "isEgress") === "true" ? "to" : "from",
        value(item, "cidrIpv4") ?? value(item, "cidrIpv6") ?? value(item, "prefixListId") ?? "group",
        value(item, "ipProtocol"),
        value(item, "fromPort"),
        value(item, "toPort"),
      ].join(" "),
    )
    .sort();
}

test("a new group lets nothing out, and every kind of rule is read again as it was declared", async () => {
  let changed = false;
  const program = () => {
    const vpc = new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16" });
    const endpoint = new aws.ec2.VpcEndpoint("s3", { vpcId: vpc.id, serviceName: "com.amazonaws.us-east-1.s3" });
    const closed = new aws.ec2.SecurityGroup("closed", { vpcId: vpc.id });
    const peer = new aws.ec2.SecurityGroup("peer", { vpcId: vpc.id });
    const inline = new aws.ec2.SecurityGroup("inline", {
      vpcId: vpc.id,
      ingress: [
        { protocol: "tcp", fromPort: 80, toPort: 80, cidrBlocks: ["10.1.0.0/16", ...(changed ? [] : ["10.2.0.0/16"])] },
      ],
    });
    const tags = { Service: "network" };
    const web = { securityGroupId: closed.id, ipProtocol: "tcp", fromPort: 443, toPort: 443, tags };
    new aws.vpc.SecurityGroupIngressRule("from-group", { ...web, referencedSecurityGroupId: peer.id });
    new aws.vpc.SecurityGroupIngressRule("from-v6", { ...web, cidrIpv6: "fd00::/8" });
    new aws.vpc.SecurityGroupEgressRule("to-s3", {
      ...web,
      prefixListId: endpoint.prefixListId,
      description: changed ? "Buckets" : "Model files",
    });
    const toCidr = new aws.vpc.SecurityGroupEgressRule("to-cidr", {
      ...web,
      cidrIpv4: changed ? "10.3.0.0/16" : "10.4.0.0/16",
    });
    const ports = changed ? { ipProtocol: "-1" } : { ipProtocol: "tcp", fromPort: 80, toPort: 81 };
    new aws.vpc.SecurityGroupIngressRule("from-cidr", { securityGroupId: peer.id, cidrIpv4: "10.5.0.0/16", ...ports });
    // Like the rule that EC2 gives a new group, which the provider takes away.
    const everywhere = { ipProtocol: "-1", cidrIpv4: "0.0.0.0/0", tags };
    new aws.vpc.SecurityGroupEgressRule("to-all", { ...everywhere, securityGroupId: peer.id });
    if (changed) {
      // After the rule whose content it takes: two equal rules can't be in one group.
      const after = { dependsOn: [toCidr] };
      new aws.vpc.SecurityGroupEgressRule("to-cidr-as-before", { ...web, cidrIpv4: "10.4.0.0/16" }, after);
    }
    return Promise.resolve({
      closed: closed.id,
      peer: peer.id,
      inline: inline.id,
      prefixList: endpoint.prefixListId,
    });
  };
  await withStack(
    "groups",
    program,
    async (run) => {
      const { outputs } = await run.up();
      const group = (name: string) => rulesOf(String(outputs[name]?.value));
      const prefixList = outputs["prefixList"]?.value;
      expect(prefixList).toMatch(/^pl-/);
      expect(await group("closed")).toEqual([
        "from fd00::/8 tcp 443 443",
        "from group tcp 443 443",
        "to 10.4.0.0/16 tcp 443 443",
        `to ${prefixList} tcp 443 443`,
      ]);
      expect(await group("inline")).toEqual(["from 10.1.0.0/16 tcp 80 80", "from 10.2.0.0/16 tcp 80 80"]);
      expect(await group("peer")).toEqual(["from 10.5.0.0/16 tcp 80 81", "to 0.0.0.0/0 -1 -1 -1"]);
      expect(await run.drift()).toEqual({});
      expect(await run.changes()).toEqual({});

      changed = true;
      await run.up();
      expect(await group("closed")).toEqual([
        "from fd00::/8 tcp 443 443",
        "from group tcp 443 443",
        "to 10.3.0.0/16 tcp 443 443",
        "to 10.4.0.0/16 tcp 443 443",
        `to ${prefixList} tcp 443 443`,
      ]);
      expect(await group("inline")).toEqual(["from 10.1.0.0/16 tcp 80 80"]);
      expect(await group("peer")).toEqual(["from 10.5.0.0/16 -1 -1 -1", "to 0.0.0.0/0 -1 -1 -1"]);
      expect(await run.drift()).toEqual({});
      expect(await run.changes()).toEqual({});
    },
    { endpoint: emulator.endpoint },
  );
});
