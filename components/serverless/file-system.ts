import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import { type Grantee, policyDocumentOf } from "../lib/iam";
import { wholeNumber } from "../lib/validation";
import { letterOf } from "../network/nat-gateways";
import { SecurityGroup } from "../network/security-group";
import type { Vpc } from "../network/vpc";

export interface FileSystemArgs extends ComponentArgs {
  /** Every private subnet gets a mount target. */
  readonly vpc: Vpc;
  /** The access point's root and the only part that clients see, such as `/lambda`. Made on first use. */
  readonly rootDirectory: string;
  /** User and group of every file, whoever the client is. Default 1000 and 1000. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Mode of the root directory, octal. Default `755`. */
  readonly permissions?: string;
  /** Back up daily to the account's default AWS Backup vault, kept 35 days there even if the file system is destroyed. */
  readonly backups: boolean;
}

/** Who can mount a file system: something with a role and a security group. */
export interface MountClient {
  readonly grantee: Grantee;
  readonly securityGroup: SecurityGroup;
}

/** A mount as a client configures it. */
export interface Mount {
  readonly accessPointArn: pulumi.Output<string>;
  /** What must exist before the client can mount. */
  readonly dependencies: pulumi.Resource[];
}

const nfsPort = 2049;
const clientActions = [
  "elasticfilesystem:ClientMount",
  "elasticfilesystem:ClientWrite",
  "elasticfilesystem:ClientRootAccess",
];

/**
 * An encrypted EFS file system that can be mounted through one access point only, over TLS, by clients named with `grantMount`.
 *
 * Elastic throughput; files unread for 30 days move to Infrequent Access and come back when read. Protected where the environment protects data.
 *
 * Cost: $0.30 per GB and month ($0.016 in Infrequent Access), $0.03 per GB read and $0.06 per GB written; backups $0.05 per GB and month (us-east-1).
 */
export class FileSystem extends Component {
  readonly id: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  readonly accessPointId: pulumi.Output<string>;
  readonly accessPointArn: pulumi.Output<string>;
  readonly securityGroup: SecurityGroup;
  readonly nodes: {
    readonly fileSystem: aws.efs.FileSystem;
    readonly accessPoint: aws.efs.AccessPoint;
    readonly mountTargets: readonly aws.efs.MountTarget[];
  };

  constructor(name: string, args: FileSystemArgs, opts?: pulumi.ComponentResourceOptions) {
    super("serverless", "FileSystem", name, args, opts);
    this.checkArgs(args);
    const fileSystem = this.createFileSystem();
    this.id = fileSystem.id;
    this.arn = fileSystem.arn;
    this.securityGroup = this.createSecurityGroup(args.vpc);
    const accessPoint = this.createAccessPoint(args);
    this.accessPointId = accessPoint.id;
    this.accessPointArn = accessPoint.arn;
    this.nodes = { fileSystem, accessPoint, mountTargets: this.createMountTargets(args.vpc) };
    this.restrictClients();
    this.backUp(args.backups);
    this.registerOutputs({ id: this.id, accessPointArn: this.accessPointArn });
  }

  /**
   * Lets a client mount the file system and write to it. Actions: `elasticfilesystem:ClientMount` and `ClientWrite`, through the access point.
   * Network: TCP 2049 between the security groups, and nothing else.
   */
  grantMount({ grantee, securityGroup }: MountClient): Mount {
    const permission = grantee.allow(`${this.role}-mount`, [
      {
        sid: "MountFileSystem",
        actions: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        resources: [this.arn],
        conditions: { StringEquals: { "elasticfilesystem:AccessPointArn": this.accessPointArn } },
      },
    ]);
    const dependencies = [
      permission,
      this.securityGroup.allowFrom(securityGroup, nfsPort, `NFS from ${securityGroup.role}`),
      securityGroup.allowTo(this.securityGroup, nfsPort, `NFS to ${this.role}`),
      ...this.nodes.mountTargets,
    ];
    return { accessPointArn: this.accessPointArn, dependencies };
  }

  private checkArgs({ rootDirectory, owner = { uid: 1000, gid: 1000 }, permissions = "755" }: FileSystemArgs): void {
    this.check([
      {
        path: "rootDirectory",
        ok: /^(\/[A-Za-z0-9_.-]+){1,4}$/.test(rootDirectory),
        message: `is "${rootDirectory}"; give one to four directories, such as /lambda.`,
      },
      wholeNumber("owner.uid", owner.uid, 1, 4_294_967_295, "0 would be root"),
      wholeNumber("owner.gid", owner.gid, 1, 4_294_967_295, "0 would be root"),
      {
        path: "permissions",
        ok: /^0?[0-7]{3}$/.test(permissions),
        message: `is "${permissions}"; give three octal digits, such as 755.`,
      },
    ]);
  }

  private createFileSystem(): aws.efs.FileSystem {
    return new aws.efs.FileSystem(
      this.childName("file-system"),
      {
        creationToken: this.physicalName("efsCreationToken"),
        encrypted: true,
        performanceMode: "generalPurpose",
        throughputMode: "elastic",
        lifecyclePolicies: [{ transitionToIa: "AFTER_30_DAYS" }, { transitionToPrimaryStorageClass: "AFTER_1_ACCESS" }],
        tags: this.namedTags(),
      },
      this.dataOptions(),
    );
  }

  private createSecurityGroup(vpc: Vpc): SecurityGroup {
    return new SecurityGroup(
      this.childName("mount-targets"),
      { ...this.inherited(), vpcId: vpc.id, description: `Mount targets of ${this.logicalName}` },
      { parent: this },
    );
  }

  private createAccessPoint({ rootDirectory, owner, permissions }: FileSystemArgs): aws.efs.AccessPoint {
    const { uid, gid } = owner ?? { uid: 1000, gid: 1000 };
    return new aws.efs.AccessPoint(
      this.childName("access-point"),
      {
        fileSystemId: this.id,
        posixUser: { uid, gid },
        rootDirectory: {
          path: rootDirectory,
          creationInfo: { ownerUid: uid, ownerGid: gid, permissions: permissions ?? "755" },
        },
        tags: this.namedTags(),
      },
      { parent: this },
    );
  }

  private createMountTargets(vpc: Vpc): aws.efs.MountTarget[] {
    return vpc.privateSubnets.map(
      (subnet) =>
        new aws.efs.MountTarget(
          this.childName(`mount-target-${letterOf(subnet.zone)}`),
          { fileSystemId: this.id, subnetId: subnet.id, securityGroups: [this.securityGroup.id] },
          { parent: this },
        ),
    );
  }

  /** Only denies: what is allowed comes from each client's own role. With any policy, AWS no longer admits clients without one. */
  private restrictClients(): void {
    new aws.efs.FileSystemPolicy(
      this.childName("policy"),
      {
        fileSystemId: this.id,
        policy: policyDocumentOf(
          [
            {
              sid: "DenyWithoutTls",
              effect: "Deny",
              principals: "everyone",
              actions: clientActions,
              resources: [this.arn],
              conditions: { Bool: { "aws:SecureTransport": "false" } },
            },
            {
              sid: "DenyBesideAccessPoint",
              effect: "Deny",
              principals: "everyone",
              actions: clientActions,
              resources: [this.arn],
              conditions: { StringNotEquals: { "elasticfilesystem:AccessPointArn": this.accessPointArn } },
            },
          ],
          this.role,
        ),
      },
      { parent: this },
    );
  }

  private backUp(enabled: boolean): void {
    new aws.efs.BackupPolicy(
      this.childName("backup-policy"),
      { fileSystemId: this.id, backupPolicy: { status: enabled ? "ENABLED" : "DISABLED" } },
      { parent: this },
    );
  }
}
