import { z } from "zod";
import type { Truth } from "./truth";
import type { Value } from "./value";

/** The setting of rules on EBS volumes. */
export const ebsSettings = {
  assumeEbsDefaultEncryption: z
    .boolean()
    .default(false)
    .describe("Whether the account encrypts every new volume anyway (EBS encryption by default)"),
};

/** Types with root and further devices of their own. */
export const instanceTypes = [
  "aws:ec2/instance:Instance",
  "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
  "aws:ec2/launchConfiguration:LaunchConfiguration",
] as const;

export interface BlockDevices {
  /** Where the root device is written; may be absent. */
  readonly root: Value;
  readonly hasRoot: Truth;
  /** All devices that are written out, the root device too. */
  readonly devices: readonly Value[];
}

/** The devices of an instance, spot request or launch configuration, or of one specification of a spot fleet. */
export function blockDevices(props: Value): BlockDevices {
  const root = props.at("rootBlockDevice");
  const ofFleet = props.at("rootBlockDevices");
  return {
    root,
    hasRoot: root.isSet().or(ofFleet.isSet()),
    devices: [root, ofFleet, props.at("ebsBlockDevices")].flatMap((devices) => devices.elements()),
  };
}
