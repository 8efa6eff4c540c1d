import type { Redis } from "ioredis";
import { GatewayError } from "../errors";
import type { Risk } from "../router/providers";
import type { Settings } from "../settings";
import { day } from "../spend/ledger";
import type { Caller } from "./authenticate";

/** What a request says of the task behind it. */
export interface Task {
  readonly risk: Risk;
  /** What kind of task; `self-modification` has a rule of its own. */
  readonly kind: string | undefined;
  /** The agent's own confidence, from 0 to 1. */
  readonly confidence: number | undefined;
  /** The person who approved it. */
  readonly approvedBy: string | undefined;
}

/** The platform's controls over what agents may do by themselves. */
export class Controls {
  constructor(
    private readonly settings: Settings,
    private readonly redis: Redis | undefined,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws GatewayError forbidden, or unavailable when the count of self-modifications can't be read */
  async check(caller: Caller, { risk, kind, confidence, approvedBy }: Task): Promise<void> {
    const { ENABLE_AUTONOMOUS_MODE, ENABLE_SELF_MODIFICATION, CONFIDENCE_THRESHOLD } = this.settings;
    if (risk === "high" && approvedBy === undefined) {
      if (!ENABLE_AUTONOMOUS_MODE) {
        refuse("Autonomous mode is off: a task of high risk needs X-LLM-Approved-By with the name of who approved it.");
      }
      if (confidence !== undefined && confidence < CONFIDENCE_THRESHOLD) {
        refuse(
          `A task of high risk needs a confidence of ${CONFIDENCE_THRESHOLD} or more, or X-LLM-Approved-By; it has ${confidence}.`,
        );
      }
    }
    if (kind !== "self-modification") return;
    if (!ENABLE_SELF_MODIFICATION) refuse("Self-modification is off (ENABLE_SELF_MODIFICATION).");
    await this.countEvolution(caller);
  }

  private async countEvolution({ id }: Caller): Promise<void> {
    const { EVOLUTIONS_PER_DAY: most } = this.settings;
    const name = `gateway:evolutions:${id}:${day(this.now())}`;
    const count = await this.redis
      ?.multi()
      .incr(name)
      .expire(name, 2 * 24 * 3600)
      .exec()
      .then((results) => results?.[0]?.[1])
      .catch(() => undefined);
    if (typeof count !== "number") {
      throw new GatewayError(
        "unavailable",
        "How many self-modifications there were today can't be read, so there is no other now.",
        {
          retryAfterSeconds: 5,
        },
      );
    }
    if (count > most) refuse(`The key had its ${most} self-modifications of today (UTC).`);
  }
}

function refuse(message: string): never {
  throw new GatewayError("forbidden", message);
}
