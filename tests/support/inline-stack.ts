import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type EngineEvent,
  LocalWorkspace,
  type OutputMap,
  PulumiCommand,
  type PulumiFn,
  type Stack,
  type UpResult,
} from "@pulumi/pulumi/automation";
import { awsEnv, providerConfig } from "../../local/aws-env";
import { ensureEngine } from "../../toolchain/engine";

export interface InlineStackOptions {
  /** Emulator that the provider talks to. */
  endpoint: string;
  /** Folders of policy packs that judge every preview and update. */
  policyPacks?: string[];
  /** Stack configuration beside what the emulator needs; keys with their namespace. */
  config?: Record<string, string>;
  /** Stack name. Default `test`. */
  stackName?: string;
  /**
   * Leave the resources in the emulator, for tests that throw theirs away afterwards and are not about destroying: the
   * provider alone waits two minutes for the end of an SQS queue. Default false.
   */
  keepResources?: boolean;
  /** More environment for the engine. */
  env?: Record<string, string>;
}

export interface InlineStack {
  stack: Stack;
  /** What the engine printed so far. */
  output(): string;
  /** Preview with the policy packs; throws the engine's error when it or a policy refuses. */
  preview(): ReturnType<Stack["preview"]>;
  up(): Promise<UpResult>;
  outputs(): Promise<OutputMap>;
  /** What another update of the same program would do: operation and properties by logical name, `{}` when nothing. */
  changes(): Promise<Record<string, string>>;
  /** Where the emulator differs from the state: operation and properties by logical name, `{}` when nowhere. */
  drift(): Promise<Record<string, string>>;
}

/**
 * Give `use` a stack whose program is `program`, on a state folder of its own, run by the real engine and the real provider
 * against an emulator. Afterwards everything is destroyed, unless asked otherwise, and a resource that can't be is a
 * failure too.
 *
 * @param name project name: logical names and types stand in the state under it
 */
export async function withStack<T>(
  name: string,
  program: PulumiFn,
  use: (stack: InlineStack) => Promise<T>,
  options: InlineStackOptions,
): Promise<T> {
  const engine = await ensureEngine((line) => console.log(line));
  const folder = await mkdtemp(join(tmpdir(), `llm-stacks-test-${name}-`));
  const backend = join(folder, "state");
  const workDir = join(folder, "work");
  await mkdir(backend);
  await mkdir(workDir);
  const printed: string[] = [];
  const run = {
    onOutput: (text: string) => printed.push(text),
    ...(options.policyPacks ? { policyPacks: options.policyPacks } : {}),
  };
  try {
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: options.stackName ?? "test", projectName: name, program },
      {
        workDir,
        pulumiCommand: await PulumiCommand.get({ root: dirname(dirname(engine.pulumi)) }),
        projectSettings: { name, runtime: "nodejs", backend: { url: `file://${backend}` } },
        envVars: {
          ...engine.env,
          ...awsEnv(options.endpoint),
          PULUMI_CONFIG_PASSPHRASE: "test",
          ...options.env,
        },
      },
    );
    const config = { "aws:region": "us-east-1", ...providerConfig, ...options.config };
    await stack.setAllConfig(Object.fromEntries(Object.entries(config).map(([key, value]) => [key, { value }])));
    const result = await use({
      stack,
      output: () => printed.join(""),
      preview: () => stack.preview(run),
      up: () => stack.up(run),
      outputs: () => stack.outputs(),
      changes: () => differences((onEvent) => stack.preview({ ...run, onEvent })),
      drift: () => differences((onEvent) => stack.previewRefresh({ ...run, onEvent })),
    }).catch(async (error) => {
      // The first failure is the one to report; what can't be destroyed after it says nothing new.
      if (!options.keepResources) await stack.destroy().catch(() => {});
      throw error;
    });
    if (!options.keepResources) await stack.destroy();
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A stack that stands. */
export interface StandingStack {
  readonly stack: InlineStack;
  /** Of its update. */
  readonly outputs: OutputMap;
  /** Ends it as `withStack` does. */
  end(): Promise<void>;
}

/** As `withStack`, but the stack stands until `end`: for tests that ask it many things. @throws what the engine says when it or a policy refuses */
export async function standingStack(
  name: string,
  program: PulumiFn,
  options: InlineStackOptions,
): Promise<StandingStack> {
  let release: () => void = () => {};
  let running: Promise<unknown> = Promise.resolve();
  const standing = await new Promise<Omit<StandingStack, "end">>((ready, refused) => {
    running = withStack(
      name,
      program,
      async (stack) => {
        const { outputs } = await stack.up();
        ready({ stack, outputs });
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      },
      options,
    );
    running.catch(refused);
  });
  return {
    ...standing,
    end: async () => {
      release();
      await running;
    },
  };
}

/** Operations that leave a resource as it is. */
const idle = new Set(["same", "read", "refresh"]);

async function differences(preview: (onEvent: (event: EngineEvent) => void) => Promise<unknown>) {
  const found: Record<string, string> = {};
  await preview((event) => {
    const metadata = event.resourcePreEvent?.metadata ?? event.resOutputsEvent?.metadata;
    // A refresh reports the difference that it found after reading the resource.
    const diffs = metadata?.diffs ?? [];
    if (!metadata || (idle.has(metadata.op) && diffs.length === 0)) return;
    const name = metadata.urn.split("::").at(-1) ?? metadata.urn;
    found[name] = `${metadata.op} ${diffs.join(",")}`.trim();
  });
  return found;
}
