import * as pulumi from "@pulumi/pulumi";
import { ApiGatewayLogging } from "../components/edge/api-gateway-logging";
import type { SystemContext } from "../components/lib/context";
import type { StackConfig } from "./config";
import { environmentDefaults } from "./environments";
import type { Outputs, Shared, System } from "./system";
import { systems } from "./systems";

/** Builds the systems of a stack. Returns one object of outputs per system. */
export function buildSystems(config: StackConfig, accountId: string): Record<string, Outputs> {
  const rows = [...config.systems].map(([name, configured]) => ({ name, configured, row: systems[name] as System }));
  const shared: Shared = {
    alarmEmail: config.alarmEmail,
    apiGatewayLogging:
      config.manageApiGatewayLogging && rows.some(({ configured }) => configured.restApi)
        ? new ApiGatewayLogging("shared-api-gateway-logging", {
            context: contextOf(config, accountId, "shared", "pay-per-use"),
          })
        : undefined,
    secret: (key) => new pulumi.Config("llm-stacks").getSecret(key),
  };
  return Object.fromEntries(
    rows.map(({ name, configured, row }) => [
      row.configKey,
      configured.build(contextOf(config, accountId, name, row.costTier), shared),
    ]),
  );
}

function contextOf(
  { project, stack, environment, region, expiresOn, permissionsBoundary }: StackConfig,
  accountId: string,
  system: string,
  costTier: SystemContext["costTier"],
): SystemContext {
  const { protectData, disposableData } = environmentDefaults[environment];
  const context = { project, stack, environment, system, costTier, region, accountId, protectData, disposableData };
  return {
    ...context,
    ...(expiresOn !== undefined && { expiresOn }),
    ...(permissionsBoundary !== undefined && { permissionsBoundary }),
  };
}
