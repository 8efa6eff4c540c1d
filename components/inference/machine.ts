import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { packUserData } from "../../userdata/pack";
import { Component, type ComponentArgs } from "../lib/component";
import type { Grantee, Statement } from "../lib/iam";
import { ServiceRole } from "../lib/service-role";
import { wholeNumber } from "../lib/validation";
import { anyone, cidrPeer, type Port } from "../network/peer";
import { type Peer, SecurityGroup } from "../network/security-group";
import type { Vpc } from "../network/vpc";
import { type Ami, defaultAmi, imageIdOf, isAmi } from "./ami";
import type { FleetArgs } from "./fleet-args";
import { sendTelemetry, sessionManager } from "./fleet-statements";
import { hardwareOf, isInstanceType } from "./hardware";
import { metadataOptions } from "./instance-template";

export interface MachineArgs extends ComponentArgs {
  /** It stands in the VPC's first public subnet. */
  readonly vpc: Vpc;
  readonly instanceType: string;
  /** Default: the newest Ubuntu at its creation. */
  readonly ami?: Ami;
  readonly rootVolumeGiB: number;
  /** Text of the script that makes it work. A change replaces the machine. */
  readonly userData: string;
  /** Who may log in by SSH, and with which key pair of EC2. Default: no SSH; administrators use Session Manager. */
  readonly admin?: FleetArgs["admin"];
  readonly telemetry: FleetArgs["telemetry"];
  /** Whether containers may use the machine's role: metadata then travel two hops. Default false. */
  readonly roleForContainers?: boolean;
  /** What must exist before it starts. Default nothing. */
  readonly startsAfter?: readonly pulumi.Resource[];
}

/**
 * One EC2 instance with a fixed public address, in a public subnet: sessions for metadata, an encrypted disk, no key unless asked for, basic monitoring, and CPU credits that are never bought. Nothing gets
 * in until `allowFrom` says so; out it may over HTTPS, and over HTTP to package archives.
 *
 * It keeps the image it was made from: a newer one, named by a parameter, replaces it only when it is replaced anyway. It is not for what must always answer: see `Fleet`.
 *
 * Cost: t3.micro $0.0104 an hour, gp3 $0.08 per GB and month, the address $0.005 an hour (us-east-1, as of 2026-11).
 */
export class Machine extends Component implements Grantee {
  readonly instanceId: pulumi.Output<string>;
  readonly publicIp: pulumi.Output<string>;
  /** Name of the address, which stays when the machine is replaced. */
  readonly publicDns: pulumi.Output<string>;
  readonly roleName: string;
  readonly securityGroup: SecurityGroup;
  readonly nodes: { readonly instance: aws.ec2.Instance; readonly role: ServiceRole; readonly address: aws.ec2.Eip };

  constructor(name: string, args: MachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inference", "Machine", name, args, opts);
    this.checkArgs(args);
    this.securityGroup = this.createSecurityGroup(args);
    const role = this.createRole(args);
    this.roleName = role.name;
    const instance = this.createInstance(args, role);
    const address = this.createAddress(instance);
    this.nodes = { instance, role, address };
    this.instanceId = instance.id;
    this.publicIp = address.publicIp;
    this.publicDns = address.publicDns;
    this.registerOutputs({ instanceId: this.instanceId, publicIp: this.publicIp });
  }

  /** @inheritdoc */
  allow(purpose: string, statements: readonly Statement[]): pulumi.Resource {
    return this.nodes.role.allow(purpose, statements);
  }

  /**
   * Lets a peer connect.
   * @param why a short reason; becomes the rule's description
   */
  allowFrom(peer: Peer, port: Port, why: string): void {
    this.securityGroup.allowFrom(peer, port, why);
  }

  private checkArgs({ vpc, instanceType, rootVolumeGiB, ami, userData }: MachineArgs): void {
    this.check([
      {
        path: "vpc",
        ok: vpc.publicSubnets.length > 0,
        message: "has no public subnet; set publicSubnets.",
      },
      {
        path: "instanceType",
        ok: isInstanceType(instanceType),
        message: `is "${instanceType}", which the table of hardware does not have; add it to components/inference/hardware.ts.`,
      },
      { path: "ami", ok: ami === undefined || isAmi(ami), message: "is neither an id nor the name of a parameter." },
      wholeNumber("rootVolumeGiB", rootVolumeGiB, 8, 16_384, "GiB"),
      {
        path: "userData",
        ok: userData.startsWith("#!"),
        message: "is no script; its first line names an interpreter.",
      },
    ]);
  }

  private createSecurityGroup({ vpc, admin }: MachineArgs): SecurityGroup {
    const group = new SecurityGroup(
      this.childName("sg"),
      { ...this.inherited(), vpcId: vpc.id, description: `Machine ${this.logicalName} of ${this.context.stack}` },
      { parent: this },
    );
    group.allowTo(anyone, 443, "HTTPS to AWS services, package repositories and image registries");
    group.allowTo(anyone, 80, "HTTP to package archives of Ubuntu, whose packages are signed");
    if (admin) group.allowFrom(cidrPeer(admin.cidr), 22, "SSH of administrators");
    return group;
  }

  private createRole({ telemetry }: MachineArgs): ServiceRole {
    const role = new ServiceRole(
      this.childName("instance"),
      { ...this.inherited(), trusts: "ec2.amazonaws.com", description: `Machine ${this.logicalName}` },
      { parent: this },
    );
    role.allow("session-manager", sessionManager(this.context));
    role.allow("telemetry", sendTelemetry(this.context, telemetry));
    return role;
  }

  private createInstance(args: MachineArgs, role: ServiceRole): aws.ec2.Instance {
    const profile = new aws.iam.InstanceProfile(
      this.childName("profile"),
      { name: this.physicalName("iamInstanceProfile"), role: role.nodes.role.name, tags: this.tags() },
      { parent: this },
    );
    const ami = args.ami ?? defaultAmi(hardwareOf(args.instanceType));
    const [subnetId] = args.vpc.publicSubnetIds;
    return new aws.ec2.Instance(
      this.childName("server"),
      {
        ami: imageIdOf(ami, { parent: this }),
        instanceType: args.instanceType,
        subnetId,
        vpcSecurityGroupIds: [this.securityGroup.id],
        iamInstanceProfile: profile.name,
        keyName: args.admin?.keyName,
        monitoring: false,
        // Unlimited, the default of T3, buys what is used above the baseline.
        creditSpecification: { cpuCredits: "standard" },
        metadataOptions: metadataOptions(args.roleForContainers ? 2 : 1),
        rootBlockDevice: {
          volumeType: "gp3",
          volumeSize: args.rootVolumeGiB,
          encrypted: true,
          deleteOnTermination: true,
          tags: this.namedTags("root"),
        },
        userDataBase64: this.checked("userData", () => packUserData(args.userData)),
        userDataReplaceOnChange: true,
        tags: this.namedTags(),
      },
      {
        parent: this,
        // A newer image is no reason to take the only machine away.
        ignoreChanges: ["ami"],
        dependsOn: allPermissions(role, args),
      },
    );
  }

  private createAddress(instance: aws.ec2.Instance): aws.ec2.Eip {
    const address = new aws.ec2.Eip(
      this.childName("address"),
      { domain: "vpc", tags: this.namedTags() },
      { parent: this },
    );
    new aws.ec2.EipAssociation(
      this.childName("address-association"),
      { allocationId: address.allocationId, instanceId: instance.id },
      { parent: this },
    );
    return address;
  }
}

/** What must be there before it starts: its way out, and what it is allowed, also by grants that the composition calls after the constructor. */
function allPermissions(role: ServiceRole, { vpc, startsAfter = [] }: MachineArgs): Promise<pulumi.Resource[]> {
  return Promise.resolve().then(() => [vpc, ...startsAfter, ...role.permissions]);
}
