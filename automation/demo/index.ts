import { UserError } from "../lib/user-error";
import { authorizeAs } from "./authorize";
import { awsCloud } from "./cloud";
import { lambdaEfsOutputs, runLambdaEfsDemo } from "./lambda-efs";
import { sampleModels } from "./sample-models";

export interface DemoOptions {
  /** Of the whole stack, one object per system. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly stackName: string;
  /** Default: a small real model. */
  readonly file: string | undefined;
  readonly outDir: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly commit: string;
  /** The stack is that of the emulator. */
  readonly local: boolean;
}

/** Demos by system: each drives the deployed one, writes the evidence and says whether all steps passed. */
export const DEMOS: Readonly<Record<string, (options: DemoOptions) => Promise<boolean>>> = {
  "lambda-efs": async ({ outputs, stackName, file, outDir, versions, commit, local }) => {
    const found = lambdaEfsOutputs.safeParse(outputs["lambdaEfs"]);
    if (!found.success) {
      throw new UserError(
        `Stack ${stackName} has no complete lambda-efs: it is not deployed, or not with this version.`,
        `Deploy it: ./llm up ${stackName} --systems lambda-efs${local ? " --local" : ""}`,
        { cause: found.error },
      );
    }
    const region = regionOfArn(found.data.consumerFunctionArn);
    const { passed } = await runLambdaEfsDemo({
      outputs: found.data,
      authorize: await authorizeAs(region, found.data.apiKeyId),
      cloud: awsCloud(region),
      file: file ?? sampleModels.medium,
      outDir,
      versions,
      commit,
      log: console.log,
    });
    return passed;
  },
};

/** arn:aws:lambda:<region>:<account>:function:<name> */
function regionOfArn(arn: string): string {
  const region = arn.split(":")[3];
  if (region) return region;
  throw new UserError(
    `"${arn}" is no ARN of a function.`,
    "Deploy the stack again, so that its outputs are written anew.",
  );
}
