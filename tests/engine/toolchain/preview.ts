import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type EngineEvent, LocalWorkspace, PulumiCommand, type PulumiFn } from "@pulumi/pulumi/automation";
import { awsEnv, providerConfig } from "../../../local/aws-env";
import { ensureEngine } from "../../../toolchain/engine";

export interface Previewed {
  /** Checked inputs of every resource by logical name, as policies and the provider see them. */
  inputs: Map<string, Record<string, unknown>>;
  /** What the engine printed. */
  output: string;
}

/** Preview a program with the real engine and the real provider, which reach nothing: a preview without functions asks AWS nothing. */
export async function preview(program: PulumiFn, config: Record<string, string> = {}): Promise<Previewed> {
  const engine = await ensureEngine(console.log);
  const folder = await mkdtemp(join(tmpdir(), "llm-stacks-test-preview-"));
  const inputs = new Map<string, Record<string, unknown>>();
  let output = "";
  try {
    await mkdir(join(folder, "state"));
    const stack = await LocalWorkspace.createStack(
      { stackName: "test", projectName: "toolchain", program },
      {
        workDir: folder,
        pulumiCommand: await PulumiCommand.get({ root: dirname(dirname(engine.pulumi)) }),
        projectSettings: { name: "toolchain", runtime: "nodejs", backend: { url: `file://${join(folder, "state")}` } },
        envVars: { ...engine.env, ...awsEnv("http://127.0.0.1:9"), PULUMI_CONFIG_PASSPHRASE: "test" },
      },
    );
    await stack.setAllConfig({
      ...Object.fromEntries(Object.entries(providerConfig).map(([key, value]) => [key, { value }])),
      "aws:region": { value: "us-east-1" },
      ...Object.fromEntries(Object.entries(config).map(([key, value]) => [key, { value }])),
    });
    const onEvent = ({ resourcePreEvent }: EngineEvent) => {
      const metadata = resourcePreEvent?.metadata;
      const name = metadata?.urn.split("::").at(-1);
      if (name !== undefined) inputs.set(name, metadata?.new?.inputs ?? {});
    };
    await stack.preview({
      onEvent,
      onOutput: (text) => {
        output += text;
      },
    });
    return { inputs, output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
