import { z } from "zod";
import { blockDevices } from "../../lib/block-devices";
import { defineRule, type Edit, type ResourceView } from "../../lib/rule";
import { fillValue, type Presence, reportMissing, requiredKeySettings } from "../../lib/tagging/required-keys";
import { Truth } from "../../lib/truth";
import type { Value } from "../../lib/value";

const instanceType = "aws:ec2/instance:Instance";

/**
 * tag-instance-volumes: Volumes of instances carry all required tags
 *
 * `volumeTags` has every key with a value, or else each device that is written out has it in its own `tags`; the
 * provider's defaultTags reach the latter only. What a launch template gives its volumes is another rule's matter.
 * Undefined: violation.
 *
 * @severity low
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-using-tags.html
 */
export const rule = defineRule({
  id: "tag-instance-volumes",
  family: "tagging",
  title: "Volumes of instances carry all required tags",
  severity: "low",
  why: "An instance's tags stay with the instance: its volumes, which are paid for on their own and may outlive it, start without any.",
  fix: "set `volumeTags`, or `tags` in `rootBlockDevice` and each of `ebsBlockDevices`; the provider does not take both.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-using-tags.html",
  types: [instanceType, "aws:ec2/spotInstanceRequest:SpotInstanceRequest"],
  settings: z.strictObject(requiredKeySettings),
  check(resource, report, { keys }) {
    const places = taggedPlaces(resource);
    for (const place of places) reportMissing(report, place.path, presence(resource, place, keys));
    const { devices } = blockDevices(resource.props);
    const deviceTags = Truth.any(devices.map((device) => device.at("tags").isSet()));
    const both = resource.props.at("volumeTags").isSet().and(deviceTags);
    report.when(both, "volumeTags", "cannot stand beside tags of a device");
  },
  remedy(resource, { keys, fill }) {
    return taggedPlaces(resource).flatMap((place): readonly Edit[] => {
      // Devices of a spot request can't change without a new request.
      if (place.ofDevice && resource.type !== instanceType) return [];
      const missing = presence(resource, place, keys).filter(([, present]) => present.answer === "no");
      return missing.flatMap(([key]) => {
        const value = fillValue(resource, fill, key);
        return value === undefined ? [] : [{ path: [...place.keys, key], value }];
      });
    });
  },
});

/** A map of tags that decides about a volume. */
interface Place {
  readonly path: string;
  readonly keys: readonly (string | number)[];
  readonly tags: Value;
  readonly ofDevice: boolean;
}

function taggedPlaces({ props }: ResourceView): readonly Place[] {
  const volumeTags = props.at("volumeTags");
  if (volumeTags.isSet().answer === "yes") {
    return [{ path: "volumeTags", keys: ["volumeTags"], tags: volumeTags, ofDevice: false }];
  }
  if (props.at("launchTemplate").isSet().answer === "yes") return [];
  const ofDevice = (device: Value, keys: Place["keys"]): Place => {
    const tags = device.at("tags");
    return { path: tags.path, keys: [...keys, "tags"], tags, ofDevice: true };
  };
  const extra = props.at("ebsBlockDevices").elements();
  return [
    ofDevice(props.at("rootBlockDevice"), ["rootBlockDevice"]),
    ...extra.map((device, index) => ofDevice(device, ["ebsBlockDevices", index])),
  ];
}

function presence({ provider }: ResourceView, { tags, ofDevice }: Place, keys: readonly string[]): Presence {
  const defaults = provider.at("defaultTags").asDocument()?.at("tags");
  return keys.map((key) => {
    const own = tags.at(key).hasContent();
    return [key, ofDevice && defaults ? own.or(defaults.at(key).hasContent()) : own];
  });
}
