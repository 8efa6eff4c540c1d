import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { wholeNumber } from "../lib/validation";
import { SecurityGroup } from "../network/security-group";
import type { Vpc } from "../network/vpc";
import type { Metric, MetricMath } from "../observability/metric";
import type { GeneratedSecret } from "./generated-secret";

export interface RedisCacheArgs extends ComponentArgs {
  /** Nodes stand in its private subnets. */
  readonly vpc: Vpc;
  /** Such as `cache.r6g.large`. */
  readonly nodeType: string;
  /** 1 to 6. From two on, in two zones at least, and a replica takes over from a primary that fails. */
  readonly nodes: number;
  /** The password that clients send. */
  readonly authToken: GeneratedSecret;
  /** Days that daily snapshots are kept, 1 to 35. Default 1. */
  readonly snapshotDays?: number;
}

const port = 6379;
const engineVersion = "7.1";

/**
 * Redis 7 on ElastiCache, one shard: encrypted, TLS only, with a password, in private subnets, with daily snapshots.
 *
 * Protected where the environment protects data; deleting it leaves a last snapshot, but for where data is disposable.
 *
 * Cost: cache.r6g.large $0.206, cache.t4g.micro $0.016 an hour and node; snapshots $0.085 per GB and month beyond one (us-east-1; unverified, as of 2026-11).
 */
export class RedisCache extends Component {
  /** Known at preview. */
  readonly name: string;
  /** `rediss://host:6379` of the primary, without the password. */
  readonly url: pulumi.Output<string>;
  readonly securityGroup: SecurityGroup;
  readonly nodes: { readonly group: aws.elasticache.ReplicationGroup };
  /** Names that AWS gives to nodes. */
  private readonly members: readonly string[];

  constructor(name: string, args: RedisCacheArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data", "RedisCache", name, args, opts);
    this.checkArgs(args);
    this.name = this.physicalName("replicationGroup");
    this.members = Array.from(
      { length: args.nodes },
      (_, index) => `${this.name}-${String(index + 1).padStart(3, "0")}`,
    );
    this.securityGroup = new SecurityGroup(
      this.childName("sg"),
      { ...this.inherited(), vpcId: args.vpc.id, description: `Redis ${this.name}` },
      { parent: this },
    );
    const group = this.createGroup(args);
    this.nodes = { group };
    this.url = pulumi.interpolate`rediss://${group.primaryEndpointAddress}:${port}`;
    this.registerOutputs({ url: this.url });
  }

  /**
   * Lets the group's members connect: opens both groups.
   * @param why a short reason; becomes the rules' description
   */
  allowFrom(peer: SecurityGroup, why: string): void {
    this.securityGroup.allowFrom(peer, port, why);
    peer.allowTo(this.securityGroup, port, why);
  }

  /** CPU of Redis's own thread in percent: the busiest node, averaged over each minute. */
  metricCpu(): MetricMath {
    return this.ofBusiest("EngineCPUUtilization", "Average", "Redis CPU (%)");
  }

  /** Memory in use in percent: the fullest node in each minute. */
  metricMemory(): MetricMath {
    return this.ofBusiest("DatabaseMemoryUsagePercentage", "Maximum", "memory in use (%)");
  }

  /** Keys thrown out for want of memory, in each minute: the most of a node. */
  metricEvictions(): MetricMath {
    return this.ofBusiest("Evictions", "Sum", "evicted keys");
  }

  /** Connections: the most of a node in each minute. */
  metricConnections(): MetricMath {
    return this.ofBusiest("CurrConnections", "Maximum", "connections");
  }

  /** Seconds by which replicas are behind: the slowest in each minute. */
  metricReplicationLag(): MetricMath {
    return this.ofBusiest("ReplicationLag", "Maximum", "replication lag (s)");
  }

  /** ElastiCache has metrics of nodes alone. */
  private ofBusiest(name: string, statistic: Metric["statistic"], label: string): MetricMath {
    const using = Object.fromEntries(
      this.members.map((member, index): [string, Metric] => [
        `node${index + 1}`,
        {
          namespace: "AWS/ElastiCache",
          name,
          dimensions: { CacheClusterId: member, CacheNodeId: "0001" },
          statistic,
          periodSeconds: 60,
        },
      ]),
    );
    return { expression: `MAX([${Object.keys(using).join(", ")}])`, using, label };
  }

  private checkArgs({ vpc, nodeType, nodes, snapshotDays = 1 }: RedisCacheArgs): void {
    this.check([
      {
        path: "nodeType",
        ok: /^cache\.[a-z][a-z0-9-]*\.[a-z0-9]+$/.test(nodeType),
        message: `is "${nodeType}"; give a node type of ElastiCache, such as cache.r6g.large.`,
      },
      wholeNumber("nodes", nodes, 1, 6, "nodes"),
      {
        path: "vpc",
        ok: nodes === 1 || vpc.privateSubnets.length >= 2,
        message: `has ${vpc.privateSubnets.length} private subnets; ${nodes} nodes need two zones at least.`,
      },
      wholeNumber("snapshotDays", snapshotDays, 1, 35, "days"),
    ]);
  }

  private createSubnetGroup({ vpc }: RedisCacheArgs): aws.elasticache.SubnetGroup {
    return new aws.elasticache.SubnetGroup(
      this.childName("subnet-group"),
      {
        name: this.physicalName("cacheSubnetGroup"),
        description: `Private subnets of ${this.name}`,
        subnetIds: vpc.privateSubnetIds,
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  private createGroup(args: RedisCacheArgs): aws.elasticache.ReplicationGroup {
    const { protectData, disposableData } = this.context;
    const several = args.nodes > 1;
    return new aws.elasticache.ReplicationGroup(
      this.childName("group"),
      {
        replicationGroupId: this.name,
        description: `Redis of ${this.context.system}`,
        engine: "redis",
        engineVersion,
        nodeType: args.nodeType,
        numCacheClusters: args.nodes,
        automaticFailoverEnabled: several,
        multiAzEnabled: several,
        port,
        subnetGroupName: this.createSubnetGroup(args).name,
        securityGroupIds: [this.securityGroup.id],
        atRestEncryptionEnabled: true,
        transitEncryptionEnabled: true,
        authToken: args.authToken.value,
        snapshotRetentionLimit: args.snapshotDays ?? 1,
        finalSnapshotIdentifier: disposableData ? undefined : `${this.name}-final`,
        applyImmediately: !protectData,
        tags: this.tags(),
      },
      this.dataOptions(),
    );
  }
}
