import { afirgen } from "./afirgen";
import { agents } from "./agents";
import { lambdaEfs } from "./lambda-efs";
import { ollama } from "./ollama";
import { phi3 } from "./phi3";
import type { System } from "./system";

/** The systems this program can build, by their names in a stack's `systems`. A new system is a new row. */
export const systems = {
  "lambda-efs": lambdaEfs,
  phi3,
  ollama,
  agents,
  afirgen,
} as const satisfies Readonly<Record<string, System>>;

export type SystemName = keyof typeof systems;
export const systemNames = Object.keys(systems) as SystemName[];
