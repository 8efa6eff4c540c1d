import type { z } from "zod";
import { UsageError } from "../lib/exit";
import { UserError } from "../lib/user-error";
import { afirgenOutputs, runAfirgenDemo } from "./afirgen";
import { agentsOutputs, runAgentsDemo } from "./agents";
import { authorizeAs } from "./authorize";
import { awsCloud } from "./cloud";
import { lambdaEfsOutputs, runLambdaEfsDemo } from "./lambda-efs";
import { ollamaOutputs, runOllamaDemo } from "./ollama";
import { phi3Outputs, runPhi3Demo } from "./phi3";
import { sampleModels } from "./sample-models";
import { stayUntilInterrupted } from "./stay";

export interface DemoOptions {
  /** Of the whole stack, one object per system. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly stackName: string;
  /** Default: a small real model. */
  readonly file: string | undefined;
  readonly outDir: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly commit: string;
  readonly region: string;
  /** Of the local AWS; undefined for a stack on AWS. */
  readonly endpoint: string | undefined;
  /** Keep it open for use by hand, once it has been driven. */
  readonly stay: boolean;
}

/** Demos by system: each drives the deployed one, writes the evidence and says whether all steps passed. */
export const DEMOS: Readonly<Record<string, (options: DemoOptions) => Promise<boolean>>> = {
  "lambda-efs": async (options) => {
    const { file, outDir, versions, commit, region, stay } = options;
    if (stay) throw new UsageError("--stay is for demos with a page; that of lambda-efs has none.", "Leave it out.");
    const outputs = outputsOf("lambda-efs", lambdaEfsOutputs, options.outputs["lambdaEfs"], options);
    const { passed } = await runLambdaEfsDemo({
      outputs,
      authorize: await authorizeAs(region, outputs.apiKeyId),
      cloud: awsCloud(region),
      file: file ?? sampleModels.medium,
      outDir,
      versions,
      commit,
      log: console.log,
    });
    return passed;
  },
  phi3: async (options) => {
    const { outDir, versions, commit, region, endpoint, file, stay } = options;
    if (file !== undefined) throw new UsageError("--file is for lambda-efs; phi3 takes no file.", "Leave it out.");
    const outputs = outputsOf("phi3", phi3Outputs, options.outputs["phi3"], options);
    const { passed } = await runPhi3Demo({
      ...{ outputs, region, endpoint, outDir, versions, commit },
      log: console.log,
      ...(stay && { stay: (url: string) => stayUntilInterrupted("The page", url, console.log) }),
    });
    return passed;
  },
  ollama: async (options) => {
    const { outDir, versions, commit, region, endpoint, file, stay } = options;
    if (file !== undefined) throw new UsageError("--file is for lambda-efs; ollama takes no file.", "Leave it out.");
    if (stay)
      throw new UsageError("--stay is for demos with a page of this program's; ollama has none.", "Leave it out.");
    const outputs = outputsOf("ollama", ollamaOutputs, options.outputs["ollama"], options);
    const { passed } = await runOllamaDemo({
      ...{ outputs, region, endpoint, outDir, versions, commit },
      log: console.log,
    });
    return passed;
  },
  agents: async (options) => {
    const { outDir, versions, commit, region, endpoint, file, stay } = options;
    if (file !== undefined) throw new UsageError("--file is for lambda-efs; agents takes no file.", "Leave it out.");
    if (stay) throw new UsageError("--stay is for demos with a page; that of agents has none.", "Leave it out.");
    const outputs = outputsOf("agents", agentsOutputs, options.outputs["agents"], options);
    const { passed } = await runAgentsDemo({
      ...{ outputs, region, endpoint, outDir, versions, commit },
      log: console.log,
    });
    return passed;
  },
  afirgen: async (options) => {
    const { outDir, versions, commit, region, endpoint, file, stay } = options;
    if (file !== undefined) throw new UsageError("--file is for lambda-efs; afirgen takes no file.", "Leave it out.");
    if (stay) throw new UsageError("--stay is not for afirgen: its parts end with the demo.", "Leave it out.");
    const outputs = outputsOf("afirgen", afirgenOutputs, options.outputs["afirgen"], options);
    const { passed } = await runAfirgenDemo({
      ...{ outputs, region, endpoint, outDir, versions, commit },
      log: console.log,
    });
    return passed;
  },
};

/** @throws UserError when the stack does not have the system, or not all of it */
function outputsOf<T>(
  system: string,
  schema: z.ZodType<T>,
  outputs: unknown,
  { stackName, endpoint }: Pick<DemoOptions, "stackName" | "endpoint">,
): T {
  const found = schema.safeParse(outputs);
  if (found.success) return found.data;
  throw new UserError(
    `Stack ${stackName} has no complete ${system}: it is not deployed, or not with this version.`,
    `Deploy it: ./llm up ${stackName} --systems ${system}${endpoint === undefined ? "" : " --local"}`,
    { cause: found.error },
  );
}
