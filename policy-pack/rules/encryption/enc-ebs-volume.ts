import { z } from "zod";
import { ebsSettings } from "../../lib/block-devices";
import { defineRule } from "../../lib/rule";
import { type StackResource, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

/**
 * enc-ebs-volume: EBS volumes are encrypted
 *
 * Any key will do. Passes as well when the stack turns encryption by default on for the region of the volume, or the
 * setting says that the account does; hence a stack rule. Undefined: violation, as the default is off.
 *
 * @severity high
 * @checkov CKV_AWS_3
 * @securityHub EC2.3
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
 */
export const rule = defineRule({
  id: "enc-ebs-volume",
  family: "encryption",
  title: "EBS volumes are encrypted",
  severity: "high",
  why: "An unencrypted volume and all snapshots of it can be read by whoever gets a copy, and encryption can only be chosen when the volume is made.",
  fix: "set `encrypted: true`. On an existing volume this makes a new one: copy the data first.",
  checkov: ["CKV_AWS_3"],
  securityHub: ["EC2.3"],
  page: "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html",
  types: [],
  settings: z.strictObject(ebsSettings),
  checkStack(stack, report, { assumeEbsDefaultEncryption }) {
    if (assumeEbsDefaultEncryption) return;
    const defaults = stack.ofType("aws:ebs/encryptionByDefault:EncryptionByDefault");
    for (const volume of stack.ofType("aws:ebs/volume:Volume")) {
      const encrypted = written(volume, "encrypted");
      const byDefault = Truth.any(defaults.map((each) => isOn(each).and(sameRegion(each, volume))));
      report.on(volume).when(encrypted.isTrue().or(byDefault).not(), encrypted, "the volume is not encrypted");
    }
  },
});

function isOn(encryptionByDefault: StackResource): Truth {
  return written(encryptionByDefault, "enabled").equals(false).not();
}

function sameRegion(one: StackResource, other: StackResource): Truth {
  const region = regionOf(one);
  if (region.isUnknown()) return Truth.unknown(region.path);
  return regionOf(other).matches((name) => name === region.scalar());
}

function regionOf(resource: StackResource): Value {
  const own = written(resource, "region");
  return own.isSet().answer === "no" ? resource.provider.at("region") : own;
}
