import { describe, expect, test } from "vitest";
import { anyone, cidrPeer, prefixListPeer } from "../../../../components/network/peer";
import { SecurityGroup } from "../../../../components/network/security-group";
import { devContext, devTags, record } from "../../../support/mocks";

const group = (name: string) =>
  new SecurityGroup(name, { context: devContext, vpcId: "vpc-1", description: `Members of ${name}` });

test("a group is made without rules", async () => {
  const { recording } = await record(() => group("lambda-efs-web"));
  expect(recording.resources.map(({ type }) => type)).toEqual([
    "llm:network:SecurityGroup",
    "aws:ec2/securityGroup:SecurityGroup",
  ]);
  expect(recording.named("lambda-efs-web-group").inputs).toEqual({
    vpcId: "vpc-1",
    name: "lambda-efs-web-dev",
    description: "Members of lambda-efs-web",
    tags: devTags("network", "lambda-efs-web-dev"),
  });
});

describe("a rule", () => {
  test("allows one peer one port, with a reason", async () => {
    const { recording } = await record(() => {
      const web = group("lambda-efs-web");
      web.allowFrom(anyone, 443, "HTTPS for everyone");
      web.allowTo(group("lambda-efs-data"), { protocol: "udp", from: 1000, to: 1010 }, "Metrics");
      web.allowTo(prefixListPeer("s3", "pl-1"), 443, "HTTPS to S3");
      web.allowFrom(cidrPeer("10.0.0.0/16"), 80, "HTTP from the VPC");
    });
    const tags = devTags("network", "lambda-efs-web-dev");
    expect(recording.named("lambda-efs-web-from-anyone-tcp-443")).toMatchObject({
      type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
      parent: "lambda-efs-web",
      inputs: {
        securityGroupId: "lambda-efs-web-group-id",
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
        cidrIpv4: "0.0.0.0/0",
        description: "HTTPS for everyone",
        tags,
      },
    });
    expect(recording.named("lambda-efs-web-to-data-udp-1000-1010")).toMatchObject({
      type: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
      inputs: {
        securityGroupId: "lambda-efs-web-group-id",
        ipProtocol: "udp",
        fromPort: 1000,
        toPort: 1010,
        referencedSecurityGroupId: "lambda-efs-data-group-id",
        description: "Metrics",
        tags,
      },
    });
    expect(recording.named("lambda-efs-web-to-s3-tcp-443").inputs).toMatchObject({ prefixListId: "pl-1" });
    expect(recording.named("lambda-efs-web-from-10-0-0-0-16-tcp-80").inputs).toMatchObject({ cidrIpv4: "10.0.0.0/16" });
  });

  test("that is said twice is one", async () => {
    const { recording } = await record(() => {
      const web = group("lambda-efs-web");
      expect(web.allowFrom(anyone, 443, "HTTPS")).toBe(web.allowFrom(anyone, 443, "HTTPS again"));
    });
    expect(recording.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")).toHaveLength(1);
  });

  test.each(["", "what's this?", "x".repeat(256)])("needs a reason AWS takes, not %j", async (why) => {
    const building = record(() => group("lambda-efs-web").allowFrom(anyone, 443, why));
    await expect(building).rejects.toThrow(`why: is "${why}"; give 1 to 255 letters`);
  });
});
