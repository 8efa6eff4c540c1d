import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import type { LogRetentionDays } from "../lib/log-retention";
import { type Check, wholeNumber } from "../lib/validation";
import type { SecurityGroup } from "../network/security-group";
import type { Vpc } from "../network/vpc";
import type { Metric } from "../observability/metric";

export interface RelationalDatabaseArgs extends ComponentArgs {
  /** The database stands in its private subnets, which are in at least two zones. */
  readonly vpc: Vpc;
  /** Such as `db.r6g.xlarge`. */
  readonly instanceClass: string;
  /** Name of the first database: lower case letters, digits and underscores. */
  readonly databaseName: string;
  /** Encrypted, 20 to 65,536. Default 20. */
  readonly storageGiB?: number;
  /** Days to which the database can be set back to any second, 1 to 35. Default 7. */
  readonly backupDays?: number;
  /** Snapshot that a new instance gets its data from: a name, or an ARN in the same region. One that is there keeps its own data. Default: empty. */
  readonly restoreFrom?: string;
  /**
   * Replace an instance that is there by one with the data of `restoreFrom`, protected or not. For one update: while it is set, nothing protects the
   * instance in Pulumi. Default false.
   */
  readonly restoreOver?: boolean;
  readonly logRetentionDays: LogRetentionDays;
}

/** What an engine's component adds to an instance. */
export type EngineArgs = Partial<aws.rds.InstanceArgs> & { readonly engine: string };

/**
 * Names of RDS snapshots: one's own, `rds:` for daily ones, `awsbackup:` for those of AWS Backup; or an ARN of any.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html
 */
export const snapshotPattern =
  /^(arn:aws(-cn|-us-gov)?:rds:[a-z0-9-]+:\d{12}:snapshot:)?((rds|awsbackup):)?(?=.{1,255}$)[A-Za-z](-?[A-Za-z0-9])*$/;

/** What databases on RDS have in common, whatever their engine: private, encrypted, backed up, logs that forget. */
export abstract class RelationalDatabase extends Component {
  /** Known at preview. */
  readonly name: string;
  readonly databaseName: string;
  abstract readonly port: number;
  abstract readonly securityGroup: SecurityGroup;

  protected constructor(
    className: string,
    name: string,
    args: RelationalDatabaseArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("data", className, name, args, opts);
    this.name = this.physicalName("dbInstance");
    this.databaseName = args.databaseName;
  }

  /**
   * Lets the group's members connect: opens both groups.
   * @param why a short reason; becomes the rules' description
   */
  allowFrom(peer: SecurityGroup, why: string): void {
    this.securityGroup.allowFrom(peer, this.port, why);
    peer.allowTo(this.securityGroup, this.port, why);
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

  /** Checks on the arguments that all engines have. */
  protected commonChecks(args: RelationalDatabaseArgs): Check[] {
    const { vpc, instanceClass, databaseName, storageGiB = 20, backupDays = 7, restoreFrom, restoreOver } = args;
    return [
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
      wholeNumber("storageGiB", storageGiB, 20, 65_536, "GiB"),
      wholeNumber("backupDays", backupDays, 1, 35, "days"),
      {
        path: "restoreFrom",
        ok: restoreFrom === undefined || snapshotPattern.test(restoreFrom),
        message: `is "${restoreFrom}"; give the name of a snapshot, such as ${this.name}-20261201t180000z.`,
      },
      {
        path: "restoreOver",
        ok: !restoreOver || restoreFrom !== undefined,
        message: "is true without restoreFrom; name the snapshot too, or leave it out.",
      },
    ];
  }

  /**
   * The group that RDS sends a log to. Made before the database, which would else make one that keeps everything for ever.
   * @param suffix of its logical name
   */
  protected createLogGroup(
    suffix: string,
    log: string,
    { logRetentionDays }: RelationalDatabaseArgs,
  ): aws.cloudwatch.LogGroup {
    return new aws.cloudwatch.LogGroup(
      this.childName(suffix),
      { name: this.logGroupName(log), retentionInDays: logRetentionDays, tags: this.tags() },
      { parent: this },
    );
  }

  /** The name is RDS's own. Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html */
  protected logGroupName(log: string): string {
    return `/aws/rds/instance/${this.name}/${log}`;
  }

  private createSubnetGroup({ vpc }: RelationalDatabaseArgs): aws.rds.SubnetGroup {
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
  protected createParameterGroup(
    engine: string,
    version: string,
    parameters: readonly aws.types.input.rds.ParameterGroupParameter[],
  ): aws.rds.ParameterGroup {
    const part = version.replaceAll(".", "-");
    return new aws.rds.ParameterGroup(
      this.childName(`parameters-${part}`),
      {
        name: this.physicalName("dbParameterGroup", `${engine}${part}`),
        description: `Parameters of ${this.name}`,
        family: `${engine}${version}`,
        parameters: [...parameters],
        tags: this.tags(),
      },
      { parent: this },
    );
  }

  protected createInstance(
    args: RelationalDatabaseArgs,
    engine: EngineArgs,
    logGroups: readonly aws.cloudwatch.LogGroup[],
  ): aws.rds.Instance {
    const { protectData, disposableData } = this.context;
    const { restoreFrom, restoreOver = false } = args;
    const { protect, ...options } = this.dataOptions();
    return new aws.rds.Instance(
      this.childName("instance"),
      {
        identifier: this.name,
        allowMajorVersionUpgrade: true,
        autoMinorVersionUpgrade: true,
        // An old major version would else be kept alive at a price for each core, without a word.
        engineLifecycleSupport: "open-source-rds-extended-support-disabled",
        instanceClass: args.instanceClass,
        storageEncrypted: true,
        allocatedStorage: args.storageGiB ?? 20,
        dbName: args.databaseName,
        // The password, the key and whatever else the snapshot does not settle are as below, by a change right after it is restored.
        snapshotIdentifier: restoreFrom,
        port: this.port,
        dbSubnetGroupName: this.createSubnetGroup(args).name,
        vpcSecurityGroupIds: [this.securityGroup.id],
        publiclyAccessible: false,
        backupRetentionPeriod: args.backupDays ?? 7,
        copyTagsToSnapshot: true,
        deleteAutomatedBackups: disposableData,
        deletionProtection: protectData,
        skipFinalSnapshot: disposableData,
        finalSnapshotIdentifier: disposableData ? undefined : `${this.name}-final`,
        // Where data is protected, changes that restart the database wait for its maintenance window.
        applyImmediately: !protectData,
        tags: this.tags(),
        ...engine,
      },
      {
        ...options,
        dependsOn: [...logGroups],
        // Its name is free when the old one is gone.
        deleteBeforeReplace: true,
        // To RDS another snapshot is another instance: setting or changing it would replace one that is there, and all that came since.
        ...(restoreOver ? {} : { protect, ignoreChanges: ["snapshotIdentifier"] }),
      },
    );
  }
}
