import { launcherTypes, launchProperty, maxInstances, templateOf } from "../fleet";
import { loadBalancerTypes } from "../load-balancers";
import { Quantity } from "../quantity";
import { refersTo, type StackResource, type StackView, written } from "../stack-view";
import { Truth } from "../truth";
import type { Value } from "../value";

const eipType = "aws:ec2/eip:Eip";
const natType = "aws:ec2/natGateway:NatGateway";
const subnetType = "aws:ec2/subnet:Subnet";
const classicType = "aws:elb/loadBalancer:LoadBalancer";
const databaseTypes = ["aws:rds/instance:Instance", "aws:rds/clusterInstance:ClusterInstance"];

/** The types that have public IPv4 addresses. */
export const addressTypes = [eipType, natType, classicType, ...loadBalancerTypes, ...databaseTypes, ...launcherTypes];

/** How many public IPv4 addresses a resource has. */
export function publicAddresses(stack: StackView, resource: StackResource): Quantity {
  const { type } = resource;
  if (type === eipType) return Quantity.when(isAmazons(written(resource, "publicIpv4Pool")));
  if (type === natType) return natAddresses(stack, resource);
  if (type === classicType || (loadBalancerTypes as readonly string[]).includes(type))
    return balancerAddresses(resource);
  if (databaseTypes.includes(type)) return Quantity.when(written(resource, "publiclyAccessible").isTrue());
  return Quantity.when(startsPublic(stack, resource)).times(maxInstances(resource));
}

// Addresses that a customer brought along cost nothing.
function isAmazons(pool: Value): Truth {
  return pool.matches((name) => name === undefined || name === "" || name === "amazon");
}

// A gateway's address is an Elastic IP, which counts by itself where it is in the stack.
function natAddresses(stack: StackView, nat: StackResource): Quantity {
  const isPublic = written(nat, "connectivityType").matches((kind) => kind === undefined || kind === "public");
  const eips = stack.ofType(eipType).map((eip) => refersTo(nat, "allocationId", eip, ["allocationId", "id"]));
  return Quantity.when(isPublic.and(Truth.any(eips).not()));
}

/** One in each zone. A load balancer with addresses of its own (`allocationId`) has those. */
function balancerAddresses(balancer: StackResource): Quantity {
  const kind = written(balancer, "loadBalancerType");
  const isPublic = written(balancer, "internal")
    .isTrue()
    .not()
    .and(kind.equals("gateway").not())
    .and(written(balancer, "ipAddressType").equals("dualstack-without-public-ipv4").not());
  const mapped = written(balancer, "subnetMappings")
    .elements()
    .map((mapping) => Quantity.when(mapping.at("allocationId").isSet().not()));
  const zones = Quantity.sum([
    length(written(balancer, "subnets")),
    length(written(balancer, "availabilityZones")),
    ...mapped,
  ]);
  // At least one, however little is known of the subnets.
  const least = zones.paths.length > 0 ? new Quantity(Math.max(1, zones.least), zones.paths) : zones;
  return Quantity.when(isPublic).times(least);
}

/** How long a list is; what its elements are need not be known. */
function length(list: Value): Quantity {
  return list.isUnknown() ? new Quantity(0, [list.path]) : new Quantity(list.elements().length);
}

function startsPublic(stack: StackView, launcher: StackResource): Truth {
  const own = launchProperty(stack, launcher, "associatePublicIpAddress");
  if (own.isSet().answer !== "no") return own.isTrue();
  const { resource: template, elsewhere } = templateOf(stack, launcher);
  const interfaces = template ? written(template, "networkInterfaces").elements() : [];
  const chosen = interfaces
    .map((one) => one.at("associatePublicIpAddress"))
    .filter((choice) => choice.isSet().answer !== "no" && choice.scalar() !== "");
  if (chosen.length > 0) return Truth.any(chosen.map((choice) => choice.isTrue()));
  if (elsewhere !== undefined) return Truth.unknown(elsewhere);
  return inPublicSubnet(stack, launcher);
}

/** Whether its subnet gives addresses out: those in the stack say so, default subnets do. */
function inPublicSubnet(stack: StackView, launcher: StackResource): Truth {
  const isGiven = (property: string): boolean => written(launcher, property).isSet().answer !== "no";
  const property = ["subnetId", "vpcZoneIdentifiers"].find(isGiven);
  if (property === undefined) return Truth.of(!["networkInterfaces", "primaryNetworkInterface"].some(isGiven));
  const named = stack.ofType(subnetType).filter((subnet) => names(launcher, property, subnet));
  if (named.length === 0) return Truth.unknown(property);
  return Truth.any(named.map((subnet) => written(subnet, "mapPublicIpOnLaunch").isTrue()));
}

function names(launcher: StackResource, property: string, subnet: StackResource): boolean {
  if (launcher.propertyDependencies.get(property)?.has(subnet.urn)) return true;
  const id = subnet.props.at("id").scalar();
  return launcher.props
    .at(property)
    .elements()
    .some((element) => id !== undefined && element.scalar() === id);
}
