import { UserError } from "../automation/lib/user-error";
import type { EmulatorPaths, EmulatorRecord } from "./record";
import { freePort, isPortFree, whoAnswers } from "./server-process";

/** Where AWS emulators usually are, so that a user's other tools find this one too. */
const usualPort = 4566;

export function portTaken(port: number, detail: string): UserError {
  return new UserError(
    `Port ${port} of the local AWS belongs to another program: ${detail}.`,
    `End that program, or, if you can do without the local resources (their names have the port in them), run ./llm local reset, or name another port in LLM_STACKS_EMULATOR_PORT.`,
  );
}

/** A port that was asked for, or that existing resources have in their names, must be had; else any free one will do. */
export async function choosePort(
  explicit: number | undefined,
  paths: EmulatorPaths,
  last?: EmulatorRecord,
): Promise<number> {
  const named = process.env["LLM_STACKS_EMULATOR_PORT"];
  const asked = explicit ?? (named ? Number(named) : undefined);
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1 && asked <= 65535)) {
    throw new UserError(`LLM_STACKS_EMULATOR_PORT is "${named}"; expected a port number from 1 to 65535.`);
  }
  const wanted = asked ?? last?.port;
  if (wanted === undefined) return (await isPortFree(usualPort)) ? usualPort : freePort();
  if (await isPortFree(wanted)) return wanted;
  const answer = await whoAnswers(wanted, 2_000);
  const detail =
    answer.kind === "emulator"
      ? `the local AWS of another folder has it, as process ${answer.identity.pid}`
      : answer.kind === "other"
        ? answer.detail
        : `it is taken, though nobody answers`;
  throw portTaken(wanted, `${detail} (asked for by ${asked === undefined ? paths.record : "you"})`);
}
