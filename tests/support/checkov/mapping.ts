import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Engine } from "../../../toolchain/engine";
import { versions } from "../../../toolchain/layout";

/** One attribute of the Terraform provider, as the bridge describes it. */
export interface Attribute {
  /** 1 bool, 2 int, 3 float, 4 string, 5 list, 6 map, 7 set. */
  readonly type: number;
  readonly maxItems?: number;
  readonly element?: { readonly resource?: Block; readonly schema?: Attribute };
}
export type Block = Readonly<Record<string, Attribute>>;

/** What Pulumi calls an attribute where the name does not follow from Terraform's. */
export interface Field {
  readonly name?: string;
  readonly maxItemsOne?: boolean;
  readonly fields?: Readonly<Record<string, Field>>;
  readonly element?: Field;
}
export type Fields = Readonly<Record<string, Field>>;

/** The AWS provider's own account of how its names and Terraform's belong together. */
export interface Mapping {
  readonly provider: { readonly resources: Readonly<Record<string, Block>> };
  readonly resources: Readonly<Record<string, { readonly tok: string; readonly fields?: Fields }>>;
}

interface Proto {
  ResourceProviderClient: new (
    address: string,
    credentials: unknown,
    options: object,
  ) => {
    getMapping(request: object, done: (error: Error | null, response: { getData_asU8(): Uint8Array }) => void): void;
    close(): void;
  };
  GetMappingRequest: new () => { setKey(key: string): void };
}

/** Asks the engine's AWS plugin, by the call that Pulumi's converter from Terraform uses. */
export async function readMapping(engine: Engine): Promise<Mapping> {
  const load = createRequire(__filename);
  const grpc = load("@grpc/grpc-js") as { credentials: { createInsecure(): unknown } };
  const { ResourceProviderClient } = load("@pulumi/pulumi/proto/provider_grpc_pb") as Proto;
  const { GetMappingRequest } = load("@pulumi/pulumi/proto/provider_pb") as Proto;

  const plugin = spawn(pluginPath(engine), [], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const port = await new Promise<string>((resolve, reject) => {
      plugin.once("error", reject);
      plugin.once("exit", (status) => reject(new Error(`the AWS plugin ended with status ${status}`)));
      plugin.stdout.once("data", (line: Buffer) => resolve(line.toString().trim()));
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
    });
    const request = new GetMappingRequest();
    request.setKey("terraform");
    const data = await new Promise<Uint8Array>((resolve, reject) => {
      client.getMapping(request, (error, response) => (error ? reject(error) : resolve(response.getData_asU8())));
    });
    client.close();
    return JSON.parse(Buffer.from(data).toString()) as Mapping;
  } finally {
    plugin.kill();
  }
}

function pluginPath(engine: Engine): string {
  const home = engine.env["PULUMI_HOME"] ?? process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  const folder = join(home, "plugins", `resource-aws-v${versions.awsSdk}`);
  const name = readdirSync(folder).find((file) => /^pulumi-resource-aws(\.exe)?$/.test(file));
  if (name === undefined) throw new Error(`${folder} holds no AWS plugin`);
  return join(folder, name);
}
