import { describe, expect, test } from "vitest";
import { requiredTagKeys } from "../../../../components/lib/tags";
import { Vpc, type VpcArgs } from "../../../../components/network/vpc";
import { devContext, devTags, record, resolved } from "../../../support/mocks";

const build = (args: Partial<VpcArgs> = {}) =>
  record(
    () =>
      new Vpc("lambda-efs-network", {
        context: devContext,
        cidr: "10.0.0.0/16",
        availabilityZones: ["us-east-1a", "us-east-1b"],
        ...args,
      }),
  );
const everything: Partial<VpcArgs> = {
  publicSubnets: true,
  nat: "per-az",
  gatewayEndpoints: ["s3", "dynamodb"],
  ownAccountEndpoints: true,
  interfaceEndpoints: ["secretsmanager", "ecr.api"],
  flowLogRetentionDays: 14,
};
const name = "lambda-efs-network";

describe("[lambda-efs 2.1] [lambda-efs 2.2] a VPC by default", () => {
  test("has private subnets with route tables, a closed default security group and an S3 endpoint, and nothing else", async () => {
    const { recording } = await build();
    expect(recording.resources.filter(({ custom }) => custom).map((each) => each.name)).toEqual([
      `${name}-default-security-group`,
      `${name}-endpoints-s3`,
      `${name}-private-a`,
      `${name}-private-a-routes`,
      `${name}-private-a-routes-of-a`,
      `${name}-private-b`,
      `${name}-private-b-routes`,
      `${name}-private-b-routes-of-b`,
      `${name}-vpc`,
    ]);
  });

  test("has the document's addresses and zones", async () => {
    const { recording } = await build();
    expect(recording.named(`${name}-vpc`).inputs).toEqual({
      cidrBlock: "10.0.0.0/16",
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: devTags("network", "lambda-efs-network-dev"),
    });
    const subnet = (letter: string, cidrBlock: string) => ({
      vpcId: `${name}-vpc-id`,
      cidrBlock,
      availabilityZone: `us-east-1${letter}`,
      mapPublicIpOnLaunch: false,
      tags: devTags("network", `lambda-efs-network-private-${letter}-dev`),
    });
    expect(recording.named(`${name}-private-a`).inputs).toEqual(subnet("a", "10.0.1.0/24"));
    expect(recording.named(`${name}-private-b`).inputs).toEqual(subnet("b", "10.0.2.0/24"));
    expect(recording.named(`${name}-private-b-routes-of-b`).inputs).toEqual({
      routeTableId: `${name}-private-b-routes-id`,
      subnetId: `${name}-private-b-id`,
    });
  });

  test("reaches S3 from both route tables", async () => {
    const { recording } = await build();
    expect(recording.named(`${name}-endpoints-s3`).inputs).toEqual({
      vpcId: `${name}-vpc-id`,
      serviceName: "com.amazonaws.us-east-1.s3",
      vpcEndpointType: "Gateway",
      routeTableIds: [`${name}-private-a-routes-id`, `${name}-private-b-routes-id`],
      tags: devTags("network", "lambda-efs-network-endpoints-s3-dev"),
    });
  });

  test("has a default security group without rules", async () => {
    const { recording } = await build();
    expect(recording.named(`${name}-default-security-group`).inputs).toMatchObject({ ingress: [], egress: [] });
  });

  test("gives ids and the endpoint's addresses", async () => {
    const { result } = await build();
    expect(await resolved(result.privateSubnetIds)).toEqual([`${name}-private-a-id`, `${name}-private-b-id`]);
    expect(result.publicSubnetIds).toEqual([]);
    const { key, source } = result.gatewayPeer("s3");
    expect({ key, source: await resolved(source) }).toEqual({
      key: "s3",
      source: { prefixListId: `pl-${name}-endpoints-s3` },
    });
    expect(() => result.gatewayPeer("dynamodb")).toThrow(
      "lambda-efs-network has no gateway endpoint of dynamodb: add it to gatewayEndpoints.",
    );
  });
});

describe("a VPC with everything", () => {
  test("tags all that can be tagged, names children after their parents and leaves none without one", async () => {
    const { recording } = await build(everything);
    expect(recording.untagged(requiredTagKeys)).toEqual([]);
    expect(recording.misnamed()).toEqual([]);
    expect(recording.orphans()).toEqual([]);
  });

  test("sends public subnets to the internet gateway and private ones to the NAT gateway of their zone", async () => {
    const { recording } = await build(everything);
    expect(recording.named(`${name}-public-default-route`).inputs).toEqual({
      routeTableId: `${name}-public-routes-id`,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: `${name}-internet-gateway-id`,
    });
    for (const letter of ["a", "b"]) {
      expect(recording.named(`${name}-nat-route-${letter}`).inputs).toEqual({
        routeTableId: `${name}-private-${letter}-routes-id`,
        destinationCidrBlock: "0.0.0.0/0",
        natGatewayId: `${name}-nat-gateway-${letter}-id`,
      });
      expect(recording.named(`${name}-nat-gateway-${letter}`)).toMatchObject({
        inputs: { subnetId: `${name}-public-${letter}-id`, allocationId: `${name}-nat-address-${letter}-id` },
        dependencies: expect.arrayContaining([`${name}-internet-gateway`]),
      });
    }
  });

  test("shares one NAT gateway if told so", async () => {
    const { recording } = await build({ ...everything, nat: "single" });
    expect(recording.ofType("aws:ec2/natGateway:NatGateway").map((each) => each.name)).toEqual([
      `${name}-nat-gateway-a`,
    ]);
    const gateways = recording.ofType("aws:ec2/route:Route").map(({ inputs }) => inputs.natGatewayId ?? "internet");
    expect(gateways).toEqual([`${name}-nat-gateway-a-id`, `${name}-nat-gateway-a-id`, "internet"]);
  });

  test("puts interface endpoints into every private subnet, for HTTPS from the VPC", async () => {
    const { recording } = await build(everything);
    expect(recording.named(`${name}-endpoints-ecr-api`).inputs).toMatchObject({
      serviceName: "com.amazonaws.us-east-1.ecr.api",
      vpcEndpointType: "Interface",
      subnetIds: [`${name}-private-a-id`, `${name}-private-b-id`],
      securityGroupIds: [`${name}-endpoints-interfaces-group-id`],
      privateDnsEnabled: true,
    });
    const [rule, ...others] = recording.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule");
    expect(others).toEqual([]);
    expect(rule?.inputs).toMatchObject({ cidrIpv4: "10.0.0.0/16", fromPort: 443, toPort: 443, ipProtocol: "tcp" });
  });

  test("lets gateway endpoints reach this account's buckets and tables only", async () => {
    const { recording } = await build(everything);
    for (const service of ["s3", "dynamodb"]) {
      const [statement, ...others] = recording.document(`${name}-endpoints-${service}`).Statement;
      expect(others).toEqual([]);
      expect(statement).toMatchObject({
        Effect: "Allow",
        Principal: "*",
        Condition: {
          StringEquals: { "aws:ResourceAccount": "123456789012", "aws:PrincipalAccount": "123456789012" },
        },
      });
    }
  });

  test("writes flow logs with a role that only this account's flow logs can take on", async () => {
    const { recording } = await build(everything);
    expect(recording.named(`${name}-flow-logs-log-group`).inputs).toMatchObject({
      name: "/aws/vpc/lambda-efs-network-flow-logs-dev",
      retentionInDays: 14,
    });
    expect(recording.named(`${name}-flow-logs-flow-log`).inputs).toMatchObject({
      trafficType: "ALL",
      vpcId: `${name}-vpc-id`,
    });
    expect(recording.document(`${name}-flow-logs-writer-role`, "assumeRolePolicy").Statement[0]).toMatchObject({
      Principal: { Service: ["vpc-flow-logs.amazonaws.com"] },
      Condition: {
        StringEquals: { "aws:SourceAccount": "123456789012" },
        ArnLike: { "aws:SourceArn": "arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/*" },
      },
    });
    const logGroup = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vpc/lambda-efs-network-flow-logs-dev";
    expect(recording.document(`${name}-flow-logs-writer-write`).Statement).toEqual([
      {
        Sid: "WriteFlowLogs",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"],
        Resource: [logGroup, `${logGroup}:*`],
      },
    ]);
  });
});

test("adding a zone or a tier adds resources and changes none", async () => {
  const { recording: small } = await build({ availabilityZones: ["us-east-1b"] });
  const { recording: large } = await build({ availabilityZones: ["us-east-1a", "us-east-1b"], publicSubnets: true });
  const subnets = (recording: typeof small) => recording.ofType("aws:ec2/subnet:Subnet");
  expect(subnets(large)).toEqual(expect.arrayContaining(subnets(small)));
});

test("all mistakes in its arguments are told together", async () => {
  const building = build({ cidr: "10.0.0.0/28", availabilityZones: ["eu-west-1a"], nat: "single" });
  await expect(building).rejects.toThrow(
    /cidr: VPC 10\.0\.0\.0\/28 has 16 addresses.*availabilityZones: eu-west-1a not in region us-east-1.*nat: is "single", but NAT gateways stand in public subnets/s,
  );
});
