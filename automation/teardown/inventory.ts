import { AutoScalingClient, paginateDescribeAutoScalingGroups } from "@aws-sdk/client-auto-scaling";
import { CloudWatchLogsClient, paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTableCommand, DynamoDBClient, paginateListTables } from "@aws-sdk/client-dynamodb";
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeLaunchTemplatesCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
  type Tag,
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
import { type Facts, type Found, type Kind, ofArn } from "./found";

export interface Scope {
  readonly project: string;
  readonly stack: string;
  readonly region: string;
  /** Whether a name is one that the stack gives. */
  readonly isNameOf: (name: string) => boolean;
}

const gib = 2 ** 30;

/** Where what belongs to CloudFront is, wherever the stack is. */
const edgeRegion = "us-east-1";

/** What carries the stack's tags, by the index of tags. EC2 is asked itself: there the index names for hours what is gone. */
async function tagged({ project, stack, region }: Scope): Promise<Found[]> {
  const found: Found[] = [];
  const TagFilters = [
    { Key: "Project", Values: [project] },
    { Key: "Stack", Values: [stack] },
  ];
  for (const one of new Set([region, edgeRegion])) {
    const client = new ResourceGroupsTaggingAPIClient({ region: one });
    try {
      for await (const page of paginateGetResources({ client }, { TagFilters })) {
        for (const { ResourceARN } of page.ResourceTagMappingList ?? []) {
          if (ResourceARN && !ResourceARN.includes(":ec2:")) found.push(ofArn(ResourceARN));
        }
      }
    } finally {
      client.destroy();
    }
  }
  return found;
}

interface Listed {
  readonly kind: Kind;
  readonly id: string | undefined;
  readonly tags: readonly Tag[] | undefined;
  readonly facts?: Facts;
}

/** Each kind of EC2's resources that a stack makes and tags, without those that have ended and are still listed. */
const ec2Lists: readonly ((client: EC2Client) => Promise<Listed[]>)[] = [
  async (client) =>
    ((await client.send(new DescribeInstancesCommand({}))).Reservations ?? [])
      .flatMap(({ Instances = [] }) => Instances)
      .filter(({ State }) => State?.Name !== "terminated" && State?.Name !== "shutting-down")
      .map(({ InstanceId: id, Tags: tags, InstanceType: instanceType = "" }) => ({
        ...{ kind: "instance" as const, id, tags, facts: { instanceType } },
      })),
  async (client) =>
    ((await client.send(new DescribeVolumesCommand({}))).Volumes ?? []).map(
      ({ VolumeId: id, Tags: tags, Size = 0 }) => ({
        ...{ kind: "volume" as const, id, tags, facts: { sizeGiB: Size } },
      }),
    ),
  async (client) =>
    ((await client.send(new DescribeNatGatewaysCommand({}))).NatGateways ?? [])
      .filter(({ State }) => State !== "deleted" && State !== "deleting")
      .map(({ NatGatewayId: id, Tags: tags }) => ({ kind: "NAT gateway", id, tags })),
  async (client) =>
    ((await client.send(new DescribeAddressesCommand({}))).Addresses ?? []).map(({ AllocationId: id, Tags: tags }) => ({
      ...{ kind: "address" as const, id, tags },
    })),
  async (client) =>
    ((await client.send(new DescribeVpcEndpointsCommand({}))).VpcEndpoints ?? [])
      .filter(({ State }) => !/^delet/i.test(String(State)))
      .map(({ VpcEndpointId: id, Tags: tags, VpcEndpointType, SubnetIds = [] }) => ({
        // Gateway endpoints cost nothing; the others do in each zone.
        ...{ kind: "VPC endpoint" as const, id, tags },
        facts: { count: VpcEndpointType === "Interface" ? Math.max(1, SubnetIds.length) : 0 },
      })),
  async (client) =>
    ((await client.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces ?? []).map(
      ({ NetworkInterfaceId: id, TagSet: tags }) => ({ kind: "network interface", id, tags }),
    ),
  async (client) =>
    ((await client.send(new DescribeSubnetsCommand({}))).Subnets ?? []).map(({ SubnetId: id, Tags: tags }) => ({
      ...{ kind: "network part" as const, id, tags },
    })),
  async (client) =>
    ((await client.send(new DescribeRouteTablesCommand({}))).RouteTables ?? []).map(
      ({ RouteTableId: id, Tags: tags }) => ({ kind: "network part", id, tags }),
    ),
  async (client) =>
    ((await client.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups ?? []).map(
      ({ GroupId: id, Tags: tags }) => ({ kind: "network part", id, tags }),
    ),
  async (client) =>
    ((await client.send(new DescribeInternetGatewaysCommand({}))).InternetGateways ?? []).map(
      ({ InternetGatewayId: id, Tags: tags }) => ({ kind: "network part", id, tags }),
    ),
  async (client) =>
    ((await client.send(new DescribeLaunchTemplatesCommand({}))).LaunchTemplates ?? []).map(
      ({ LaunchTemplateId: id, Tags: tags }) => ({ kind: "network part", id, tags }),
    ),
  async (client) =>
    ((await client.send(new DescribeVpcsCommand({}))).Vpcs ?? []).map(({ VpcId: id, Tags: tags }) => ({
      ...{ kind: "network part" as const, id, tags },
    })),
];

/** What of EC2 carries the stack's tags. Instances of a fleet have its tags too. */
async function taggedInEc2({ project, stack, region }: Scope): Promise<Found[]> {
  const client = new EC2Client({ region });
  try {
    const lists = await Promise.all(ec2Lists.map((list) => list(client)));
    return lists.flat().flatMap(({ id, kind, tags = [], facts }) => {
      const has = (key: string, value: string) => tags.some(({ Key, Value }) => Key === key && Value === value);
      if (id === undefined || !has("Stack", stack) || !has("Project", project)) return [];
      return [facts ? { kind, id, facts } : { kind, id }];
    });
  } finally {
    client.destroy();
  }
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
  const [byTag, ofEc2, byName] = await Promise.all([tagged(scope), taggedInEc2(scope), named(scope)]);
  const all = new Map<string, Found>();
  // What a listing by name tells, it tells with what its price follows from.
  for (const found of [...byTag, ...ofEc2, ...byName]) all.set(`${found.kind} ${found.id}`, found);
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
