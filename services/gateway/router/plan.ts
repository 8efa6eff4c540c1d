import type { AttemptReport, SkipReason } from "../errors";
import { isPaid, type Provider, type Risk, risks, type Target } from "./providers";

/** What the router needs to know of a request. */
export interface RouteRequest {
  /** `auto`, or the model that the caller wants. */
  readonly model: string;
  readonly risk: Risk;
  /** Only providers within the VPC may see it. */
  readonly private: boolean;
  /** Requests with the same key go to the same replica. */
  readonly affinity: string;
}

/** What the router needs to know of the world now. */
export interface View {
  /** Whether the circuit lets a request through. */
  usable(target: Target): boolean;
  /** What the last background check said. */
  healthy(target: Target): boolean;
  /** Requests that run on it now. */
  load(target: Target): number;
  /** Requests that run on all replicas of a provider now. */
  total(provider: Provider): number;
}

export interface Plan {
  /** To be asked in this order until one answers. */
  readonly targets: readonly Target[];
  /** Who is not asked, and why. */
  readonly skipped: readonly AttemptReport[];
}

/** An engine answers so many requests together at no cost to each, so a replica that has fewer is never passed over. */
const LEAST_SHARE = 8;

export interface PlanOptions {
  /** A replica with more than this times the average load is passed over. Default: 1.25. */
  readonly loadFactor?: number;
  /** Replicas of one provider that a request tries before it goes on to the next provider. Default: 2. */
  readonly replicas?: number;
}

/**
 * Who should answer a request, in which order.
 *
 * Out from the start: providers outside the VPC for a private request, those that the task is too risky for, and those whose circuit is open.
 * Of the others those come first that serve the wanted model, then those that are healthy, then, for a task of low risk, the cheaper; what is
 * left of a tie the chain decides. So an unhealthy provider is still asked when nobody else can answer.
 */
export function plan(chain: readonly Provider[], request: RouteRequest, view: View, options: PlanOptions = {}): Plan {
  const skipped: AttemptReport[] = [];
  const ranked: { rank: number; price: number; targets: Target[] }[] = [];
  for (const provider of chain) {
    const reason = exclusion(provider, request);
    if (reason !== undefined) {
      skipped.push({ provider: provider.kind, kind: reason, message: reasons[reason] });
      continue;
    }
    const targets = replicas(provider, request.affinity, view, options);
    const [first] = targets;
    if (first === undefined) {
      skipped.push({ provider: provider.kind, kind: "circuit_open", message: reasons.circuit_open });
      continue;
    }
    const otherModel = request.model !== "auto" && request.model !== provider.model;
    ranked.push({
      rank: (otherModel ? 2 : 0) + (view.healthy(first) ? 0 : 1),
      price: request.risk === "low" && isPaid(provider) ? price(provider) : 0,
      targets,
    });
  }
  // Array.sort keeps the order of equals: that of the chain.
  if (ranked.length > 1) ranked.sort((a, b) => a.rank - b.rank || a.price - b.price);
  return {
    targets: ranked.length === 1 ? (ranked[0]?.targets ?? []) : ranked.flatMap(({ targets }) => targets),
    skipped,
  };
}

export const reasons: Readonly<Record<SkipReason, string>> = {
  circuit_open: "its circuit is open after failures or a notice",
  outside: "the request is private and the provider is outside the VPC",
  risk: "the task is too risky for it",
  spend_cap: "the key's spend cap for paid providers is reached, or can't be read",
  not_asked: "not asked: the request's time was up",
};

function exclusion({ inVpc, maxRisk }: Provider, request: RouteRequest): "outside" | "risk" | undefined {
  if (request.private && !inVpc) return "outside";
  return risks.indexOf(request.risk) > risks.indexOf(maxRisk) ? "risk" : undefined;
}

/** Healthy replicas first, in the order of the ring for this key. */
function replicas(provider: Provider, affinity: string, view: View, options: PlanOptions): Target[] {
  const { loadFactor = 1.25, replicas: count = 2 } = options;
  const { targets, ring } = provider;
  const at = (index: number) => targets[index];
  const [only] = targets;
  if (only !== undefined && targets.length === 1) return view.usable(only) ? [only] : [];
  const share = Math.max(LEAST_SHARE, Math.ceil((loadFactor * (view.total(provider) + 1)) / targets.length));
  const test = (check: (target: Target) => boolean) => (index: number) => {
    const target = at(index);
    return target !== undefined && check(target);
  };
  const busy = test((target) => view.load(target) + 1 > share);
  const pick = (check: (target: Target) => boolean, most: number) => ring.order(affinity, most, test(check), busy);
  const healthy = pick((target) => view.usable(target) && view.healthy(target), count);
  const rest =
    healthy.length < count
      ? pick((target) => view.usable(target) && !view.healthy(target), count - healthy.length)
      : [];
  return [...healthy, ...rest].flatMap((index) => at(index) ?? []);
}

function price({ usdPerMillion: { input, output } }: Provider): number {
  return input + output;
}
