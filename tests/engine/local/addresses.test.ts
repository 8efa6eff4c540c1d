import { DescribeAddressesCommand, EC2Client, type Filter } from "@aws-sdk/client-ec2";
import * as aws from "@pulumi/aws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withStack } from "../../support/inline-stack";
import { startTestEmulator, type TestEmulator } from "../../support/test-emulator";

// Elastic IP addresses: one is found among several, by the provider and by whoever filters.

let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startTestEmulator();
});

afterAll(() => emulator?.dispose());

function program() {
  const vpc = new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16" });
  const subnet = new aws.ec2.Subnet("subnet", { vpcId: vpc.id, cidrBlock: "10.0.0.0/24" });
  const address = (name: string) => new aws.ec2.Eip(name, { domain: "vpc", tags: { Name: name } });
  const [gateway, machine, other] = [address("gateway"), address("machine"), address("other")] as const;
  new aws.ec2.NatGateway("gateway", { subnetId: subnet.id, allocationId: gateway.id });
  const server = (name: string) =>
    new aws.ec2.Instance(name, { ami: "ami-12345678", instanceType: "m6i.large", subnetId: subnet.id });
  const [first, second] = [server("first"), server("second")] as const;
  const association = new aws.ec2.EipAssociation("machine", { allocationId: machine.id, instanceId: first.id });
  new aws.ec2.EipAssociation("other", { allocationId: other.id, instanceId: second.id });
  return Promise.resolve({
    association: association.id,
    instance: first.id,
    allocation: machine.id,
    ip: machine.publicIp,
  });
}

test("an association is found among other addresses, and each filter finds its own", async () => {
  await withStack(
    "addresses",
    program,
    async (run) => {
      const { outputs } = await run.up();
      const of = (name: string) => String(outputs[name]?.value);
      expect(await run.drift()).toEqual({});
      expect(await run.changes()).toEqual({});

      const credentials = { accessKeyId: "test", secretAccessKey: "test" };
      const client = new EC2Client({ region: "us-east-1", endpoint: emulator.endpoint, credentials });
      const names = async (input: { Filters?: Filter[]; PublicIps?: string[]; AllocationIds?: string[] }) => {
        const { Addresses = [] } = await client.send(new DescribeAddressesCommand(input));
        return Addresses.map(({ Tags = [] }) => Tags.find(({ Key }) => Key === "Name")?.Value).sort();
      };
      const by = (Name: string, ...Values: string[]) => names({ Filters: [{ Name, Values }] });
      expect(await names({})).toEqual(["gateway", "machine", "other"]);
      expect(await by("association-id", of("association"))).toEqual(["machine"]);
      expect(await by("instance-id", of("instance"))).toEqual(["machine"]);
      expect(await by("allocation-id", of("allocation"))).toEqual(["machine"]);
      expect(await by("public-ip", of("ip"))).toEqual(["machine"]);
      expect(await by("domain", "vpc")).toEqual(["gateway", "machine", "other"]);
      expect(await by("tag:Name", "machine", "o*")).toEqual(["machine", "other"]);
      expect(await by("association-id", "eipassoc-0")).toEqual([]);
      expect(await names({ PublicIps: [of("ip")] })).toEqual(["machine"]);
      expect(await names({ AllocationIds: [of("allocation")] })).toEqual(["machine"]);
      await expect(by("colour", "red")).rejects.toThrow("The filter 'colour' is invalid");
      client.destroy();
    },
    { endpoint: emulator.endpoint },
  );
});
