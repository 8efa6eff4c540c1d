import { z } from "zod";
import { UserError } from "../lib/user-error";

/** Where a stack's instances look for their weights. */
export interface Destination {
  readonly bucket: string;
  /** `<model>/<revision>`, without a slash at its ends. */
  readonly prefix: string;
}

export interface DestinationOptions {
  readonly stackName: string;
  readonly local?: boolean;
  /** Systems of the stack's configuration. */
  readonly systems: readonly string[];
  /** Repository of the hub in place of the deployed one. */
  readonly model?: string;
  /** Commit in place of the deployed one. */
  readonly revision?: string;
}

const outputsSchema = z.object({
  weightsBucketName: z.string().min(1),
  weightsPrefix: z.string().regex(/^[^/]+\/[^/]+\/[0-9a-f]{40}$/),
});
const modelForm = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

/**
 * The place of the weights by the stack's outputs.
 * @throws UserError if the stack has no phi3, or model or revision can't be one
 */
export function destinationOf(outputs: Readonly<Record<string, unknown>>, options: DestinationOptions): Destination {
  const { stackName, systems, model, revision } = options;
  const local = options.local ? " --local" : "";
  const found = outputsSchema.safeParse(outputs["phi3"]);
  if (!found.success) {
    if (!systems.includes("phi3")) {
      throw new UserError(
        `Stack ${stackName} has no system phi3, whose instances would take the weights; it has ${systems.join(", ")}.`,
        `Add phi3 to llm-stacks:systems in Pulumi.${stackName}.yaml, or deploy it alone: ./llm up ${stackName} --systems phi3${local}`,
      );
    }
    throw new UserError(
      `Stack ${stackName} has no bucket for weights: phi3 is not deployed, or not with this version.`,
      `Deploy it: ./llm up ${stackName}${local}`,
      { cause: found.error },
    );
  }
  if (model !== undefined && !modelForm.test(model)) {
    throw new UserError(
      `"${model}" is no model's name.`,
      "Give owner/name as the hub has it: --model microsoft/Phi-3-mini-4k-instruct",
    );
  }
  if (revision !== undefined && !/^[0-9a-f]{40}$/.test(revision)) {
    throw new UserError(
      `"${revision}" is no revision of a model.`,
      "Give the commit's 40 hexadecimal digits; a branch or a tag can move.",
    );
  }
  const { weightsBucketName, weightsPrefix } = found.data;
  const at = weightsPrefix.lastIndexOf("/");
  return {
    bucket: weightsBucketName,
    prefix: `${model ?? weightsPrefix.slice(0, at)}/${revision ?? weightsPrefix.slice(at + 1)}`,
  };
}
