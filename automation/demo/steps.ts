import { tenths } from "./statistics";

export type StepStatus = "passed" | "failed" | "skipped";

export interface StepRecord {
  readonly name: string;
  readonly status: StepStatus;
  readonly startedAt: string;
  readonly durationMs: number;
  /** What was seen; plain JSON. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Why it failed or was skipped. */
  readonly error?: string;
}

/** Something a step found not to be as it must. */
export class CheckFailed extends Error {
  override readonly name = "CheckFailed";
}

/** @throws CheckFailed with the message unless `holds` */
export function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new CheckFailed(message);
}

type Details = Record<string, unknown>;

/** Runs steps one after another and keeps what each of them did; a failure ends its step and those that need it, not the run. */
export class Steps {
  readonly records: StepRecord[] = [];

  constructor(private readonly log: (line: string) => void) {}

  /** True if every step so far passed; a skipped one did not. */
  get passed(): boolean {
    return this.records.every(({ status }) => status === "passed");
  }

  /**
   * @param needs results of earlier steps; if one is missing, this step is skipped
   * @param run does it. Fills `details` as it goes, so that a failure shows how far it came
   * @returns what `run` returned; undefined if the step failed or was skipped
   */
  async run<Needs extends readonly unknown[], Result>(
    name: string,
    needs: readonly [...Needs],
    run: (details: Details, ...needs: { [Index in keyof Needs]: NonNullable<Needs[Index]> }) => Promise<Result>,
  ): Promise<Result | undefined> {
    const startedAt = new Date().toISOString();
    const start = performance.now();
    const details: Details = {};
    const finish = (status: StepStatus, error?: string) => {
      const durationMs = status === "skipped" ? 0 : tenths(performance.now() - start);
      this.records.push({ name, status, startedAt, durationMs, details, ...(error === undefined ? {} : { error }) });
      this.log(
        `${MARK[status]} ${name}${status === "skipped" ? "" : ` (${durationMs} ms)`}${error ? `: ${error}` : ""}`,
      );
    };
    if (needs.some((need) => need === undefined)) {
      finish("skipped", "A step it needs did not pass.");
      return undefined;
    }
    try {
      const result = await run(details, ...(needs as unknown as { [Index in keyof Needs]: NonNullable<Needs[Index]> }));
      finish("passed");
      return result;
    } catch (error) {
      finish("failed", error instanceof CheckFailed ? error.message : describe(error));
      return undefined;
    }
  }
}

const MARK: Record<StepStatus, string> = { passed: "ok  ", failed: "FAIL", skipped: "skip" };

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${describe(error.cause)})` : "";
  return `${error.name}: ${error.message}${cause}`;
}
