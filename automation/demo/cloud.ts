import { createReadStream } from "node:fs";
import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeAccessPointsCommand,
  DescribeFileSystemsCommand,
  DescribeMountTargetsCommand,
  EFSClient,
} from "@aws-sdk/client-efs";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { createS3Client } from "../../services/lib/s3";

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly lastModified: string;
}

export interface LogLine {
  readonly timestamp: string;
  readonly text: string;
}

export interface FileSystemFacts {
  readonly encrypted: boolean;
  readonly performanceMode: string;
  readonly throughputMode: string;
  readonly mountTargets: readonly { readonly subnetId: string; readonly state: string }[];
  readonly accessPoint: {
    readonly arn: string;
    readonly rootDirectory: string;
    readonly posixUser: string;
    readonly owner: string;
    readonly permissions: string;
  };
}

export interface FunctionFacts {
  readonly runtime: string;
  readonly architecture: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly codeBytes: number;
  readonly mounts: readonly { readonly accessPointArn: string; readonly path: string }[];
}

/** What the demo does to the deployed system, and reads back from it, besides calling its API. */
export interface Cloud {
  upload(bucket: string, key: string, file: string): Promise<void>;
  readText(bucket: string, key: string): Promise<string>;
  list(bucket: string, prefix: string): Promise<ListedObject[]>;
  /** Log lines since then, oldest first. `pattern` is a filter of CloudWatch Logs, which the emulator takes for all if it is on JSON. */
  logs(logGroup: string, since: Date, pattern?: string): Promise<LogLine[]>;
  fileSystem(fileSystemId: string, accessPointId: string): Promise<FileSystemFacts>;
  describeFunction(name: string): Promise<FunctionFacts>;
}

/** The demo's view through the AWS APIs. Endpoint and credentials come from the environment. */
export function awsCloud(region: string): Cloud {
  const s3 = createS3Client({ region });
  const logs = new CloudWatchLogsClient({ region });
  const efs = new EFSClient({ region });
  const lambda = new LambdaClient({ region });
  return {
    upload: async (Bucket, Key, file) => {
      await new Upload({ client: s3, params: { Bucket, Key, Body: createReadStream(file) } }).done();
    },
    readText: async (Bucket, Key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToString()) ?? "";
    },
    list: async (Bucket, Prefix) => {
      const found: ListedObject[] = [];
      for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix })) {
        for (const { Key = "", Size = 0, LastModified } of Contents) {
          found.push({ key: Key, sizeBytes: Size, lastModified: LastModified?.toISOString() ?? "" });
        }
      }
      return found;
    },
    logs: async (logGroupName, since, filterPattern) => {
      const found: LogLine[] = [];
      const input = { logGroupName, startTime: since.getTime(), filterPattern };
      for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, input)) {
        for (const { timestamp = 0, message = "" } of events) {
          found.push({ timestamp: new Date(timestamp).toISOString(), text: message.trimEnd() });
        }
      }
      return found;
    },
    fileSystem: (fileSystemId, accessPointId) => describeFileSystem(efs, fileSystemId, accessPointId),
    describeFunction: async (FunctionName) => {
      const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
      return {
        runtime: found.Runtime ?? "",
        architecture: found.Architectures?.[0] ?? "",
        memoryMb: found.MemorySize ?? 0,
        timeoutSeconds: found.Timeout ?? 0,
        codeBytes: found.CodeSize ?? 0,
        mounts: (found.FileSystemConfigs ?? []).map(({ Arn = "", LocalMountPath = "" }) => ({
          accessPointArn: Arn,
          path: LocalMountPath,
        })),
      };
    },
  };
}

async function describeFileSystem(
  efs: EFSClient,
  FileSystemId: string,
  AccessPointId: string,
): Promise<FileSystemFacts> {
  const { FileSystems = [] } = await efs.send(new DescribeFileSystemsCommand({ FileSystemId }));
  const { MountTargets = [] } = await efs.send(new DescribeMountTargetsCommand({ FileSystemId }));
  const { AccessPoints = [] } = await efs.send(new DescribeAccessPointsCommand({ AccessPointId }));
  const [fileSystem, accessPoint] = [FileSystems[0], AccessPoints[0]];
  if (!fileSystem || !accessPoint) throw new Error(`EFS knows no ${fileSystem ? AccessPointId : FileSystemId}.`);
  const { PosixUser: user, RootDirectory: root } = accessPoint;
  const created = root?.CreationInfo;
  return {
    encrypted: fileSystem.Encrypted ?? false,
    performanceMode: fileSystem.PerformanceMode ?? "",
    throughputMode: fileSystem.ThroughputMode ?? "",
    mountTargets: MountTargets.map(({ SubnetId = "", LifeCycleState = "" }) => ({
      subnetId: SubnetId,
      state: LifeCycleState,
    })),
    accessPoint: {
      arn: accessPoint.AccessPointArn ?? "",
      rootDirectory: root?.Path ?? "",
      posixUser: `${user?.Uid}:${user?.Gid}`,
      owner: `${created?.OwnerUid}:${created?.OwnerGid}`,
      permissions: created?.Permissions ?? "",
    },
  };
}
