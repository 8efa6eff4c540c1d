import { launcherTypes, maxInstances, templateOf } from "./fleet";
import { Quantity } from "./quantity";
import { type StackResource, type StackView, written } from "./stack-view";
import { Truth } from "./truth";
import type { Value } from "./value";

const volumeType = "aws:ebs/volume:Volume";
const templateType = "aws:ec2/launchTemplate:LaunchTemplate";
/** What AMIs call their root device: Amazon Linux, and Ubuntu, Debian and Windows. */
const rootDevices = ["/dev/xvda", "/dev/sda1"];

/** The types that {@link volumeGb} measures. */
export const volumeHolders = [volumeType, ...launcherTypes];

/**
 * GB of EBS that a volume has, or that all instances of a launcher have together: root devices and others.
 *
 * @param amiRootGb size of a root device whose size nobody sets: the AMI's
 */
export function volumeGb(stack: StackView, holder: StackResource, amiRootGb: number): Quantity {
  if (holder.type === volumeType) return Quantity.of(written(holder, "size"), 0);
  const { resource: template, elsewhere } = templateOf(stack, holder);
  const ownRoot = written(holder, "rootBlockDevice", "volumeSize");
  const devices = separateDevices(stack, holder);
  const own = Quantity.sum([Quantity.of(ownRoot, amiRootGb), ...devices]);
  const perInstance = ownRoot.isSet().answer === "no" ? inherited(template, elsewhere, amiRootGb, devices) : own;
  return perInstance.times(maxInstances(holder));
}

function inherited(
  template: StackResource | undefined,
  elsewhere: string | undefined,
  amiRootGb: number,
  devices: readonly Quantity[],
): Quantity {
  const extra = Quantity.sum(devices);
  if (template?.type === templateType) return mappingsGb(template, amiRootGb).plus(extra);
  if (template) {
    const root = Quantity.of(written(template, "rootBlockDevice", "volumeSize"), amiRootGb);
    return Quantity.sum([root, ...sizes(written(template, "ebsBlockDevices")), extra]);
  }
  return elsewhere === undefined ? extra.plus(new Quantity(amiRootGb)) : extra.plus(new Quantity(0, [elsewhere]));
}

function mappingsGb(template: StackResource, amiRootGb: number): Quantity {
  const mappings = written(template, "blockDeviceMappings").elements();
  const isRoot = (mapping: Value): Truth =>
    mapping.at("deviceName").matches((name) => rootDevices.includes(String(name)));
  const amiRoot = Quantity.when(Truth.any(mappings.map(isRoot)).not(), amiRootGb);
  const mapped = mappings.map((mapping) => {
    const size = mapping.at("ebs", "volumeSize");
    return size.isSet().answer === "no" ? Quantity.when(isRoot(mapping), amiRootGb) : Quantity.of(size, 0);
  });
  return Quantity.sum([amiRoot, ...mapped]);
}

// After an update an instance also lists the volumes that were attached to it.
function separateDevices(stack: StackView, instance: StackResource): readonly Quantity[] {
  const volumes = stack.ofType(volumeType).map((volume) => volume.props.at("id").scalar());
  return written(instance, "ebsBlockDevices")
    .elements()
    .filter((device) => {
      const id = device.at("volumeId").scalar();
      return id === undefined || !volumes.includes(id);
    })
    .map((device) => Quantity.of(device.at("volumeSize"), 0));
}

function sizes(devices: Value): readonly Quantity[] {
  return devices.elements().map((device) => Quantity.of(device.at("volumeSize"), 0));
}
