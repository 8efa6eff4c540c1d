/** Serves a policy pack with the server of Pulumi's policy SDK, which ours has to agree with. */
import { createRequire } from "node:module";
import type {
  Policies,
  PolicyPackArgs,
  PolicyPackConfig,
  PolicyResource,
  ReportViolation,
  ResourceValidationArgs,
  StackValidationArgs,
} from "@pulumi/policy";
import type { Pack } from "../../policy-pack/build-pack";
import type { PackPolicy, Report } from "../../policy-pack/lib/pack-policy";
import type { ResourceView } from "../../policy-pack/lib/rule";
import { StackIndex } from "../../policy-pack/lib/stack-view";
import { Value } from "../../policy-pack/lib/value";
import { type Handlers, type ServedPack, serveHandlers } from "./policy-harness";

const load = createRequire(__filename);

/** Judges only: what the SDK hands to a remediation differs from what the engine sends. */
export function serveBySdk(pack: Pack, config: PolicyPackConfig = {}): Promise<ServedPack> {
  return serveHandlers(sdkHandlers(pack.policies.map(sdkPolicy), pack.initialConfig as PolicyPackConfig), config);
}

/** What the SDK would register with its gRPC server. It serves one pack per module instance, so each gets a new one. */
function sdkHandlers(policies: Policies, initialConfig: PolicyPackConfig): Handlers {
  const serverModule = load.resolve("@pulumi/policy/server");
  delete load.cache[serverModule];
  const { Server } = load("@grpc/grpc-js") as { Server: { prototype: Record<string, unknown> } };
  const { addService, bindAsync } = Server.prototype;
  let handlers: Handlers = {};
  Server.prototype["addService"] = (_: unknown, implementation: Handlers) => {
    handlers = implementation;
  };
  Server.prototype["bindAsync"] = () => undefined;
  try {
    const { serve } = load(serverModule) as {
      serve(name: string, version: string, level: string, args: PolicyPackArgs, config?: PolicyPackConfig): void;
    };
    serve("pack", "1.0.0", "advisory", { policies, description: "A pack", provider: "aws" }, initialConfig);
  } finally {
    Object.assign(Server.prototype, { addService, bindAsync });
  }
  return handlers;
}

function sdkPolicy(policy: PackPolicy): Policies[number] {
  const { settings, tags, types, validateResource, validateStack, remediateResource: _, ...info } = policy;
  return {
    ...info,
    tags: [...(tags ?? [])],
    configSchema: { properties: settings as never },
    ...(validateResource && {
      validateResource: (args: ResourceValidationArgs, report: ReportViolation) => {
        if (types.has(args.type)) validateResource(viewOf(args), args.getConfig(), report as unknown as Report);
      },
    }),
    ...(validateStack && {
      validateStack: (args: StackValidationArgs, report: ReportViolation) =>
        validateStack(indexOf(args.resources), args.getConfig(), report as unknown as Report),
    }),
  };
}

function viewOf({ type, urn, name, props, provider }: ResourceValidationArgs | PolicyResource): ResourceView {
  const plain = (proxy: object): Record<string, unknown> =>
    (proxy as { __getSpecialProxyTarget: Record<string, unknown> }).__getSpecialProxyTarget;
  return {
    type,
    urn,
    name,
    props: Value.ofProps(plain(props)),
    provider: Value.ofProps(provider ? plain(provider.props) : {}, "provider"),
  };
}

function indexOf(resources: readonly PolicyResource[]): StackIndex {
  return new StackIndex(
    resources.map((resource) => ({
      ...viewOf(resource),
      propertyDependencies: new Map(
        Object.entries(resource.propertyDependencies).map(([key, of]) => [key, new Set(of.map(({ urn }) => urn))]),
      ),
    })),
  );
}
