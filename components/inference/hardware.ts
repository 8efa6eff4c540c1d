/**
 * What an instance type has and costs. Shapes: https://docs.aws.amazon.com/ec2/latest/instancetypes/ (accelerated, general purpose and
 * compute optimised pages).
 */

/** GPUs by the name AWS gives them. */
export const gpus = {
  T4: { memoryGiB: 16, visibleGiB: 14.56, bfloat16: false },
  A10G: { memoryGiB: 24, visibleGiB: 21.98, bfloat16: true },
  L4: { memoryGiB: 24, visibleGiB: 21.95, bfloat16: true },
  L40S: { memoryGiB: 48, visibleGiB: 44.39, bfloat16: true },
  "A100-40GB": { memoryGiB: 40, visibleGiB: 39.38, bfloat16: true },
  "A100-80GB": { memoryGiB: 80, visibleGiB: 79.14, bfloat16: true },
  H100: { memoryGiB: 80, visibleGiB: 79.1, bfloat16: true },
  H200: { memoryGiB: 141, visibleGiB: 139.71, bfloat16: true },
} as const satisfies Readonly<Record<string, GpuModel>>;
export type GpuName = keyof typeof gpus;

export interface GpuModel {
  /** As AWS states it. */
  readonly memoryGiB: number;
  /**
   * What CUDA programs see of it, after driver and error correction; engines reckon with this number. Lowest of those that PyTorch's
   * out-of-memory messages name in public reports; other driver versions leave up to 0.3 GiB more.
   */
  readonly visibleGiB: number;
  /** Whether it computes with bfloat16: from compute capability 8.0 on. Source: https://developer.nvidia.com/cuda-gpus and the CUDA C++ programming guide. */
  readonly bfloat16: boolean;
}

export type Architecture = "x86_64" | "arm64";

/** What an instance costs an hour, on demand, Linux, shared tenancy. */
export interface HourlyPrice {
  /** US dollars. */
  readonly value: number;
  readonly region: "us-east-1";
  readonly source: string;
  /** Day on which it was read. */
  readonly date: string;
  /** Whether several public copies of the price list agree on it. Others stand in one copy: look them up before you rely on them. */
  readonly verified: boolean;
}

export interface Hardware {
  /** 0 for types without. */
  readonly gpus: number;
  readonly gpu: GpuName | undefined;
  /** Of each GPU; 0 for types without. */
  readonly gpuMemoryGiB: number;
  readonly vcpus: number;
  readonly memoryGiB: number;
  readonly arch: Architecture;
  readonly usdPerHour: HourlyPrice;
}

const source = "https://aws.amazon.com/ec2/pricing/on-demand/ (by public copies of the price list)";
const date = "2026-11-21";

function price(value: number, verified: boolean): HourlyPrice {
  return { value, region: "us-east-1", source, date, verified };
}

function gpuType(
  gpu: GpuName,
  count: number,
  vcpus: number,
  memoryGiB: number,
  usd: number,
  verified: "verified" | "unverified",
): Hardware {
  const gpuMemoryGiB = gpus[gpu].memoryGiB;
  return {
    gpus: count,
    gpu,
    gpuMemoryGiB,
    vcpus,
    memoryGiB,
    arch: "x86_64",
    usdPerHour: price(usd, verified === "verified"),
  };
}

function cpuType(vcpus: number, memoryGiB: number, usd: number, arch: Architecture = "x86_64"): Hardware {
  return { gpus: 0, gpu: undefined, gpuMemoryGiB: 0, vcpus, memoryGiB, arch, usdPerHour: price(usd, true) };
}

const types = {
  "g4dn.xlarge": gpuType("T4", 1, 4, 16, 0.526, "verified"),
  "g4dn.2xlarge": gpuType("T4", 1, 8, 32, 0.752, "verified"),
  "g4dn.4xlarge": gpuType("T4", 1, 16, 64, 1.204, "unverified"),
  "g4dn.8xlarge": gpuType("T4", 1, 32, 128, 2.176, "unverified"),
  "g4dn.12xlarge": gpuType("T4", 4, 48, 192, 3.912, "unverified"),
  "g5.xlarge": gpuType("A10G", 1, 4, 16, 1.006, "verified"),
  "g5.2xlarge": gpuType("A10G", 1, 8, 32, 1.212, "verified"),
  "g5.4xlarge": gpuType("A10G", 1, 16, 64, 1.624, "verified"),
  "g5.8xlarge": gpuType("A10G", 1, 32, 128, 2.448, "unverified"),
  "g5.16xlarge": gpuType("A10G", 1, 64, 256, 4.096, "unverified"),
  "g5.12xlarge": gpuType("A10G", 4, 48, 192, 5.672, "verified"),
  "g5.24xlarge": gpuType("A10G", 4, 96, 384, 8.144, "unverified"),
  "g5.48xlarge": gpuType("A10G", 8, 192, 768, 16.288, "verified"),
  "g6.xlarge": gpuType("L4", 1, 4, 16, 0.8048, "verified"),
  "g6.2xlarge": gpuType("L4", 1, 8, 32, 0.9776, "verified"),
  "g6.4xlarge": gpuType("L4", 1, 16, 64, 1.3232, "unverified"),
  "g6.8xlarge": gpuType("L4", 1, 32, 128, 2.0144, "unverified"),
  "g6.12xlarge": gpuType("L4", 4, 48, 192, 4.6016, "verified"),
  "g6.48xlarge": gpuType("L4", 8, 192, 768, 13.3504, "unverified"),
  "g6e.xlarge": gpuType("L40S", 1, 4, 32, 1.861, "verified"),
  "g6e.2xlarge": gpuType("L40S", 1, 8, 64, 2.24208, "verified"),
  "g6e.4xlarge": gpuType("L40S", 1, 16, 128, 3.00424, "verified"),
  "g6e.8xlarge": gpuType("L40S", 1, 32, 256, 4.52856, "verified"),
  "g6e.12xlarge": gpuType("L40S", 4, 48, 384, 10.49264, "verified"),
  "g6e.48xlarge": gpuType("L40S", 8, 192, 1536, 30.13118, "unverified"),
  "p4d.24xlarge": gpuType("A100-40GB", 8, 96, 1152, 21.957642, "verified"),
  "p4de.24xlarge": gpuType("A100-80GB", 8, 96, 1152, 27.44705, "unverified"),
  "p5.4xlarge": gpuType("H100", 1, 16, 256, 6.88, "unverified"),
  "p5.48xlarge": gpuType("H100", 8, 192, 2048, 55.04, "verified"),
  "p5en.48xlarge": gpuType("H200", 8, 192, 2048, 63.296, "verified"),
  "t2.micro": cpuType(1, 1, 0.0116),
  "t3.micro": cpuType(2, 1, 0.0104),
  "t3.small": cpuType(2, 2, 0.0208),
  "t3.medium": cpuType(2, 4, 0.0416),
  "t3.large": cpuType(2, 8, 0.0832),
  "t3.xlarge": cpuType(4, 16, 0.1664),
  "t3.2xlarge": cpuType(8, 32, 0.3328),
  "t4g.medium": cpuType(2, 4, 0.0336, "arm64"),
  "t4g.large": cpuType(2, 8, 0.0672, "arm64"),
  "t4g.xlarge": cpuType(4, 16, 0.1344, "arm64"),
  "c5.large": cpuType(2, 4, 0.085),
  "c5.xlarge": cpuType(4, 8, 0.17),
  "c5.2xlarge": cpuType(8, 16, 0.34),
  "c6i.large": cpuType(2, 4, 0.085),
  "c6i.xlarge": cpuType(4, 8, 0.17),
  "c6i.2xlarge": cpuType(8, 16, 0.34),
  "c7i.large": cpuType(2, 4, 0.08925),
  "c7i.xlarge": cpuType(4, 8, 0.1785),
  "c7i.2xlarge": cpuType(8, 16, 0.357),
  "m5.large": cpuType(2, 8, 0.096),
  "m5.xlarge": cpuType(4, 16, 0.192),
  "m5.2xlarge": cpuType(8, 32, 0.384),
} as const satisfies Readonly<Record<string, Hardware>>;
export type InstanceType = keyof typeof types;

/** The instance types that systems may use. */
export const hardware: Readonly<Record<InstanceType, Hardware>> = types;
export const instanceTypes = Object.keys(types) as readonly InstanceType[];

export function isInstanceType(name: string): name is InstanceType {
  return Object.hasOwn(types, name);
}

/**
 * Network cards of the types with Elastic Fabric Adapter (EFA), one adapter each.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html and the EC2 user guide's page on network cards
 */
const networkCards: Partial<Readonly<Record<InstanceType, number>>> = {
  "p4d.24xlarge": 4,
  "p4de.24xlarge": 4,
  "p5.48xlarge": 32,
  "p5en.48xlarge": 16,
};

/** Adapters of EFA that an instance takes; undefined for types without. */
export function efaAdapters(name: string): number | undefined {
  return isInstanceType(name) ? networkCards[name] : undefined;
}

/** What a number of instances costs a day, on demand, around the clock, in US dollars. */
export function dailyUsd({ usdPerHour }: Hardware, instances: number): number {
  return usdPerHour.value * 24 * instances;
}

/**
 * The row of an instance type.
 * @throws RangeError naming the types there are
 */
export function hardwareOf(name: string): Hardware {
  if (isInstanceType(name)) return hardware[name];
  throw new RangeError(
    `"${name}" is no known instance type. Use one of ${instanceTypes.join(", ")}, or add a row to components/inference/hardware.ts.`,
  );
}
