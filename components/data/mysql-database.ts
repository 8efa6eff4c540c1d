import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { oneOf, wholeNumber } from "../lib/validation";
import { SecurityGroup } from "../network/security-group";
import { RelationalDatabase, type RelationalDatabaseArgs } from "./relational-database";

/** Long-term versions that RDS supports at no extra charge; 8.0 left that on 31 July 2026. Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.Concepts.VersionMgmt.html */
export const mysqlVersions = ["8.4"] as const;
export type MysqlVersion = (typeof mysqlVersions)[number];

/** A time of each day in UTC, such as `03:00-04:00`. */
export type DailyWindow = `${string}-${string}`;

export interface MysqlDatabaseArgs extends RelationalDatabaseArgs {
  /** Of the master user; a secret of 8 to 41 characters without `/`, `@`, `"` and spaces. */
  readonly password: pulumi.Input<string>;
  readonly username: string;
  /** Default 8.4. */
  readonly version?: MysqlVersion;
  /** Default gp3. */
  readonly storageType?: "gp2" | "gp3";
  /** When RDS takes its daily snapshot, UTC. */
  readonly backupWindow: DailyWindow;
  /** When RDS may restart it for maintenance, UTC, such as `sun:04:30-sun:05:30`; not during the backup. */
  readonly maintenanceWindow: string;
  /** Clients at once; each takes memory for its own. */
  readonly maxConnections: number;
  /** Memory for data and indexes, in MiB: a multiple of 128, which is the size of its parts. */
  readonly bufferPoolMiB: number;
}

/** Statements that take longer are logged, in s. */
const slowSeconds = 2;
/** Source: https://dev.mysql.com/doc/refman/8.4/en/innodb-parameters.html#sysvar_innodb_buffer_pool_chunk_size */
const chunkMiB = 128;
/** RDS has a slow-query log only as a file. */
const logs = ["error", "slowquery"] as const;

/**
 * A MySQL database on RDS in one zone: encrypted, TLS only, in private subnets, its error and slow-query logs in CloudWatch. Storage does not grow by itself, so that it never
 * passes what was chosen. RDS is told the password once, when it is made; a new one is given to RDS and to whoever reads it by hand.
 *
 * Protected where the environment protects data; deleting it leaves a last snapshot, but for where data is disposable.
 *
 * Cost: db.t3.micro $0.017 an hour, gp2 and gp3 $0.115 per GB and month (us-east-1; unverified, as of 2026-11); backups up to the size of the storage are free.
 */
export class MysqlDatabase extends RelationalDatabase {
  readonly host: pulumi.Output<string>;
  readonly port = 3306;
  readonly securityGroup: SecurityGroup;
  /** Names of the log groups, known at preview. */
  readonly logGroupNames: readonly string[];
  readonly nodes: { readonly instance: aws.rds.Instance };

  constructor(name: string, args: MysqlDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("MysqlDatabase", name, args, opts);
    this.checkArgs(args);
    this.securityGroup = new SecurityGroup(
      this.childName("sg"),
      { ...this.inherited(), vpcId: args.vpc.id, description: `MySQL ${this.name}` },
      { parent: this },
    );
    this.logGroupNames = logs.map((log) => this.logGroupName(log));
    const instance = this.create(args);
    this.nodes = { instance };
    this.host = instance.address;
    this.registerOutputs({ host: this.host });
  }

  private checkArgs(args: MysqlDatabaseArgs): void {
    const { version = "8.4", storageType = "gp3", username, backupWindow, maintenanceWindow } = args;
    this.check([
      ...this.commonChecks(args),
      oneOf("version", version, mysqlVersions),
      oneOf("storageType", storageType, ["gp2", "gp3"]),
      {
        path: "username",
        ok: /^[a-z][a-z0-9_]{0,15}$/.test(username) && !["rdsadmin", "root"].includes(username),
        message: `is "${username}"; give up to 16 lower case letters, digits and underscores, a letter first.`,
      },
      {
        path: "backupWindow",
        ok: /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/.test(backupWindow),
        message: `is "${backupWindow}"; give two times of the day in UTC, such as 03:00-04:00.`,
      },
      {
        path: "maintenanceWindow",
        ok: /^(mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d-(mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d$/.test(maintenanceWindow),
        message: `is "${maintenanceWindow}"; give two times of the week in UTC, such as sun:04:30-sun:05:30.`,
      },
      wholeNumber("maxConnections", args.maxConnections, 1, 100_000, "connections"),
      {
        path: "bufferPoolMiB",
        ok: Number.isInteger(args.bufferPoolMiB / chunkMiB) && args.bufferPoolMiB > 0,
        message: `is ${args.bufferPoolMiB}; give a multiple of ${chunkMiB}, or MySQL takes the next one above.`,
      },
    ]);
  }

  private create(args: MysqlDatabaseArgs): aws.rds.Instance {
    const { version = "8.4", storageType = "gp3" } = args;
    const groups = logs.map((log) => this.createLogGroup(`${log}-log-group`, log, args));
    const parameters = this.createParameterGroup("mysql", version, [
      { name: "require_secure_transport", value: "1" },
      { name: "max_connections", value: String(args.maxConnections) },
      { name: "innodb_buffer_pool_size", value: String(args.bufferPoolMiB * 1024 ** 2) },
      { name: "log_output", value: "FILE" },
      { name: "slow_query_log", value: "1" },
      { name: "long_query_time", value: String(slowSeconds) },
    ]);
    return this.createInstance(
      args,
      {
        engine: "mysql",
        engineVersion: version,
        multiAz: false,
        storageType,
        username: args.username,
        // Written and never read: it does not stand among what the database gives back.
        passwordWo: pulumi.secret(args.password),
        passwordWoVersion: 1,
        parameterGroupName: parameters.name,
        backupWindow: args.backupWindow,
        maintenanceWindow: args.maintenanceWindow,
        enabledCloudwatchLogsExports: [...logs],
      },
      groups,
    );
  }
}
