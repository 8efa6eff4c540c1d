import { hoursPerMonth } from "../../components/inference/capacity";
import { always, combine, type Range, times } from "../price";
import { at, type Line, listAt, numberAt, type PricedResource, type Pricer, textAt, Unpriced } from "../resource";
import { instanceHour } from "../us-east-1";

const groupType = "aws:autoscaling/group:Group";
const templateType = "aws:ec2/launchTemplate:LaunchTemplate";

interface Disk {
  readonly gb: number;
  readonly iops: number;
  readonly throughput: number;
}

export const computePricers: Readonly<Record<string, Pricer>> = {
  [groupType]: (group, context) => {
    const template = context.beside(group, templateType);
    const types = instanceTypesOf(group, template);
    const instances = instancesOf(group, context.usage.instancesFromZero);
    const [first] = types;
    if (first === undefined) return [new Unpriced("its instance type is not known at preview")];
    const disks = listAt(template?.inputs, "blockDeviceMappings").map((mapping) => diskOf(at(mapping, "ebs")));
    const metrics = at(template?.inputs, "monitoring", "enabled") === true ? instanceMetrics : 0;
    return [
      instanceLine(first, times(instances, hoursPerMonth)),
      ...disks.flatMap((disk) => diskLines(disk, instances, context.line)),
      context.line(
        "metrics of instances and their agents",
        "customMetricMonth",
        combine(
          combine(instances, context.usage.metricsPerInstance, (many, each) => many * each),
          times(instances, metrics),
          (a, b) => a + b,
        ),
      ),
    ];
  },
  "aws:ec2/instance:Instance": (instance, context) => {
    const template = context.beside(instance, templateType);
    const type = textAt(instance.inputs, "instanceType") ?? textAt(template?.inputs, "instanceType");
    if (type === undefined) return [new Unpriced("its instance type is not known at preview")];
    const root = at(instance.inputs, "rootBlockDevice") ?? at(template?.inputs, "blockDeviceMappings", 0, "ebs");
    return [
      instanceLine(type, always(hoursPerMonth)),
      ...diskLines(diskOf(root), always(1), context.line),
      ...(at(instance.inputs, "monitoring") === true
        ? [context.line("metrics by the minute", "customMetricMonth", always(instanceMetrics))]
        : []),
    ];
  },
  "aws:ebs/volume:Volume": (volume, { line }) => diskLines(diskOf(volume.inputs, "size"), always(1), line),
};

/** CPU, disk, network and status checks. Source: https://aws.amazon.com/cloudwatch/pricing/, "EC2 detailed monitoring is charged as seven metrics" */
const instanceMetrics = 7;

function instanceLine(type: string, hours: Range): Line | Unpriced {
  const price = instanceHour(type);
  if (!price) return new Unpriced(`no price is known for ${type}`);
  return { item: type, quantity: hours, price, ...(/^t[23]\.micro$/.test(type) && { key: "ec2MicroHours" as const }) };
}

function diskOf(ebs: unknown, size = "volumeSize"): Disk {
  return {
    // AWS makes a volume as large as the image's where nothing is said; 8 GB is the least of Ubuntu's and Amazon's.
    gb: numberAt(ebs, 8, size),
    iops: numberAt(ebs, 3000, "iops"),
    throughput: numberAt(ebs, 125, "throughput"),
  };
}

function diskLines(
  { gb, iops, throughput }: Disk,
  instances: Range,
  line: Parameters<Pricer>[1]["line"],
): readonly Line[] {
  return [
    line("gp3 volume", "gp3GbMonth", times(instances, gb)),
    ...(iops > 3000 ? [line("IOPS above 3,000", "gp3IopsMonth", times(instances, iops - 3000))] : []),
    ...(throughput > 125 ? [line("MB/s above 125", "gp3MbPerSecondMonth", times(instances, throughput - 125))] : []),
  ];
}

/** The preferred first. */
function instanceTypesOf(group: PricedResource, template: PricedResource | undefined): readonly string[] {
  const overrides = listAt(group.inputs, "mixedInstancesPolicy", "launchTemplate", "overrides");
  const named = overrides.flatMap((override) => textAt(override, "instanceType") ?? []);
  const own = textAt(template?.inputs, "instanceType");
  return named.length > 0 ? named : own === undefined ? [] : [own];
}

/** Its least size, what is expected, its largest. */
function instancesOf(group: PricedResource, fromZero: Range): Range {
  const [least, most] = [numberAt(group.inputs, 0, "minSize"), numberAt(group.inputs, 0, "maxSize")];
  if (least > 0)
    return { low: least, expected: Math.max(least, numberAt(group.inputs, least, "desiredCapacity")), high: most };
  return { low: Math.min(fromZero.low, most), expected: Math.min(fromZero.expected, most), high: fromZero.high * most };
}
