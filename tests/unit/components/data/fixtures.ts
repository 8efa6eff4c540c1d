import type { SystemContext } from "../../../../components/lib/context";
import { SecurityGroup } from "../../../../components/network/security-group";
import { Vpc } from "../../../../components/network/vpc";
import { devContext } from "../../../support/mocks";

/** As `devContext`, where data is protected. */
export const protectedContext: SystemContext = { ...devContext, protectData: true, disposableData: false };

/** A VPC with private subnets in as many zones. */
export function vpcOf(context: SystemContext = devContext, zones = 2): Vpc {
  return new Vpc("lambda-efs-network", {
    context,
    cidr: "10.0.0.0/16",
    availabilityZones: ["us-east-1a", "us-east-1b", "us-east-1c"].slice(0, zones),
  });
}

/** What connects. */
export function clientsIn(vpc: Vpc, context: SystemContext = devContext): SecurityGroup {
  return new SecurityGroup("lambda-efs-clients", { context, vpcId: vpc.id, description: "Clients" });
}
