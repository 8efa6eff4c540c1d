import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import type { Grantee } from "../lib/iam";
import type { LogRetentionDays } from "../lib/log-retention";
import { oneOf, wholeNumber } from "../lib/validation";
import { SecurityGroup } from "../network/security-group";
import type { Vpc } from "../network/vpc";
import type { Metric } from "../observability/metric";

/** Major versions that RDS supports at no extra charge. Source: https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html */
export const postgresVersions = ["16", "17"] as const;
export type PostgresVersion = (typeof postgresVersions)[number];

export interface PostgresDatabaseArgs extends ComponentArgs {
  /** The database stands in its private subnets, which are in at least two zones. */
  readonly vpc: Vpc;
  /** Such as `db.r6g.xlarge`. */
  readonly instanceClass: string;
  /** A standby in another zone that takes over within two minutes; doubles the price. */
  readonly multiAz: boolean;
  /** Name of the first database: lower case letters, digits and underscores. */
  readonly databaseName: string;
  /** Default 17. A higher one upgrades the database at the next update, with minutes of downtime. */
  readonly version?: PostgresVersion;
  /** Encrypted gp3, 20 to 65,536. Default 20. */
  readonly storageGiB?: number;
  /** Storage that RDS may grow to by itself. Default five times `storageGiB`. */
  readonly maxStorageGiB?: number;
  /** Days to which the database can be set back to any second, 1 to 35. Default 7. */
  readonly backupDays?: number;
  readonly logRetentionDays: LogRetentionDays;
}

const port = 5432;
const masterUsername = "postgres";
/** Free of charge. Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.cost.html */
const insightsDays = 7;
/** Statements that take longer are logged, in ms. */
const slowMilliseconds = 1000;

/**
 * A PostgreSQL database on RDS: encrypted, TLS only, in private subnets, with Performance Insights and its log in CloudWatch. AWS makes up the master
 * user's password, keeps it in Secrets Manager and replaces it every seven days, so whoever connects reads the secret again when it is refused.
 *
 * Protected where the environment protects data; deleting it leaves a last snapshot, but for where data is disposable.
 *
 * Cost: db.r6g.xlarge $0.45 an hour, twice with a standby; gp3 $0.115 per GB and month, twice too; the secret $0.40 a month (us-east-1; unverified, as of 2026-11).
 */
export class PostgresDatabase extends Component {
  /** Known at preview. */
  readonly name: string;
  readonly databaseName: string;
  readonly host: pulumi.Output<string>;
  readonly port = port;
  /** The secret of Secrets Manager with `username` and `password` of the master user. */
  readonly secretArn: pulumi.Output<string>;
  readonly securityGroup: SecurityGroup;
  readonly nodes: { readonly instance: aws.rds.Instance };

  constructor(name: string, args: PostgresDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data", "PostgresDatabase", name, args, opts);
    this.checkArgs(args);
    this.name = this.physicalName("dbInstance");
    this.databaseName = args.databaseName;
    this.securityGroup = new SecurityGroup(
      this.childName("sg"),
      { ...this.inherited(), vpcId: args.vpc.id, description: `PostgreSQL ${this.name}` },
      { parent: this },
    );
    const instance = this.createInstance(args, this.createLogGroup(args.logRetentionDays));
    this.nodes = { instance };
    this.host = instance.address;
    this.secretArn = instance.masterUserSecrets.apply((secrets) => secrets[0]?.secretArn ?? "");
    this.registerOutputs({ host: this.host, secretArn: this.secretArn });
  }

  /**
   * Lets the group's members connect: opens both groups.
   * @param why a short reason; becomes the rules' description
   */
  allowFrom(peer: SecurityGroup, why: string): void {
    this.securityGroup.allowFrom(peer, port, why);
    peer.allowTo(this.securityGroup, port, why);
  }

  /** Lets the grantee read the master user's password. Action: `secretsmanager:GetSecretValue`. The secret's key is AWS's own, which admits who may read the secret. */
  grantReadSecret(grantee: Grantee): pulumi.Resource {
    return grantee.allow(`${this.role}-secret-read`, [
      { sid: "ReadSecret", actions: ["secretsmanager:GetSecretValue"], resources: [this.secretArn] },
    ]);
  }

  /** CPU in percent, averaged over each minute. */
  metricCpu(): Metric {
    return this.metric("CPUUtilization", "Average", "CPU (%)");
  }

  /** Storage that is free, in bytes: the least in each minute. */
  metricFreeStorage(): Metric {
    return this.metric("FreeStorageSpace", "Minimum", "free storage (bytes)");
  }

  /** Memory that is free, in bytes: the least in each minute. */
  metricFreeMemory(): Metric {
    return this.metric("FreeableMemory", "Minimum", "free memory (bytes)");
  }

  /** Open connections: the most in each minute. */
  metricConnections(): Metric {
    return this.metric("DatabaseConnections", "Maximum", "connections");
  }

  /** Seconds that a write to the disk takes, averaged over each minute. */
  metricWriteLatency(): Metric {
    return this.metric("WriteLatency", "Average", "write latency (s)");
  }

  private metric(name: string, statistic: Metric["statistic"], label: string): Metric {
    return {
      namespace: "AWS/RDS",
      name,
      dimensions: { DBInstanceIdentifier: this.name },
      statistic,
      periodSeconds: 60,
      label,
    };
  }

  private checkArgs(args: PostgresDatabaseArgs): void {
    const { vpc, instanceClass, databaseName, storageGiB = 20, backupDays = 7 } = args;
    this.check([
      {
        path: "vpc",
        ok: vpc.privateSubnets.length >= 2,
        message: `has ${vpc.privateSubnets.length} private subnets; RDS takes subnets of at least two zones.`,
      },
      {
        path: "instanceClass",
        ok: /^db\.[a-z][a-z0-9-]*\.[a-z0-9]+$/.test(instanceClass),
        message: `is "${instanceClass}"; give a class of RDS, such as db.r6g.xlarge.`,
      },
      {
        path: "databaseName",
        ok: /^[a-z][a-z0-9_]{0,62}$/.test(databaseName),
        message: `is "${databaseName}"; give up to 63 lower case letters, digits and underscores, a letter first.`,
      },
      oneOf("version", args.version ?? "17", postgresVersions),
      wholeNumber("storageGiB", storageGiB, 20, 65_536, "GiB"),
      wholeNumber("maxStorageGiB", this.maxStorage(args), storageGiB, 65_536, "GiB, not below storageGiB"),
      wholeNumber("backupDays", backupDays, 1, 35, "days"),
    ]);
  }

  private maxStorage({ storageGiB = 20, maxStorageGiB }: PostgresDatabaseArgs): number {
    return maxStorageGiB ?? Math.min(5 * storageGiB, 65_536);
  }

  /** Made before the database, which would else make one that keeps everything for ever. */
  private createLogGroup(retentionInDays: LogRetentionDays): aws.cloudwatch.LogGroup {
    return new aws.cloudwatch.LogGroup(
      this.childName("log-group"),
      { name: `/aws/rds/instance/${this.name}/postgresql`, retentionInDays, tags: this.tags() },
      { parent: this },
    );
  }

  private createSubnetGroup({ vpc }: PostgresDatabaseArgs): aws.rds.SubnetGroup {
    return new aws.rds.SubnetGroup(
      this.childName("subnet-group"),
      {
        name: this.physicalName("dbSubnetGroup"),
        description: `Private subnets of ${this.name}`,
        subnetIds: vpc.privateSubnetIds,
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  /** Named after the version, so that both groups are there while an upgrade goes from one to the other. */
  private createParameterGroup(version: PostgresVersion): aws.rds.ParameterGroup {
    return new aws.rds.ParameterGroup(
      this.childName(`parameters-${version}`),
      {
        name: this.physicalName("dbParameterGroup", `postgres${version}`),
        description: `Parameters of ${this.name}`,
        family: `postgres${version}`,
        parameters: [
          { name: "rds.force_ssl", value: "1" },
          { name: "log_min_duration_statement", value: String(slowMilliseconds) },
        ],
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  private createInstance(args: PostgresDatabaseArgs, logGroup: aws.cloudwatch.LogGroup): aws.rds.Instance {
    const { version = "17" } = args;
    const { protectData, disposableData } = this.context;
    return new aws.rds.Instance(
      this.childName("instance"),
      {
        identifier: this.name,
        engine: "postgres",
        engineVersion: version,
        allowMajorVersionUpgrade: true,
        autoMinorVersionUpgrade: true,
        // An old major version would else be kept alive at a price for each core, without a word.
        engineLifecycleSupport: "open-source-rds-extended-support-disabled",
        instanceClass: args.instanceClass,
        multiAz: args.multiAz,
        storageType: "gp3",
        storageEncrypted: true,
        allocatedStorage: args.storageGiB ?? 20,
        maxAllocatedStorage: this.maxStorage(args),
        dbName: args.databaseName,
        port,
        username: masterUsername,
        manageMasterUserPassword: true,
        dbSubnetGroupName: this.createSubnetGroup(args).name,
        vpcSecurityGroupIds: [this.securityGroup.id],
        publiclyAccessible: false,
        parameterGroupName: this.createParameterGroup(version).name,
        backupRetentionPeriod: args.backupDays ?? 7,
        copyTagsToSnapshot: true,
        deleteAutomatedBackups: disposableData,
        deletionProtection: protectData,
        skipFinalSnapshot: disposableData,
        finalSnapshotIdentifier: disposableData ? undefined : `${this.name}-final`,
        enabledCloudwatchLogsExports: ["postgresql"],
        performanceInsightsEnabled: true,
        performanceInsightsRetentionPeriod: insightsDays,
        // Where data is protected, changes that restart the database wait for its maintenance window.
        applyImmediately: !protectData,
        tags: this.tags(),
      },
      { ...this.dataOptions(), dependsOn: [logGroup] },
    );
  }
}
