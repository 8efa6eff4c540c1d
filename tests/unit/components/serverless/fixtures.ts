import * as pulumi from "@pulumi/pulumi";
import { SecurityGroup } from "../../../../components/network/security-group";
import { Vpc } from "../../../../components/network/vpc";
import { DeadLetterQueue } from "../../../../components/serverless/dead-letter-queue";
import { FileSystem } from "../../../../components/serverless/file-system";
import { LambdaFunction, type LambdaFunctionArgs } from "../../../../components/serverless/lambda-function";
import { devContext as context } from "../../../support/mocks";

/** A function with all it needs, as the dev stack has it. */
export function makeFunction(change: Partial<LambdaFunctionArgs> = {}, name = "lambda-efs-producer"): LambdaFunction {
  const vpc = new Vpc("lambda-efs-network", {
    context,
    cidr: "10.0.0.0/16",
    availabilityZones: ["us-east-1a", "us-east-1b"],
  });
  const clients = new SecurityGroup("lambda-efs-functions", { context, vpcId: vpc.id, description: "Functions" });
  const files = new FileSystem("lambda-efs-files", { context, vpc, rootDirectory: "/lambda", backups: true });
  return new LambdaFunction(name, {
    context,
    description: "Produces",
    code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset("exports.handler = () => 1") }),
    memoryMb: 1024,
    timeoutSeconds: 300,
    environment: { EFS_MOUNT_PATH: "/mnt/efs" },
    network: { subnetIds: vpc.privateSubnetIds, securityGroup: clients },
    mount: { fileSystem: files, path: "/mnt/efs" },
    logRetentionDays: 14,
    asyncFailures: { queue: new DeadLetterQueue("lambda-efs-failed-events", { context }) },
    ...change,
  });
}
