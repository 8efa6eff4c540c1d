import { z } from "zod";
import { ebsSettings } from "../../lib/block-devices";
import { defineRule } from "../../lib/rule";

/**
 * enc-lt-block-devices: Volumes in launch templates are encrypted
 *
 * Each EBS mapping says true, as text or boolean. A mapping from a snapshot takes its encryption from there and may not
 * say. Undefined: violation in a mapping; passes without mappings, where the AMI decides.
 *
 * @severity high
 * @checkov none
 * @securityHub EC2.3
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html
 */
export const rule = defineRule({
  id: "enc-lt-block-devices",
  family: "encryption",
  title: "Volumes in launch templates are encrypted",
  severity: "high",
  why: "An unencrypted volume and all snapshots of it can be read by whoever gets a copy, and encryption can only be chosen when the volume is made.",
  fix: 'set `encrypted: "true"` in `ebs` of each of `blockDeviceMappings`.',
  checkov: [],
  securityHub: ["EC2.3"],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html",
  types: ["aws:ec2/launchTemplate:LaunchTemplate"],
  settings: z.strictObject(ebsSettings),
  check({ props }, report, { assumeEbsDefaultEncryption }) {
    if (assumeEbsDefaultEncryption) return;
    for (const mapping of props.at("blockDeviceMappings").elements()) {
      const ebs = mapping.at("ebs");
      const encrypted = ebs.at("encrypted");
      const ofSnapshot = ebs.at("snapshotId").hasContent();
      const plain = ebs.isSet().and(ofSnapshot.or(encrypted.isTrue()).not());
      report.when(plain, encrypted, "the volume is not encrypted");
    }
  },
});
