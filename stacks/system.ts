import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { ApiGatewayLogging } from "../components/edge/api-gateway-logging";
import type { CostTier, Environment, SystemContext } from "../components/lib/context";

/** What a system's settings depend on. */
export interface Place {
  readonly environment: Environment;
  readonly region: string;
  /** Keys of the stack's secrets that are set. */
  readonly secrets: ReadonlySet<string>;
}

/** What the systems of a stack share. */
export interface Shared {
  /** Gets the alarms of every system. */
  readonly alarmEmail: string | undefined;
  /** API Gateway's setting of the account. Undefined where another stack makes it. */
  readonly apiGatewayLogging: ApiGatewayLogging | undefined;
  /** A secret of the stack's configuration. */
  secret(key: string): pulumi.Output<string> | undefined;
}

export type Outputs = Readonly<Record<string, pulumi.Input<unknown>>>;

/** A system as its author writes it down. */
export interface SystemDefinition<Settings> {
  /** Its key in the stack's configuration and outputs, such as `lambdaEfs`. */
  readonly configKey: string;
  readonly costTier: CostTier;
  /** Whether it has REST APIs, whose logs need a setting of the account; where its settings decide, by them. */
  readonly restApi: boolean | ((settings: Settings) => boolean);
  /** Keys of its secrets in the stack's configuration. */
  readonly secretKeys: readonly string[];
  schema(place: Place): z.ZodType<Settings>;
  build(context: SystemContext, settings: Settings, shared: Shared): Outputs;
}

/** A system whose settings have been read. */
export interface ConfiguredSystem {
  readonly settings: unknown;
  readonly restApi: boolean;
  build(context: SystemContext, shared: Shared): Outputs;
}

/** A system as the program handles it, without regard to the type of its settings. */
export interface System extends Omit<SystemDefinition<unknown>, "build" | "restApi"> {
  configure(raw: unknown, place: Place): { mistakes: z.core.$ZodIssue[] } | { system: ConfiguredSystem };
}

export function defineSystem<Settings>(definition: SystemDefinition<Settings>): System {
  const { restApi } = definition;
  return {
    ...definition,
    configure(raw, place) {
      const { data: settings, error } = definition.schema(place).safeParse(raw, { reportInput: true });
      if (error) return { mistakes: error.issues };
      return {
        system: {
          settings,
          restApi: typeof restApi === "function" ? restApi(settings as Settings) : restApi,
          build: (context, shared) => definition.build(context, settings as Settings, shared),
        },
      };
    },
  };
}
