import { AutoScalingClient, paginateDescribeAutoScalingGroups } from "@aws-sdk/client-auto-scaling";
import { CloudWatchLogsClient, paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTableCommand, DynamoDBClient, paginateListTables } from "@aws-sdk/client-dynamodb";
import {
  DescribeInstancesCommand,
  DescribeNatGatewaysCommand,
  DescribeVolumesCommand,
  EC2Client,
  paginateDescribeTags,
} from "@aws-sdk/client-ec2";
import { EFSClient, paginateDescribeFileSystems } from "@aws-sdk/client-efs";
import { ElasticLoadBalancingV2Client, paginateDescribeLoadBalancers } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAMClient, paginateListRoles } from "@aws-sdk/client-iam";
import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient, paginateListFunctions } from "@aws-sdk/client-lambda";
import { paginateDescribeDBInstances, paginateDescribeDBSnapshots, RDSClient } from "@aws-sdk/client-rds";
import { paginateGetResources, ResourceGroupsTaggingAPIClient } from "@aws-sdk/client-resource-groups-tagging-api";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { paginateListSecrets, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { paginateListQueues, SQSClient } from "@aws-sdk/client-sqs";
import { paginateDescribeParameters, SSMClient } from "@aws-sdk/client-ssm";
import { type Found, ofArn } from "./found";

export interface Scope {
  readonly project: string;
  readonly stack: string;
  readonly region: string;
  /** Whether a name is one that the stack gives. */
  readonly isNameOf: (name: string) => boolean;
}

const gib = 2 ** 30;
const ec2Ids: Readonly<Record<string, Found["kind"]>> = {
  instance: "instance",
  volume: "volume",
  "elastic-ip": "address",
  natgateway: "NAT gateway",
  "vpc-endpoint": "VPC endpoint",
  "network-interface": "network interface",
};

/** What carries the stack's tags in its region, by the index of tags and by EC2's own. */
async function tagged(scope: Scope): Promise<Found[]> {
  const found: Found[] = [];
  const tagging = new ResourceGroupsTaggingAPIClient({ region: scope.region });
  const ec2 = new EC2Client({ region: scope.region });
  try {
    const TagFilters = [
      { Key: "Project", Values: [scope.project] },
      { Key: "Stack", Values: [scope.stack] },
    ];
    for await (const page of paginateGetResources({ client: tagging }, { TagFilters })) {
      for (const { ResourceARN } of page.ResourceTagMappingList ?? []) if (ResourceARN) found.push(ofArn(ResourceARN));
    }
    const Filters = [
      { Name: "key", Values: ["Stack"] },
      { Name: "value", Values: [scope.stack] },
    ];
    for await (const page of paginateDescribeTags({ client: ec2 }, { Filters })) {
      for (const { ResourceId, ResourceType = "" } of page.Tags ?? []) {
        if (ResourceId) found.push({ kind: ec2Ids[ResourceType] ?? "network part", id: ResourceId });
      }
    }
  } finally {
    tagging.destroy();
    ec2.destroy();
  }
  return found;
}

/** Makes a client for the time of a listing. */
async function using<C extends { destroy(): void }>(
  client: C,
  list: (client: C) => AsyncIterable<Found>,
): Promise<Found[]> {
  try {
    const found: Found[] = [];
    for await (const one of list(client)) found.push(one);
    return found;
  } finally {
    client.destroy();
  }
}

/** What has a name that the stack gives, with or without its tags: AWS makes log groups without, for example. */
async function named({ region, isNameOf }: Scope): Promise<Found[]> {
  const at = { region };
  const lists = await Promise.all([
    using(new CloudWatchLogsClient(at), async function* (client) {
      for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, {})) {
        for (const { logGroupName: id = "", storedBytes = 0 } of logGroups) {
          if (isNameOf(id)) yield { kind: "log group", id, facts: { sizeGiB: storedBytes / gib } };
        }
      }
    }),
    using(new S3Client(at), async function* (client) {
      for (const { Name: id = "" } of (await client.send(new ListBucketsCommand({}))).Buckets ?? []) {
        if (isNameOf(id)) yield { kind: "bucket", id };
      }
    }),
    using(new DynamoDBClient(at), async function* (client) {
      for await (const { TableNames = [] } of paginateListTables({ client }, {})) {
        for (const id of TableNames.filter(isNameOf)) {
          const { Table } = await client.send(new DescribeTableCommand({ TableName: id }));
          yield { kind: "table", id, facts: { sizeGiB: (Table?.TableSizeBytes ?? 0) / gib } };
        }
      }
    }),
    using(new RDSClient(at), async function* (client) {
      for await (const { DBInstances = [] } of paginateDescribeDBInstances({ client }, {})) {
        for (const {
          DBInstanceIdentifier: id = "",
          DBInstanceClass,
          AllocatedStorage,
          MultiAZ = false,
        } of DBInstances) {
          if (!isNameOf(id)) continue;
          const facts = { instanceType: DBInstanceClass ?? "", sizeGiB: AllocatedStorage ?? 0, multiAz: MultiAZ };
          yield { kind: "database", id, facts };
        }
      }
      for await (const { DBSnapshots = [] } of paginateDescribeDBSnapshots({ client }, { SnapshotType: "manual" })) {
        for (const { DBSnapshotIdentifier: id = "", DBInstanceIdentifier = "", AllocatedStorage = 0 } of DBSnapshots) {
          if (!isNameOf(DBInstanceIdentifier) && !isNameOf(id)) continue;
          yield {
            kind: "database snapshot",
            id,
            facts: { sizeGiB: AllocatedStorage },
            retained: "a database's last data",
          };
        }
      }
    }),
    using(new EFSClient(at), async function* (client) {
      for await (const { FileSystems = [] } of paginateDescribeFileSystems({ client }, {})) {
        for (const { FileSystemId: id = "", CreationToken = "", SizeInBytes } of FileSystems) {
          if (isNameOf(CreationToken))
            yield { kind: "file system", id, facts: { sizeGiB: (SizeInBytes?.Value ?? 0) / gib } };
        }
      }
    }),
    using(new LambdaClient(at), async function* (client) {
      for await (const { Functions = [] } of paginateListFunctions({ client }, {})) {
        for (const { FunctionName: id = "" } of Functions) if (isNameOf(id)) yield { kind: "function", id };
      }
    }),
    using(new SQSClient(at), async function* (client) {
      for await (const { QueueUrls = [] } of paginateListQueues({ client }, {})) {
        for (const id of QueueUrls) if (isNameOf(id.slice(id.lastIndexOf("/") + 1))) yield { kind: "queue", id };
      }
    }),
    using(new AutoScalingClient(at), async function* (client) {
      for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups({ client }, {})) {
        for (const { AutoScalingGroupName: id = "", Instances = [] } of AutoScalingGroups) {
          if (!isNameOf(id)) continue;
          const instanceType = Instances[0]?.InstanceType;
          yield { kind: "fleet", id, facts: { count: Instances.length, ...(instanceType && { instanceType }) } };
        }
      }
    }),
    using(new ElasticLoadBalancingV2Client(at), async function* (client) {
      for await (const { LoadBalancers = [] } of paginateDescribeLoadBalancers({ client }, {})) {
        for (const { LoadBalancerArn: id = "", LoadBalancerName = "" } of LoadBalancers) {
          if (isNameOf(LoadBalancerName)) yield { kind: "load balancer", id };
        }
      }
    }),
    using(new SecretsManagerClient(at), async function* (client) {
      for await (const { SecretList = [] } of paginateListSecrets({ client }, { IncludePlannedDeletion: true })) {
        for (const { Name: id = "", DeletedDate } of SecretList) {
          if (!isNameOf(id)) continue;
          yield DeletedDate ? { kind: "secret", id, retained: byAws } : { kind: "secret", id };
        }
      }
    }),
    using(new SSMClient(at), async function* (client) {
      for await (const { Parameters = [] } of paginateDescribeParameters({ client }, {})) {
        for (const { Name: id = "" } of Parameters) if (isNameOf(id)) yield { kind: "parameter", id };
      }
    }),
    using(new IAMClient(at), async function* (client) {
      for await (const { Roles = [] } of paginateListRoles({ client }, {})) {
        for (const { RoleName: id = "" } of Roles) if (isNameOf(id)) yield { kind: "role", id };
      }
    }),
  ]);
  return lists.flat();
}

/** What a retained thing says when AWS deletes it by itself, and takes nothing for it until then. */
export const byAws = "deleted by AWS";

/**
 * What is left of a stack in its region: by tags and by names, each thing once. What AWS still lists but has deleted is left out: its index of tags
 * lags, ended instances and NAT gateways stay listed for an hour, keys wait for their deletion.
 * https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
 */
export async function takeInventory(scope: Scope): Promise<Found[]> {
  const [byTag, byName] = await Promise.all([tagged(scope), named(scope)]);
  const all = new Map<string, Found>();
  // What a listing by name tells, it tells with what its price follows from.
  for (const found of [...byTag, ...byName]) all.set(`${found.kind} ${found.id}`, found);
  const checked = await Promise.all([...all.values()].map((found) => examine(found, scope.region)));
  return checked
    .filter((found): found is Found => found !== undefined)
    .sort((one, other) => one.kind.localeCompare(other.kind) || one.id.localeCompare(other.id));
}

/** Asks the service of what stays listed after its end; undefined when it is gone. */
async function examine(found: Found, region: string): Promise<Found | undefined> {
  const { kind, id } = found;
  if (kind === "key") {
    const [key] = await ask(new KMSClient({ region }), async (client) => [
      (await client.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata,
    ]);
    return key?.KeyState === "PendingDeletion" ? { ...found, retained: byAws } : key && found;
  }
  if (kind === "instance") {
    const [instance] = await ask(
      new EC2Client({ region }),
      async (client) =>
        (await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]?.Instances,
    );
    if (!instance || instance.State?.Name === "terminated" || instance.State?.Name === "shutting-down")
      return undefined;
    return { ...found, facts: { instanceType: instance.InstanceType ?? "" } };
  }
  if (kind === "volume") {
    const [volume] = await ask(
      new EC2Client({ region }),
      async (client) => (await client.send(new DescribeVolumesCommand({ VolumeIds: [id] }))).Volumes,
    );
    return volume && { ...found, facts: { sizeGiB: volume.Size ?? 0 } };
  }
  if (kind === "NAT gateway") {
    const [gateway] = await ask(
      new EC2Client({ region }),
      async (client) => (await client.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [id] }))).NatGateways,
    );
    return gateway && gateway.State !== "deleted" && gateway.State !== "deleting" ? found : undefined;
  }
  return found;
}

/** What AWS says of one thing; nothing when it says that there is none. */
async function ask<C extends { destroy(): void }, T>(
  client: C,
  question: (client: C) => Promise<T[] | undefined>,
): Promise<T[]> {
  try {
    return (await question(client)) ?? [];
  } catch (error) {
    if (error instanceof Error && /NotFound/.test(`${error.name} ${error.message}`)) return [];
    throw error;
  } finally {
    client.destroy();
  }
}
