import type { Caller } from "./auth/authenticate";
import type { BreakerBoard } from "./breaker/board";
import type { ProviderError } from "./errors";
import type { Telemetry } from "./monitoring/telemetry";
import { type Plan, plan, type RouteRequest } from "./router/plan";
import { isPaid, type Provider, type Target } from "./router/providers";
import { run, Skipped } from "./router/run";
import type { SpendLedger } from "./spend/ledger";
import { costMicroUsd, estimateMicroUsd, type Usage } from "./spend/prices";

export interface RouterDeps {
  readonly chain: readonly Provider[];
  readonly circuits: BreakerBoard;
  readonly ledger: SpendLedger;
  readonly telemetry: Telemetry;
  /** What the last background check said of a target. */
  readonly healthy: (target: Target) => boolean;
  readonly loadFactor: number;
}

/** A request on its way to a provider. */
export interface Routed<T> {
  readonly route: RouteRequest;
  readonly caller: Pick<Caller, "id" | "usdPerDay">;
  /** For the estimate of its cost. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly bytes: number;
  /** By Date.now(). */
  readonly deadline: number;
  /** Waits before a retry; false when the caller left meanwhile. */
  readonly sleep: (ms: number) => Promise<boolean>;
  readonly attempt: (
    target: Target,
    remainingMs: number,
  ) => Promise<{ readonly result: T; readonly usage: Usage | undefined }>;
}

/** Brings requests to providers: by the plan, through the circuits, within what the caller may spend. */
export class LLMRouter {
  private readonly running = new Map<Target, number>();
  private readonly totals = new Map<Provider, number>();
  private readonly view = {
    usable: (target: Target) => this.deps.circuits.of(target).usable,
    healthy: (target: Target) => this.deps.healthy(target),
    load: (target: Target) => this.running.get(target) ?? 0,
    total: (provider: Provider) => this.totals.get(provider) ?? 0,
  };

  constructor(private readonly deps: RouterDeps) {}

  plan(request: RouteRequest): Plan {
    return plan(this.deps.chain, request, this.view, { loadFactor: this.deps.loadFactor });
  }

  /** @throws GatewayError when nobody answers */
  route<T>(request: Routed<T>): Promise<T> {
    const { circuits, telemetry } = this.deps;
    return run(this.plan(request.route), request.deadline, {
      circuit: (target) => circuits.of(target),
      attempt: (target) => this.attempt(target, request),
      sleep: request.sleep,
      now: Date.now,
      failed: (target: Target, failure: ProviderError) => telemetry.attempt(target.id, failure.kind),
    });
  }

  private async attempt<T>(target: Target, request: Routed<T>): Promise<T> {
    const { provider } = target;
    const reservation = isPaid(provider) ? await this.reserve(provider, request) : undefined;
    this.count(target, 1);
    try {
      const ask = () => request.attempt(target, request.deadline - Date.now());
      const { result, usage } = await this.deps.telemetry.datadog.traceLLM(target.id, ask, { model: provider.model });
      this.deps.telemetry.attempt(target.id, "ok", usage);
      if (usage) await reservation?.settle(costMicroUsd(provider.usdPerMillion, usage));
      return result;
    } catch (error) {
      // What has not begun to answer is not charged; of what broke off nobody knows the price, and the estimate stays.
      if (!isCommitted(error)) await reservation?.settle(0);
      throw error;
    } finally {
      this.count(target, -1);
    }
  }

  private count(target: Target, by: 1 | -1): void {
    this.running.set(target, (this.running.get(target) ?? 0) + by);
    this.totals.set(target.provider, (this.totals.get(target.provider) ?? 0) + by);
  }

  private async reserve<T>({ usdPerMillion }: Provider, { caller, body, bytes }: Routed<T>) {
    const estimate = estimateMicroUsd(usdPerMillion, body, bytes);
    const reservation = await this.deps.ledger.reserve(caller.id, caller.usdPerDay, estimate);
    if (!reservation) throw new Skipped("spend_cap");
    return reservation;
  }
}

function isCommitted(error: unknown): boolean {
  return (error as Partial<ProviderError>).details?.committed === true;
}
