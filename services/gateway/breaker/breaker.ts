import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from "cockatiel";
import { ProviderError } from "../errors";
import { type Circuit, Skipped } from "../router/run";

export type BreakerState = "closed" | "open" | "half-open";

export interface BreakerOptions {
  /** Failures in a row that open it. Default: 3. */
  readonly failures?: number;
  /** Milliseconds until a single request probes. Default: 60,000. */
  readonly openMs?: number;
  /** Hears of every change that this process decided. */
  readonly onChange?: (change: BreakerChange) => void;
  /**
   * Asked before a probe, so that of many processes one probes. Default: always true.
   * It must not throw.
   */
  readonly mayProbe?: () => Promise<boolean>;
}

export type BreakerChange =
  | { readonly state: "open"; readonly openedAt: number; readonly reason: string }
  | { readonly state: "closed" }
  | { readonly state: "half-open" };

/**
 * The circuit of one target, on cockatiel: closed until so many failures in a row, open for a time, then half-open for a single probe that
 * decides. What it adds: several processes may share one state, requests that come during a probe go elsewhere at once, and it opens on notice.
 */
export class Breaker implements Circuit {
  private policy: CircuitBreakerPolicy;
  private openUntil = 0;
  private asking = false;
  private lastReason = "";

  constructor(private readonly options: BreakerOptions = {}) {
    this.policy = this.closedPolicy();
  }

  get state(): BreakerState {
    switch (this.policy.state) {
      case CircuitState.Closed:
        return "closed";
      case CircuitState.HalfOpen:
        return "half-open";
      default:
        return "open";
    }
  }

  /** Why it opened last; empty if it never did. */
  get reason(): string {
    return this.lastReason;
  }

  /** When it opened, or would have so as to end now; by Date.now(). */
  get openedAt(): number {
    return this.openUntil - this.openMs;
  }

  /** Whether `run` would run a call now: closed, or due for a probe that nobody has begun. */
  get usable(): boolean {
    const { state } = this.policy;
    if (state === CircuitState.Closed) return true;
    return state === CircuitState.Open && Date.now() >= this.openUntil && !this.asking;
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    if (!this.usable) throw new Skipped("circuit_open");
    if (this.policy.state === CircuitState.Open) {
      this.asking = true;
      try {
        if (!(await (this.options.mayProbe?.() ?? true))) throw new Skipped("circuit_open");
      } finally {
        this.asking = false;
      }
      // Another process may have told meanwhile how its probe went.
      if (!this.usable) throw new Skipped("circuit_open");
    }
    try {
      return await this.policy.execute(call);
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw new Skipped("circuit_open");
      throw error;
    }
  }

  /**
   * Opens it at once, before errors start: an instance was told that it will be taken away, for example.
   *
   * @param openMs default: as after failures
   */
  trip(reason: string, openMs = this.openMs): void {
    const openedAt = Date.now() - (this.openMs - openMs);
    this.opened(openedAt, reason);
    this.options.onChange?.({ state: "open", openedAt, reason });
  }

  /** Takes over what another process decided. */
  adopt(change: Exclude<BreakerChange, { state: "half-open" }>): void {
    if (change.state === "open") this.opened(change.openedAt, change.reason);
    else this.policy = this.closedPolicy();
  }

  private get openMs(): number {
    return this.options.openMs ?? 60_000;
  }

  private opened(openedAt: number, reason: string): void {
    this.lastReason = reason;
    this.openUntil = openedAt + this.openMs;
    // cockatiel's way to begin open. Calls that still run belong to the policy before and no longer count.
    this.policy = this.listen(
      this.policyOf({ ownState: { value: CircuitState.Open, openedAt, attemptNo: 1 }, breakerState: 0 }),
    );
  }

  private closedPolicy(): CircuitBreakerPolicy {
    return this.listen(this.policyOf());
  }

  private policyOf(initialState?: unknown): CircuitBreakerPolicy {
    const counts = (error: unknown): boolean => {
      if (error instanceof ProviderError && error.providerFault) return true;
      // A caller that leaves, or may not ask, says nothing about the target; but a probe of theirs has shown nothing either.
      const nothing = error instanceof Skipped || (error instanceof ProviderError && error.kind === "cancelled");
      return nothing && made.state === CircuitState.HalfOpen;
    };
    const made = circuitBreaker(handleWhen(counts), {
      halfOpenAfter: this.openMs,
      breaker: new ConsecutiveBreaker(this.options.failures ?? 3),
      ...(initialState === undefined ? {} : { initialState }),
    });
    return made;
  }

  private listen(policy: CircuitBreakerPolicy): CircuitBreakerPolicy {
    policy.onBreak((cause) => {
      if (policy !== this.policy) return;
      const openedAt = Date.now();
      const why = "error" in cause && cause.error instanceof Error ? cause.error.message : "held open";
      this.lastReason = why;
      this.openUntil = openedAt + this.openMs;
      this.options.onChange?.({ state: "open", openedAt, reason: why });
    });
    policy.onHalfOpen(() => policy === this.policy && this.options.onChange?.({ state: "half-open" }));
    policy.onReset(() => policy === this.policy && this.options.onChange?.({ state: "closed" }));
    return policy;
  }
}
