import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Machine, type MachineArgs } from "../../../../components/inference/machine";
import { anyone } from "../../../../components/network/peer";
import { Vpc } from "../../../../components/network/vpc";
import { devContext, record } from "../../../support/mocks";
import { awsAnswers } from "../../../support/registered";

const script = "#!/bin/bash\necho hello\n";
const build = (args: Partial<MachineArgs> = {}, publicSubnets = true) =>
  record(
    () => {
      const vpc = new Vpc("lambda-efs-network", {
        context: devContext,
        cidr: "10.0.0.0/16",
        availabilityZones: ["us-east-1a", "us-east-1b"],
        publicSubnets,
      });
      return new Machine("lambda-efs-machine", {
        context: devContext,
        vpc,
        instanceType: "t3.micro",
        rootVolumeGiB: 30,
        userData: script,
        telemetry: { namespace: "own", logGroups: ["/aws/ec2/own"] },
        ...args,
      });
    },
    { calls: awsAnswers },
  );

describe("a machine", () => {
  test("has an encrypted disk, sessions for metadata, no bought credits and a fixed address", async () => {
    const { recording } = await build();
    const { inputs, dependencies } = recording.named("lambda-efs-machine-server");
    expect(inputs).toMatchObject({
      ami: awsAnswers["aws:ssm/getParameter:getParameter"].insecureValue,
      instanceType: "t3.micro",
      subnetId: "lambda-efs-network-public-a-id",
      monitoring: false,
      creditSpecification: { cpuCredits: "standard" },
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: { volumeType: "gp3", volumeSize: 30, encrypted: true, deleteOnTermination: true },
      userDataReplaceOnChange: true,
    });
    // A second public address would be billed, and an instance that has an Elastic IP is always said to have one.
    expect(inputs.associatePublicIpAddress).toBeUndefined();
    expect(inputs.keyName).toBeUndefined();
    expect(gunzipSync(Buffer.from(inputs.userDataBase64, "base64")).toString()).toBe(script);
    expect(dependencies).toEqual(
      expect.arrayContaining(["lambda-efs-machine-instance-session-manager", "lambda-efs-machine-instance-telemetry"]),
    );
    expect(recording.named("lambda-efs-machine-address-association").inputs).toMatchObject({
      instanceId: "lambda-efs-machine-server-id",
    });
  });

  test("lets metrics into one namespace and lines into its groups", async () => {
    const { recording } = await build();
    expect(recording.document("lambda-efs-machine-instance-telemetry").Statement).toMatchObject([
      { Action: ["cloudwatch:PutMetricData"], Condition: { StringEquals: { "cloudwatch:namespace": "own" } } },
      { Resource: ["arn:aws:logs:us-east-1:123456789012:log-group:/aws/ec2/own:*"] },
    ]);
  });

  test("lets nobody in but who is named, and SSH only for administrators with their key", async () => {
    const closed = await build();
    expect(closed.recording.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")).toEqual([]);
    const { recording } = await record(
      () => {
        const vpc = new Vpc("lambda-efs-network", {
          context: devContext,
          cidr: "10.0.0.0/16",
          availabilityZones: ["us-east-1a"],
          publicSubnets: true,
        });
        new Machine("lambda-efs-machine", {
          context: devContext,
          vpc,
          instanceType: "t3.micro",
          rootVolumeGiB: 8,
          userData: script,
          telemetry: { namespace: "own", logGroups: [] },
          admin: { cidr: "198.51.100.7/32", keyName: "ops" },
          roleForContainers: true,
        }).allowFrom(anyone, 443, "HTTPS");
      },
      { calls: awsAnswers },
    );
    const rules = recording.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule");
    expect(rules.map(({ inputs }) => `${inputs.cidrIpv4} ${inputs.fromPort}`).sort()).toEqual([
      "0.0.0.0/0 443",
      "198.51.100.7/32 22",
    ]);
    expect(recording.named("lambda-efs-machine-server").inputs).toMatchObject({
      keyName: "ops",
      metadataOptions: { httpPutResponseHopLimit: 2 },
    });
  });

  test("is refused with all that EC2 would not take, told together", async () => {
    const wrong = { instanceType: "t9.pico", rootVolumeGiB: 2, userData: "echo" };
    await expect(build(wrong, false)).rejects.toThrow(
      /4 mistakes[\s\S]*vpc: has no public subnet[\s\S]*instanceType: is "t9.pico"[\s\S]*rootVolumeGiB: is 2[\s\S]*userData: is no script/,
    );
  });
});
