import type { z } from "zod";
import { UsageError } from "../lib/exit";
import { outputKeyOf } from "../lib/system-names";
import { UserError } from "../lib/user-error";
import { afirgenOutputs, runAfirgenDemo } from "./afirgen";
import { agentsOutputs, runAgentsDemo } from "./agents";
import { authorizeAs } from "./authorize";
import { awsCloud } from "./cloud";
import type { DemoContext } from "./context";
import { lambdaEfsOutputs, runLambdaEfsDemo } from "./lambda-efs";
import { ollamaOutputs, runOllamaDemo } from "./ollama";
import { phi3Outputs, runPhi3Demo } from "./phi3";
import { sampleModels } from "./sample-models";
import { stayUntilInterrupted } from "./stay";

export interface DemoOptions extends DemoContext {
  /** Of the whole stack, one object per system. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly stackName: string;
  /** Default: a small real model. */
  readonly file: string | undefined;
  /** Keep it open for use by hand, once it has been driven. */
  readonly stay: boolean;
}

/** Drives a deployed system, writes the evidence and says whether all steps passed. */
export type Demo = (options: DemoOptions) => Promise<boolean>;

/** Demos by system. */
export const DEMOS: Readonly<Record<string, Demo>> = {
  "lambda-efs": demoOf("lambda-efs", lambdaEfsOutputs, ["file"], async ({ file, ...options }) =>
    runLambdaEfsDemo({
      ...options,
      authorize: await authorizeAs(options.region, options.outputs.apiKeyId),
      cloud: awsCloud(options.region),
      file: file ?? sampleModels.medium,
    }),
  ),
  phi3: demoOf("phi3", phi3Outputs, ["stay"], ({ stay, ...options }) =>
    runPhi3Demo({
      ...options,
      ...(stay && { stay: (url: string) => stayUntilInterrupted("The page", url, console.log) }),
    }),
  ),
  ollama: demoOf("ollama", ollamaOutputs, [], runOllamaDemo),
  agents: demoOf("agents", agentsOutputs, [], runAgentsDemo),
  afirgen: demoOf("afirgen", afirgenOutputs, [], runAfirgenDemo),
};

const notTaken = {
  file: "--file is for demos that send a file",
  stay: "--stay is for demos with a page of this program's",
} as const;

/** @param takes the options that are for this demo; the others are refused */
function demoOf<T>(
  system: string,
  schema: z.ZodType<T>,
  takes: readonly (keyof typeof notTaken)[],
  run: (options: Omit<DemoOptions, "outputs"> & { readonly outputs: T }) => Promise<{ readonly passed: boolean }>,
): Demo {
  return async (options) => {
    for (const [option, why] of Object.entries(notTaken) as [keyof typeof notTaken, string][]) {
      if (options[option] && !takes.includes(option)) {
        throw new UsageError(`${why}; that of ${system} is none.`, "Leave it out.");
      }
    }
    const outputs = outputsOf(system, schema, options.outputs[outputKeyOf(system)], options);
    return (await run({ ...options, outputs })).passed;
  };
}

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
