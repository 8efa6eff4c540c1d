import { stripVTControlCharacters } from "node:util";
import type { EngineEvent } from "@pulumi/pulumi/automation";

/** Why a deletion failed, and what helps. */
export interface DeletionFailure {
  /** Type and name as the engine has them. */
  readonly resource: string;
  readonly reason: string;
  /** Seconds after which it may go; undefined when waiting does not help. */
  readonly retryAfterSeconds: number | undefined;
  /** What to do when it does not go. */
  readonly remedy: string;
}

interface Cause {
  readonly pattern: RegExp;
  readonly reason: string;
  readonly retryAfterSeconds?: number;
  readonly remedy: string;
}

/** What AWS answers when something can't be deleted yet, or at all. The first that fits counts. */
const causes: readonly Cause[] = [
  {
    pattern:
      /deletion protection|DeletionProtection|DisableApiTermination|InvalidParameterCombination: Cannot delete protected|is protected|protected from deletion/i,
    reason: "it is protected against deletion",
    remedy: "Take the protection away on purpose (docs/operations.md, Removing it), then run this again.",
  },
  {
    pattern: /BucketNotEmpty|bucket you tried to delete is not empty/i,
    reason: "the bucket holds data, which this environment keeps",
    remedy: "Save what is needed (./llm backup), empty the bucket with all its versions, then run this again.",
  },
  {
    pattern: /AccessDenied|UnauthorizedOperation|not authorized to perform/i,
    reason: "the credentials may not delete it",
    remedy: "Take credentials that may; the message names the action.",
  },
  {
    pattern: /ExpiredToken|InvalidClientTokenId|security token .* (expired|invalid)/i,
    reason: "the credentials have expired",
    remedy: "Sign in again, then run this again.",
  },
  {
    pattern:
      /InvalidParameterValue.*currently in use|network interface.*(in use|not found to be detached)|AWS Lambda VPC ENI|ENI/,
    reason:
      "a network interface, such as of a function, is still in use; AWS gives those back some minutes after the function is gone",
    retryAfterSeconds: 120,
    remedy: "AWS takes up to 40 minutes for a function's interfaces. Run this again later.",
  },
  {
    pattern: /DependencyViolation|has a dependent object|has dependencies/i,
    reason: "something that depends on it is not gone yet",
    retryAfterSeconds: 60,
    remedy:
      "Find what uses it (aws ec2 describe-network-interfaces --filters Name=vpc-id,Values=<vpc>), delete that, then run this again.",
  },
  {
    pattern:
      /ResourceInUse|ResourceInUseException|is (currently )?in use|WAFAssociatedItem|DistributionNotDisabled|InvalidDBInstanceState|InvalidDBSnapshotState|DeleteConflict|ResourceConflict/i,
    reason: "AWS is still working on it, or something uses it",
    retryAfterSeconds: 60,
    remedy: "If it stays so, delete what uses it, then run this again.",
  },
  {
    pattern:
      /Throttling|TooManyRequests|RequestLimitExceeded|SlowDown|Rate exceeded|ServiceUnavailable|InternalError|InternalFailure|timeout while waiting|context deadline exceeded|connection reset/i,
    reason: "AWS was busy or took too long",
    retryAfterSeconds: 30,
    remedy: "Run this again later.",
  },
];

/** What an error of a deletion says. One that is not known is not retried: its message has to be read. */
export function whyStuck(resource: string, message: string): DeletionFailure {
  const cause = causes.find(({ pattern }) => pattern.test(message));
  if (!cause) {
    return {
      resource,
      reason: firstLine(message),
      retryAfterSeconds: undefined,
      remedy: "The engine's message is above. Run this again when its cause is gone.",
    };
  }
  return { resource, reason: cause.reason, retryAfterSeconds: cause.retryAfterSeconds, remedy: cause.remedy };
}

function firstLine(message: string): string {
  return message.trim().split("\n")[0] || "no reason was given";
}

/** Gathers why resources could not be deleted, from the engine's events. */
export class StuckDeletions {
  private readonly byResource = new Map<string, DeletionFailure>();

  record({ diagnosticEvent: event }: EngineEvent): void {
    if (event?.severity !== "error" || !event.urn) return;
    const [type = "", name = ""] = [event.urn.split("::")[2]?.split("$").at(-1), event.urn.split("::")[3]];
    const resource = `${type} "${name}"`;
    // The engine's last word on a resource ("update failed") says less than the first.
    if (this.byResource.has(resource)) return;
    this.byResource.set(resource, whyStuck(resource, stripVTControlCharacters(event.message)));
  }

  get failures(): readonly DeletionFailure[] {
    return [...this.byResource.values()];
  }

  /** Seconds to wait before it may go better; undefined when for one of them waiting does not help. */
  get retryAfterSeconds(): number | undefined {
    const waits = this.failures.map(({ retryAfterSeconds }) => retryAfterSeconds);
    if (waits.length === 0 || waits.includes(undefined)) return undefined;
    return Math.max(...waits.map(Number));
  }
}

export interface RetryOptions {
  /** Runs in all, the first included. Default 4. */
  readonly attempts?: number;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly log: (line: string) => void;
}

/**
 * Destroys, and again after a while when all that is stuck may go by itself. Every failure is told with its reason.
 * @param destroy one run; gets what to tell of the engine's events to
 * @throws what the last run threw
 */
export async function destroyWithRetries(
  destroy: (record: (event: EngineEvent) => void) => Promise<void>,
  { attempts = 4, sleep, log }: RetryOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const stuck = new StuckDeletions();
    try {
      await destroy((event) => stuck.record(event));
      return;
    } catch (error) {
      for (const { resource, reason, remedy } of stuck.failures) log(`Stuck: ${resource}: ${reason}\n  -> ${remedy}`);
      const seconds = stuck.retryAfterSeconds;
      if (seconds === undefined || attempt >= attempts) throw error;
      log(`Trying again in ${seconds} s (attempt ${attempt + 1} of ${attempts}).`);
      await sleep(seconds);
    }
  }
}
