/**
 * Drives a policy pack through the RPC handlers that the engine calls, with the protobuf messages that it sends, so that
 * a test sees what a preview would: marked unknowns and secrets, levels and merged config.
 *
 * It does not show what a provider's Check puts into the inputs before policies see them; tests/engine does.
 */
import { createRequire } from "node:module";
import type { PolicyPackConfig } from "@pulumi/policy";
import type { Pack } from "../../policy-pack/build-pack";
import type { EnforcementLevel } from "../../policy-pack/lib/pack-policy";
import { methodsOf } from "../../policy-pack/server/serve";

const load = createRequire(__filename);

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Marks values that are only known after the update, as the engine sends them. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A secret value, as the engine sends it. */
export function secret(value: Json): Json {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}

export interface Resource {
  readonly type: string;
  readonly name?: string;
  readonly props?: Readonly<Record<string, Json>>;
  /** Configuration of the resource's provider. */
  readonly provider?: Readonly<Record<string, Json>>;
  /** Stack rules: URNs or names that a property's value came from. */
  readonly from?: Readonly<Record<string, readonly string[]>>;
}

export interface Diagnostic {
  readonly policy: string;
  readonly level: EnforcementLevel;
  readonly message: string;
  readonly urn: string;
}

/** Everything that a pack answers about a resource or a stack, by the names of the protocol. */
export interface Answer {
  readonly diagnosticsList: readonly { readonly policyname: string; readonly message: string; readonly urn: string }[];
  readonly notApplicableList: readonly { readonly policyName: string }[];
}

export interface Remediation {
  readonly policy: string;
  readonly props: Readonly<Record<string, Json>>;
  readonly diagnostic: string;
}

/** A served pack, configured as the engine would configure it. */
export interface ServedPack {
  /** Judges one resource as before its creation. */
  analyze(resource: Resource): Promise<Diagnostic[]>;
  /** Judges the whole stack as at the end of a preview or update. */
  analyzeStack(resources: readonly Resource[]): Promise<Diagnostic[]>;
  remediate(resource: Resource): Promise<Remediation[]>;
  /** As {@link analyze} or {@link analyzeStack}, in full. */
  answerOf(subject: Resource | readonly Resource[]): Promise<Answer>;
  /** What the pack tells the engine of itself, by the names of the protocol. */
  readonly info: unknown;
  /** Name and level of every policy after the configuration. */
  readonly levels: Readonly<Record<string, EnforcementLevel>>;
}

export function urnOf({ type, name = "it" }: Resource): string {
  return `urn:pulumi:dev::shop::${type}::${name}`;
}

/** Generated protobuf code; its fields are reached by name. */
type Message = Record<string, (...args: unknown[]) => unknown>;
type MessageClass = new () => Message;
type Handler = (call: { request: unknown }, callback: (error: Error | null, response: Message) => void) => void;
interface Method {
  readonly path: string;
  requestSerialize(request: unknown): Uint8Array;
  responseDeserialize(bytes: Uint8Array): Message;
}
type Proto = Record<string, MessageClass> & { AnalyzerResourceOptions: { CustomTimeouts: MessageClass } };

const proto = load("@pulumi/pulumi/proto/analyzer_pb") as Proto;
const { Struct } = load("google-protobuf/google/protobuf/struct_pb") as {
  Struct: { fromJavaScript(value: object): { toJavaScript(): Record<string, Json> } };
};
const { Empty } = load("google-protobuf/google/protobuf/empty_pb") as { Empty: MessageClass };

function protocol(name: string): Method {
  const { AnalyzerService } = load("@pulumi/pulumi/proto/analyzer_grpc_pb") as {
    AnalyzerService: Readonly<Record<string, Method>>;
  };
  const found = AnalyzerService[name];
  if (!found) throw new Error(`the protocol has no ${name}`);
  return found;
}

/** Numbered as in the protocol. */
const levelNames: readonly EnforcementLevel[] = ["advisory", "mandatory", "disabled", "remediate"];

/**
 * Serves a pack. `config` is what --policy-pack-config would hold: a level or an object of level and settings by policy
 * name, "all" for all of them.
 */
export function servePack(pack: Pack, config: PolicyPackConfig = {}): Promise<ServedPack> {
  const methods = methodsOf({ name: "pack", version: "1.0.0", description: "A pack", pack });
  return behind(async (name, request) => {
    const { path, requestSerialize, responseDeserialize } = protocol(name);
    const method = methods.get(path);
    if (!method) throw new Error(`the pack serves no ${name}`);
    return responseDeserialize(Buffer.from(method(Buffer.from(requestSerialize(request)))));
  }, config);
}

/** What answers each method of the protocol, as it would be registered with a gRPC server of @grpc/grpc-js. */
export type Handlers = Readonly<Record<string, unknown>>;

/** Serves what answers in place of a pack's server. */
export function serveHandlers(handlers: Handlers, config: PolicyPackConfig = {}): Promise<ServedPack> {
  return behind(
    (name, request) =>
      new Promise((resolve, reject) => {
        const handler = handlers[name] as Handler;
        handler({ request }, (error, response) => (error ? reject(error) : resolve(response)));
      }),
    config,
  );
}

/** A pack that a process serves on a port of this machine, as the engine starts it. */
export interface ConnectedPack extends ServedPack {
  /**
   * Asks about each resource and then about the stack what the engine asks in a preview, and waits for all answers. The
   * questions are encoded beforehand and the answers not decoded, which is the work of whoever asks.
   */
  readonly preview: (resources: readonly Resource[]) => () => Promise<void>;
  /** Ends the connection only. */
  close(): void;
}

export async function connectPack(port: number): Promise<ConnectedPack> {
  const { credentials } = load("@grpc/grpc-js") as { credentials: { createInsecure(): unknown } };
  const { AnalyzerClient } = load("@pulumi/pulumi/proto/analyzer_grpc_pb") as {
    AnalyzerClient: new (address: string, credentials: unknown, options: object) => Message;
  };
  const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
  const client = new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure(), unlimited);
  const answerTo = (name: string, ...request: unknown[]): Promise<Message> =>
    new Promise((resolve, reject) => {
      method(client, name)(...request, (error: Error | null, response: Message) =>
        error ? reject(error) : resolve(response),
      );
    });
  const asItIs = (bytes: unknown): unknown => bytes;
  return {
    ...(await behind(answerTo, {})),
    preview: (resources) => {
      const ask = (name: string, request: Buffer) =>
        answerTo("makeUnaryRequest", `/pulumirpc.Analyzer/${name}`, asItIs, asItIs, request);
      const questions = encodedQuestions(resources);
      return async () => {
        for (const question of questions.resources) {
          await ask("Remediate", question);
          await ask("Analyze", question);
        }
        await ask("AnalyzeStack", questions.stack);
      };
    },
    close: () => method(client, "close")(),
  };
}

/** What the engine asks about each resource, to remediate it and to judge it, and about the stack. */
export function encodedQuestions(resources: readonly Resource[]): { resources: readonly Buffer[]; stack: Buffer } {
  const encoded = (request: Message) => Buffer.from(method(request, "serializeBinary")() as Uint8Array);
  return {
    resources: resources.map((resource) => encoded(analyzeRequest(resource))),
    stack: encoded(stackRequest(resources)),
  };
}

type Call = (name: string, request: unknown) => Promise<Message>;

async function behind(call: Call, config: PolicyPackConfig): Promise<ServedPack> {
  const info = await call("getAnalyzerInfo", new Empty());
  const levels = await configure(call, info, config);
  const analyze = (resource: Resource) => call("analyze", analyzeRequest(resource));
  const analyzeStack = (resources: readonly Resource[]) => call("analyzeStack", stackRequest(resources));
  return {
    levels,
    info: method(info, "toObject")(),
    analyze: async (resource) => diagnosticsOf(await analyze(resource)),
    analyzeStack: async (resources) => diagnosticsOf(await analyzeStack(resources)),
    answerOf: async (subject) =>
      get<Answer>(await (Array.isArray(subject) ? analyzeStack(subject) : analyze(subject as Resource)), "toObject"),
    remediate: async (resource) => {
      const response = await call("remediate", analyzeRequest(resource));
      return get<Message[]>(response, "getRemediationsList").map((remediation) => ({
        policy: text(remediation, "getPolicyname"),
        diagnostic: text(remediation, "getDiagnostic"),
        props: properties(remediation, "getProperties"),
      }));
    },
  };
}

/** Merges config as the engine does (ReconcilePolicyPackConfig): schema defaults, the pack's own, "all", then by name. */
async function configure(
  call: Call,
  info: Message,
  config: PolicyPackConfig,
): Promise<Record<string, EnforcementLevel>> {
  const merged = new Map<string, { level: number; properties: Record<string, Json> }>();
  for (const policy of get<Message[]>(info, "getPoliciesList")) {
    const schema = get<Message | undefined>(policy, "getConfigschema");
    const fields = Object.entries(schema ? properties(schema, "getProperties") : {}) as [string, { default?: Json }][];
    merged.set(text(policy, "getName"), {
      level: get<number>(policy, "getEnforcementlevel"),
      properties: Object.fromEntries(
        fields.flatMap(([name, field]) => (field.default === undefined ? [] : [[name, field.default]])),
      ),
    });
  }
  const initial = [...get<Map<string, Message>>(info, "getInitialconfigMap").entries()];
  for (const [name, own] of allFirst(initial)) {
    if (name !== "all" && !merged.has(name)) throw new Error(`initial config for ${name}, which is no policy`);
    for (const [id, entry] of merged) {
      if (name !== "all" && name !== id) continue;
      entry.level = get<number>(own, "getEnforcementlevel");
      Object.assign(entry.properties, properties(own, "getProperties"));
    }
  }
  for (const [name, value] of allFirst(Object.entries(config))) {
    const { enforcementLevel, ...settings } = typeof value === "string" ? { enforcementLevel: value } : value;
    for (const [id, entry] of merged) {
      if (name !== "all" && name !== id) continue;
      if (enforcementLevel) entry.level = levelNames.indexOf(enforcementLevel);
      Object.assign(entry.properties, settings);
    }
  }
  const request = message("ConfigureAnalyzerRequest");
  const map = get<Map<string, Message>>(request, "getPolicyconfigMap");
  for (const [name, { level, properties: values }] of merged) {
    const entry = message("PolicyConfig");
    set(entry, "setEnforcementlevel", level);
    set(entry, "setProperties", Struct.fromJavaScript(values));
    map.set(name, entry);
  }
  await call("configure", request);
  return Object.fromEntries([...merged].map(([name, { level }]) => [name, levelNames[level] ?? "advisory"]));
}

function allFirst<T>(entries: readonly (readonly [string, T])[]): readonly (readonly [string, T])[] {
  return entries.toSorted(([a], [b]) => Number(b === "all") - Number(a === "all"));
}

function message(name: string): Message {
  const MessageOfName = proto[name];
  if (!MessageOfName) throw new Error(`analyzer.proto has no ${name}`);
  return new MessageOfName();
}

function analyzeRequest(resource: Resource, request = message("AnalyzeRequest")): Message {
  const options = message("AnalyzerResourceOptions");
  set(options, "setCustomtimeouts", new proto.AnalyzerResourceOptions.CustomTimeouts());
  set(request, "setUrn", urnOf(resource));
  set(request, "setType", resource.type);
  set(request, "setName", resource.name ?? "it");
  set(request, "setProperties", Struct.fromJavaScript(resource.props ?? {}));
  set(request, "setOptions", options);
  if (resource.provider) {
    const provider = message("AnalyzerProviderResource");
    set(provider, "setUrn", "urn:pulumi:dev::shop::pulumi:providers:aws::default");
    set(provider, "setType", "pulumi:providers:aws");
    set(provider, "setName", "default");
    set(provider, "setProperties", Struct.fromJavaScript(resource.provider));
    set(request, "setProvider", provider);
  }
  return request;
}

function stackRequest(resources: readonly Resource[]): Message {
  const request = message("AnalyzeStackRequest");
  const messages = resources.map((resource) => stackResource(resource, resources));
  set(request, "setResourcesList", messages);
  return request;
}

function stackResource(resource: Resource, all: readonly Resource[]): Message {
  const request = analyzeRequest(resource, message("AnalyzerResource"));
  const map = get<Map<string, Message>>(request, "getPropertydependenciesMap");
  for (const [property, names] of Object.entries(resource.from ?? {})) {
    const dependencies = message("AnalyzerPropertyDependencies");
    set(dependencies, "setUrnsList", all.filter(({ name = "it" }) => names.includes(name)).map(urnOf));
    map.set(property, dependencies);
  }
  return request;
}

function diagnosticsOf(response: Message): Diagnostic[] {
  return get<Message[]>(response, "getDiagnosticsList").map((diagnostic) => ({
    policy: text(diagnostic, "getPolicyname"),
    level: levelNames[get<number>(diagnostic, "getEnforcementlevel")] ?? "advisory",
    message: text(diagnostic, "getMessage"),
    urn: text(diagnostic, "getUrn"),
  }));
}

function get<T>(from: Message, getter: string): T {
  return method(from, getter)() as T;
}

function set(into: Message, setter: string, value: unknown): void {
  method(into, setter)(value);
}

function method(of: Message, name: string): (...args: unknown[]) => unknown {
  const found = of[name];
  if (!found) throw new Error(`the protobuf message has no ${name}`);
  return found.bind(of);
}

function text(from: Message, getter: string): string {
  return get<string>(from, getter);
}

function properties(from: Message, getter: string): Record<string, Json> {
  return get<{ toJavaScript(): Record<string, Json> } | undefined>(from, getter)?.toJavaScript() ?? {};
}
