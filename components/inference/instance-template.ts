import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Component, type ComponentArgs } from "../lib/component";
import type { SecurityGroup } from "../network/security-group";
import { rootDevice } from "./ami";
import type { FleetCapacity } from "./fleet-args";

export interface InstanceTemplateArgs extends ComponentArgs {
  readonly imageId: pulumi.Input<string>;
  readonly instanceType: string;
  readonly rootVolumeGiB: number;
  readonly profile: aws.iam.InstanceProfile;
  readonly securityGroup: SecurityGroup;
  /** In base64. */
  readonly userData: string;
  /** Reserved capacity to start in. Default none. */
  readonly capacity?: FleetCapacity;
  /** Adapters of EFA, one for each network card. Default: one plain network interface. */
  readonly efaAdapters?: number;
  /** Key pair of EC2. Default none: nobody can log in by SSH. */
  readonly keyName?: string;
}

/** How a fleet's instances start: sessions for metadata, an encrypted disk, and tags on all that comes into being. */
export class InstanceTemplate extends Component {
  readonly id: pulumi.Output<string>;
  /** A number, so that a group knows that it changed, and AWS can go back to the one before. */
  readonly version: pulumi.Output<string>;

  constructor(name: string, args: InstanceTemplateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inference", "InstanceTemplate", name, args, opts);
    const templateName = this.physicalName("launchTemplate");
    const tags = this.namedTags();
    const template = new aws.ec2.LaunchTemplate(
      this.childName("launch-template"),
      {
        name: templateName,
        description: `Starts the instances of ${templateName}`,
        updateDefaultVersion: true,
        imageId: args.imageId,
        instanceType: args.instanceType,
        iamInstanceProfile: { arn: args.profile.arn },
        ...network(args),
        ...reserved(args.capacity),
        keyName: args.keyName,
        userData: args.userData,
        ebsOptimized: "true",
        monitoring: { enabled: true },
        metadataOptions: metadataOptions(1),
        blockDeviceMappings: [
          {
            deviceName: rootDevice,
            ebs: {
              volumeType: "gp3",
              volumeSize: args.rootVolumeGiB,
              encrypted: "true",
              deleteOnTermination: "true",
            },
          },
        ],
        tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({ resourceType, tags })),
        tags: this.tags(),
      },
      { parent: this },
    );
    this.id = template.id;
    this.version = template.latestVersion.apply(String);
    this.registerOutputs({ id: this.id });
  }
}

/** Metadata for sessions only. @param hops that an answer may travel; a container on a bridge is the second */
export function metadataOptions(hops: 1 | 2) {
  return { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: hops };
}

type Network = Pick<aws.ec2.LaunchTemplateArgs, "vpcSecurityGroupIds" | "networkInterfaces">;

/**
 * Only the first adapter has an address: thirty-two each would soon use up a subnet.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html
 */
function network({ securityGroup, efaAdapters }: InstanceTemplateArgs): Network {
  if (efaAdapters === undefined) return { vpcSecurityGroupIds: [securityGroup.id] };
  return {
    networkInterfaces: Array.from({ length: efaAdapters }, (_, card) => ({
      networkCardIndex: card,
      deviceIndex: card === 0 ? 0 : 1,
      interfaceType: card === 0 ? "efa" : "efa-only",
      securityGroups: [securityGroup.id],
      deleteOnTermination: "true",
    })),
  };
}

type Reserved = Pick<aws.ec2.LaunchTemplateArgs, "capacityReservationSpecification" | "instanceMarketOptions">;

/** Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-template-capacity-blocks.html */
function reserved(capacity: FleetCapacity | undefined): Reserved {
  if (!capacity) return {};
  return {
    capacityReservationSpecification: { capacityReservationTarget: { capacityReservationId: capacity.id } },
    ...(capacity.kind === "block" ? { instanceMarketOptions: { marketType: "capacity-block" } } : {}),
  };
}
