import { z } from "zod";
import { blockDevices, ebsSettings, instanceTypes } from "../../lib/block-devices";
import { defineRule } from "../../lib/rule";

const spotFleetType = "aws:ec2/spotFleetRequest:SpotFleetRequest";

/**
 * enc-ec2-block-devices: Volumes of instances are encrypted
 *
 * Root and further EBS devices of instances, spot requests, spot fleets and launch configurations. A root device that
 * is not written out is as its AMI has it, so it is a violation unless a launch template may have it. Undefined:
 * violation.
 *
 * @severity high
 * @checkov CKV_AWS_8
 * @securityHub EC2.3
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-device-mapping-concepts.html
 */
export const rule = defineRule({
  id: "enc-ec2-block-devices",
  family: "encryption",
  title: "Volumes of instances are encrypted",
  severity: "high",
  why: "An unencrypted volume and all snapshots of it can be read by whoever gets a copy, and encryption can only be chosen when the volume is made.",
  fix: "set `rootBlockDevice: { encrypted: true }` and `encrypted: true` in each of `ebsBlockDevices`. On an existing instance this makes a new one.",
  checkov: ["CKV_AWS_8"],
  securityHub: ["EC2.3"],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-device-mapping-concepts.html",
  types: [...instanceTypes, spotFleetType],
  settings: z.strictObject(ebsSettings),
  check({ type, props }, report, { assumeEbsDefaultEncryption }) {
    if (assumeEbsDefaultEncryption) return;
    const holders = type === spotFleetType ? props.at("launchSpecifications").elements() : [props];
    const template = props.at("launchTemplate").isSet();
    for (const { root, hasRoot, devices } of holders.map(blockDevices)) {
      const leftToAmi = hasRoot.or(template).not();
      report.when(leftToAmi, root, "the root volume is not said to be encrypted");
      for (const device of devices) {
        const encrypted = device.at("encrypted");
        const plain = encrypted.isTrue().not().and(device.at("noDevice").isTrue().not());
        report.when(plain, encrypted, "the volume is not encrypted");
      }
    }
  },
});
