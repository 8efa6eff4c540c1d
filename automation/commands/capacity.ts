import { fits, monthlyUsd } from "../../components/inference/capacity";
import { gpus, hardware, isInstanceType } from "../../components/inference/hardware";
import { type ModelName, models } from "../../components/inference/models";
import { UsageError } from "../lib/exit";

export interface CapacityFlags {
  context?: string;
  utilization?: string;
}

/** Longest context that is reckoned with unless told otherwise, in tokens. */
const usualContext = 4096;

/** `./llm capacity`: whether instance types have the memory for a model, with the sum, and what they cost. Asks no cloud. */
export function capacity(modelName: string, typeNames: readonly string[], flags: CapacityFlags): void {
  console.log(capacityTable(modelName, typeNames, flags));
}

/** @throws UsageError for a model or type that is not in the tables, or a number that can't be */
export function capacityTable(modelName: string, typeNames: readonly string[], flags: CapacityFlags): string {
  if (!Object.hasOwn(models, modelName)) {
    throw new UsageError(
      `"${modelName}" is not in the table of models, so nothing is known of its size.`,
      `Models: ${Object.keys(models).join(", ")}. Add a row to components/inference/models.ts.`,
    );
  }
  const model = models[modelName as ModelName];
  const context = number("--context", flags.context, Math.min(usualContext, model.maxContext), Number.isInteger);
  const gpuMemoryUtilization = number("--utilization", flags.utilization, 0.9, (part) => part <= 1);
  const lines = typeNames.map((name) => {
    if (!isInstanceType(name)) {
      throw new UsageError(
        `"${name}" is no instance type that systems may use.`,
        `Types: ${Object.keys(hardware).join(", ")}.`,
      );
    }
    const type = hardware[name];
    const { fits: holds, why } = fits(model, type, context, { gpuMemoryUtilization });
    const memory = type.gpu
      ? `${type.gpus} x ${type.gpu}, ${gpus[type.gpu].visibleGiB} GiB seen by CUDA each`
      : `no GPU, ${type.memoryGiB} GiB`;
    const { value, date, verified } = type.usdPerHour;
    const price = `$${value} an hour, $${Math.round(monthlyUsd(type, 1))} a month (us-east-1, on demand, ${date}${verified ? "" : ", unverified"})`;
    return `${name}: ${holds ? "fits" : "DOES NOT FIT"}\n  ${memory}\n  ${why}\n  ${price}`;
  });
  return [`${modelName} with ${context} tokens of context, ${gpuMemoryUtilization} of the GPU's memory`, ...lines].join(
    "\n",
  );
}

function number(option: string, text: string | undefined, byDefault: number, ok: (value: number) => boolean): number {
  const value = text === undefined ? byDefault : Number(text);
  if (Number.isFinite(value) && value > 0 && ok(value)) return value;
  throw new UsageError(
    `${option} is ${text}.`,
    option === "--context" ? "Give a whole number of tokens above 0." : "Give a part above 0 and up to 1.",
  );
}
