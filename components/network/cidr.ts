/** A block of IPv4 addresses. */
export interface Cidr {
  /** First address as a number. */
  readonly base: number;
  /** Number of fixed leading bits, 0 to 32. */
  readonly prefixLength: number;
}

/** A kind of subnet that every zone has one of. */
export interface Tier {
  readonly name: string;
  /** Size of each subnet: 28 (16 addresses) to 16 (65,536). AWS keeps five addresses of each to itself. */
  readonly prefixLength: number;
}

export interface SubnetRequest {
  /** The VPC's block, /16 to /28. */
  readonly vpc: string;
  /** In the order of their addresses. Add new ones at the end: that moves nothing. */
  readonly tiers: readonly Tier[];
  /** Availability zones, such as `us-east-1a`. Their order does not matter. */
  readonly zones: readonly string[];
  /** Zones that each tier has room for, `a` first. Default 6, as many as any region has. */
  readonly zoneSlots?: number;
}

export interface SubnetPlan {
  readonly tier: string;
  readonly zone: string;
  readonly cidr: string;
}

/** VPCs and subnets are /16 to /28. Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html */
const awsPrefixLengths = { largest: 16, smallest: 28 };
const defaultZoneSlots = 6;

export function sizeOf(prefixLength: number): number {
  return 2 ** (32 - prefixLength);
}

export function formatCidr({ base, prefixLength }: Cidr): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256);
  return `${octets.join(".")}/${prefixLength}`;
}

/** @throws RangeError if the text is no IPv4 block, or its address is not the block's first */
export function parseCidr(text: string): Cidr {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const numbers = match?.slice(1).map(Number) ?? [];
  const prefixLength = numbers[4] ?? 33;
  const octets = numbers.slice(0, 4);
  if (octets.length !== 4 || octets.some((octet) => octet > 255) || prefixLength > 32) {
    throw new RangeError(`"${text}" is not an IPv4 block; expected one such as 10.0.0.0/16.`);
  }
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const base = address - (address % sizeOf(prefixLength));
  if (base !== address) {
    throw new RangeError(
      `"${text}" is not the start of its block; did you mean ${formatCidr({ base, prefixLength })}?`,
    );
  }
  return { base, prefixLength };
}

/** Whether two blocks have addresses in common. @throws RangeError if one is no IPv4 block */
export function overlap(one: string, other: string): boolean {
  const [first, second] = [parseCidr(one), parseCidr(other)];
  return (
    first.base < second.base + sizeOf(second.prefixLength) && second.base < first.base + sizeOf(first.prefixLength)
  );
}

/**
 * The letter of a zone as a number: `us-east-1a` is 0.
 * @throws RangeError if the text is not the name of a zone
 */
export function zoneIndex(zone: string): number {
  if (!/^[a-z]{2}(-[a-z0-9]+)+-\d[a-z]$/.test(zone)) {
    throw new RangeError(`"${zone}" is not an availability zone; expected a name such as us-east-1a.`);
  }
  return zone.charCodeAt(zone.length - 1) - "a".charCodeAt(0);
}

/**
 * Divides a VPC among tiers and zones.
 *
 * A subnet's place follows from its tier and its zone's letter alone, so adding a zone, or a tier at the end, moves no other subnet (a moved subnet
 * would be replaced with all that is in it). Each tier has room for `zoneSlots` zones. The first subnet-sized block stays free, so that
 * in 10.0.0.0/16 the /24 subnets of zones a and b are 10.0.1.0/24 and 10.0.2.0/24.
 *
 * @returns one subnet per tier and zone, in order of address
 * @throws RangeError if a block, size, zone or name is wrong, or the VPC is too small (with the numbers)
 */
export function allocateSubnets(request: SubnetRequest): SubnetPlan[] {
  const { tiers, zones, zoneSlots = defaultZoneSlots } = request;
  const vpc = parseCidr(request.vpc);
  requireAwsSize("VPC", request.vpc, vpc.prefixLength);
  requireDistinct("zone", zones);
  requireDistinct(
    "tier",
    tiers.map((tier) => tier.name),
  );
  const slots = zones.map((zone) => ({ zone, index: zoneIndex(zone) })).sort((left, right) => left.index - right.index);
  requireDistinct(
    "zone letter",
    slots.map(({ index }) => String.fromCharCode("a".charCodeAt(0) + index)),
  );
  for (const { zone, index } of slots) {
    if (index < zoneSlots) continue;
    throw new RangeError(
      `Zone ${zone} is number ${index + 1} of its region, but each tier has room for ${zoneSlots} (zoneSlots).`,
    );
  }

  const { starts, end } = layOut(vpc, tiers, zoneSlots);
  const available = sizeOf(vpc.prefixLength);
  if (end - vpc.base > available) {
    const wanted = tiers.map(({ name, prefixLength }) => `${name} ${zoneSlots} x /${prefixLength}`).join(", ");
    throw new RangeError(
      `VPC ${request.vpc} has ${available} addresses, but its tiers need ${end - vpc.base} (${wanted}, and one block kept free). ` +
        "Use a larger VPC, smaller subnets or fewer zoneSlots.",
    );
  }
  return tiers.flatMap(({ name, prefixLength }, tier) =>
    slots.map(({ zone, index }) => ({
      tier: name,
      zone,
      cidr: formatCidr({ base: (starts[tier] ?? 0) + index * sizeOf(prefixLength), prefixLength }),
    })),
  );
}

function layOut(vpc: Cidr, tiers: readonly Tier[], zoneSlots: number): { starts: number[]; end: number } {
  let next = vpc.base + sizeOf(tiers[0]?.prefixLength ?? vpc.prefixLength);
  const starts = tiers.map(({ name, prefixLength }) => {
    requireAwsSize(`Tier ${name}`, `/${prefixLength}`, prefixLength);
    const size = sizeOf(prefixLength);
    const start = Math.ceil(next / size) * size;
    next = start + zoneSlots * size;
    return start;
  });
  return { starts, end: next };
}

function requireAwsSize(what: string, text: string, prefixLength: number): void {
  const { largest, smallest } = awsPrefixLengths;
  if (prefixLength >= largest && prefixLength <= smallest) return;
  throw new RangeError(`${what} is ${text}; AWS takes /${largest} (largest) to /${smallest} (smallest).`);
}

function requireDistinct(what: string, names: readonly string[]): void {
  if (names.length === 0) throw new RangeError(`At least one ${what} is needed.`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RangeError(`The ${what} ${twice} is given twice.`);
}
