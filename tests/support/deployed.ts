import { join } from "node:path";
import { repoRoot } from "../../automation/lib/paths";
import { localAccountId } from "../../local/aws-env";
import { buildSystems } from "../../stacks/build";
import { parseStackConfig } from "../../stacks/config";
import { type SystemName, systems } from "../../stacks/systems";
import { type InlineStack, standingStack } from "./inline-stack";
import { type Configuration, configurationText } from "./registered";
import { type Seen, seenInState } from "./seen";
import { startTestEmulator } from "./test-emulator";

/** A system that the engine and the provider made on an emulator of its own, judged by the policy pack. */
export interface Deployed {
  readonly endpoint: string;
  readonly stack: InlineStack;
  /** What the state holds now, and the configuration and outputs that go with it. */
  look(): Promise<{
    readonly seen: Seen;
    readonly configuration: Configuration;
    readonly outputs: Readonly<Record<string, unknown>>;
  }>;
  /** The configuration that the next preview or update is for. */
  configure(configuration: Configuration): void;
  /** Throws the emulator away with all that is in it. */
  end(): Promise<void>;
}

/** Brings a system up in the stack `dev`, judged by a profile (default: dev). @throws what the engine says when it or a policy refuses */
export async function deploy(
  system: SystemName,
  configuration: Configuration,
  profile: "dev" | "free" = "dev",
): Promise<Deployed> {
  const emulator = await startTestEmulator();
  let current = configuration;
  const program = async () =>
    buildSystems(parseStackConfig(configurationText(system, current), "llm-stacks", "dev"), localAccountId);
  try {
    const { stack, end } = await standingStack("llm-stacks", program, {
      endpoint: emulator.endpoint,
      stackName: "dev",
      policyPacks: [join(repoRoot, "policy-pack")],
      config: { "policy:profile": profile },
      keepResources: true,
    });
    return {
      endpoint: emulator.endpoint,
      stack,
      look: async () => ({
        seen: await seenInState(stack.stack),
        configuration: current,
        outputs: (await stack.outputs())[systems[system].configKey]?.value as Record<string, unknown>,
      }),
      configure: (next) => {
        current = next;
      },
      end: async () => {
        await end();
        await emulator.dispose();
      },
    };
  } catch (error) {
    await emulator.dispose();
    throw error;
  }
}
