import { DeleteParameterCommand, GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { z } from "zod";
import { regionOf, type Session } from "../lib/session";
import { UserError } from "../lib/user-error";

/** Apart from what sleeping takes: every update asks whether its stack sleeps, and should not load the clients of fleets and databases for it. */

const recordSchema = z.object({
  /** ISO 8601. */
  since: z.string(),
  groups: z.array(z.object({ name: z.string(), desired: z.number(), suspended: z.array(z.string()) })),
  databases: z.array(z.string()),
});
/** What a sleeping stack is to be when it wakes; kept in SSM, so that everybody knows. */
export type SleepRecord = z.output<typeof recordSchema>;

/** Name of the parameter that says that a stack sleeps. */
export async function parameterOf({ stack, stackName }: Session): Promise<string> {
  return `/${(await stack.workspace.projectSettings()).name}/${stackName}/asleep`;
}

/** @throws UserError when it is there and can't be read */
export async function readRecord(ssm: SSMClient, name: string): Promise<SleepRecord | undefined> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
    return recordSchema.parse(JSON.parse(Parameter?.Value ?? ""));
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw new UserError(
      `What ${name} in SSM says of the sleeping stack can't be read: ${(error as Error).message}`,
      undefined,
      {
        cause: error,
      },
    );
  }
}

/** What is kept of a stack that sleeps; undefined when it is awake. */
export async function sleepRecordOf(session: Session): Promise<SleepRecord | undefined> {
  const name = await parameterOf(session);
  return withSsm(session, (ssm) => readRecord(ssm, name));
}

/** Forgets that a stack sleeps, when it is destroyed. */
export async function forgetSleep(session: Session): Promise<void> {
  const Name = await parameterOf(session);
  await withSsm(session, (ssm) => ssm.send(new DeleteParameterCommand({ Name }))).catch((error: unknown) => {
    if (!(error instanceof ParameterNotFound)) throw error;
  });
}

async function withSsm<T>(session: Session, action: (ssm: SSMClient) => Promise<T>): Promise<T> {
  const ssm = new SSMClient({ region: regionOf(session.settings) });
  try {
    return await action(ssm);
  } finally {
    ssm.destroy();
  }
}
