import { fstatSync } from "node:fs";
import {
  AnalyzerStackConfigureResponse,
  AnalyzeStackRequest,
  ConfigureAnalyzerRequest,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Analyzer } from "./analyzer";
import { type Method, serveGrpc } from "./grpc";
import { analyzerInfo, type ServedPack } from "./messages";

/** The methods of the protocol by their paths; the engine does without the others that it has. */
export function methodsOf(served: ServedPack): ReadonlyMap<string, Method> {
  const analyzer = new Analyzer(served);
  const methods: Record<string, Method> = {
    Analyze: (request) => analyzer.analyze(request),
    AnalyzeStack: (request) => analyzer.analyzeStack(AnalyzeStackRequest.deserializeBinary(request)).serializeBinary(),
    Remediate: (request) => analyzer.remediate(request).serializeBinary(),
    GetAnalyzerInfo: () => analyzerInfo(served).serializeBinary(),
    GetPluginInfo: () => new PluginInfo().setVersion(served.version).serializeBinary(),
    Configure: (request) => {
      analyzer.configure(ConfigureAnalyzerRequest.deserializeBinary(request));
      return new Empty().serializeBinary();
    },
    ConfigureStack: () => new AnalyzerStackConfigureResponse().serializeBinary(),
  };
  return new Map(Object.entries(methods).map(([name, method]) => [`/pulumirpc.Analyzer/${name}`, method]));
}

/** Serves a pack, and prints the port, which the engine waits for. */
export async function serve(served: ServedPack): Promise<void> {
  const { port } = await serveGrpc(methodsOf(served));
  process.stdout.write(`${port}\n`);
  // The engine holds the other end of this pipe: when it is killed, nobody else ends the server.
  if (fstatSync(0).isFIFO()) process.stdin.once("end", () => process.exit()).resume();
}
