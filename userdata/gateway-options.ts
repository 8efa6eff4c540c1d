import { z } from "zod";
import {
  bucketName,
  type CommonOptions,
  check,
  common,
  logGroup,
  parameterName,
  port,
  sha256,
  text,
  whole,
} from "./options";

export interface GatewayOptions extends CommonOptions {
  readonly port: number;
  /** Answers 2xx once the gateway can work, such as `/api/health/ready`. */
  readonly healthPath: string;
  /** Channel of Node.js's snap. Default `22/stable`. */
  readonly nodeChannel?: string;
  /** The gateway as one file in S3, with its sha256. */
  readonly code: { readonly bucket: string; readonly key: string; readonly sha256: string };
  /** SSM parameter with the gateway's environment: a JSON object of texts, without secrets. */
  readonly environmentParameter: string;
  /** The group whose instances that serve get the names of `replicaName`, from 1 to `names`. */
  readonly replicas: { readonly groupName: string; readonly names: number };
  /** `gateway`: its own lines. `system`: those of boot, health, engines' names and end. */
  readonly logGroups: { readonly gateway: string; readonly system: string };
  /** The Datadog agent, with the secret of Secrets Manager that is its key. Default: no agent. */
  readonly datadog?: {
    readonly secret: string;
    readonly site: string;
    readonly environment: string;
    readonly service: string;
  };
  /** Default 0: none. */
  readonly swapGiB?: number;
}

/** The host name by which the gateway's machines find an engine. `slot` is 1 or more. */
export function replicaName(slot: number): string {
  return `replica-${slot}`;
}

/** Gets a line of time, name and address when an engine loses its name. */
export const leavingFile = "/var/lib/llm-stacks/leaving";

const word = text(/^(?!-)[A-Za-z0-9_.-]{1,100}$/, "letters, digits and _ . -");

const gateway = z.strictObject({
  ...common,
  port,
  healthPath: text(/^\/[A-Za-z0-9/_.-]*$/, "a path, such as /api/health/ready"),
  nodeChannel: text(/^(?!-)[\w.-]+\/(?:stable|candidate|beta|edge)$/, "a snap channel as track/risk").default(
    "22/stable",
  ),
  code: z.strictObject({
    bucket: bucketName,
    key: text(/^(?!-)[\w.-]+(?:\/[\w.-]+)*$/, "a key without / at its ends, such as gateway/main.js"),
    sha256,
  }),
  environmentParameter: parameterName,
  replicas: z.strictObject({
    groupName: common.instance.shape.groupName,
    names: whole(1, 1000, "names"),
  }),
  logGroups: z.strictObject({ gateway: logGroup, system: logGroup }),
  datadog: z
    .strictObject({
      // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
      secret: text(/^(?!-)[A-Za-z0-9/_+=.@-]{1,512}$/, "the name of a secret, such as agents/dev/datadog"),
      site: text(/^[a-z0-9]+(?:[.-][a-z0-9]+)+$/, "a site of Datadog, such as datadoghq.eu"),
      environment: word,
      service: word,
    })
    .optional(),
  swapGiB: whole(0, 64, "GiB").default(0),
});

export type CheckedGatewayOptions = z.output<typeof gateway>;

/** @throws InvalidOptionsError naming every wrong option */
export function checkGatewayOptions(options: GatewayOptions): CheckedGatewayOptions {
  return check("options of the gateway's instances", gateway, options);
}
