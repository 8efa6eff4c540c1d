import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Grantee } from "../lib/iam";
import { oneOf, wholeNumber } from "../lib/validation";
import { SecurityGroup } from "../network/security-group";
import { RelationalDatabase, type RelationalDatabaseArgs } from "./relational-database";

/** Major versions that RDS supports at no extra charge. Source: https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html */
export const postgresVersions = ["16", "17"] as const;
export type PostgresVersion = (typeof postgresVersions)[number];

export interface PostgresDatabaseArgs extends RelationalDatabaseArgs {
  /** A standby in another zone that takes over within two minutes; doubles the price. */
  readonly multiAz: boolean;
  /** Default 17. A higher one upgrades the database at the next update, with minutes of downtime. */
  readonly version?: PostgresVersion;
  /** Storage that RDS may grow to by itself. Default five times `storageGiB`. */
  readonly maxStorageGiB?: number;
}

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
export class PostgresDatabase extends RelationalDatabase {
  readonly host: pulumi.Output<string>;
  readonly port = 5432;
  /** The secret of Secrets Manager with `username` and `password` of the master user. */
  readonly secretArn: pulumi.Output<string>;
  readonly securityGroup: SecurityGroup;
  readonly nodes: { readonly instance: aws.rds.Instance };

  constructor(name: string, args: PostgresDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("PostgresDatabase", name, args, opts);
    this.checkArgs(args);
    this.securityGroup = new SecurityGroup(
      this.childName("sg"),
      { ...this.inherited(), vpcId: args.vpc.id, description: `PostgreSQL ${this.name}` },
      { parent: this },
    );
    const instance = this.create(args);
    this.nodes = { instance };
    this.host = instance.address;
    this.secretArn = instance.masterUserSecrets.apply((secrets) => secrets[0]?.secretArn ?? "");
    this.registerOutputs({ host: this.host, secretArn: this.secretArn });
  }

  /** Lets the grantee read the master user's password. Action: `secretsmanager:GetSecretValue`. The secret's key is AWS's own, which admits who may read the secret. */
  grantReadSecret(grantee: Grantee): pulumi.Resource {
    return grantee.allow(`${this.role}-secret-read`, [
      { sid: "ReadSecret", actions: ["secretsmanager:GetSecretValue"], resources: [this.secretArn] },
    ]);
  }

  private checkArgs(args: PostgresDatabaseArgs): void {
    this.check([
      ...this.commonChecks(args),
      oneOf("version", args.version ?? "17", postgresVersions),
      wholeNumber("maxStorageGiB", this.maxStorage(args), args.storageGiB ?? 20, 65_536, "GiB, not below storageGiB"),
    ]);
  }

  private maxStorage({ storageGiB = 20, maxStorageGiB }: PostgresDatabaseArgs): number {
    return maxStorageGiB ?? Math.min(5 * storageGiB, 65_536);
  }

  private create(args: PostgresDatabaseArgs): aws.rds.Instance {
    const { version = "17", multiAz } = args;
    const logGroup = this.createLogGroup("log-group", "postgresql", args);
    const parameters = this.createParameterGroup("postgres", version, [
      { name: "rds.force_ssl", value: "1" },
      { name: "log_min_duration_statement", value: String(slowMilliseconds) },
    ]);
    return this.createInstance(
      args,
      {
        engine: "postgres",
        engineVersion: version,
        multiAz,
        storageType: "gp3",
        maxAllocatedStorage: this.maxStorage(args),
        username: masterUsername,
        manageMasterUserPassword: true,
        parameterGroupName: parameters.name,
        enabledCloudwatchLogsExports: ["postgresql"],
        performanceInsightsEnabled: true,
        performanceInsightsRetentionPeriod: insightsDays,
      },
      [logGroup],
    );
  }
}
