/** Who may work now, who waits, and who is told to come again: a function of what happened. It reads no clock and no memory. */

export interface AdmissionLimits {
  /** FIRs worked on at a time. */
  readonly maxRunning: number;
  /** FIRs that may wait. */
  readonly maxWaiting: number;
  /** Above that much memory nothing is started. */
  readonly queueAbovePercent: number;
  /** Below that much it goes on. Between the two, things stay as they are. */
  readonly resumeBelowPercent: number;
  /** A waiting caller that has not asked for so long is gone. */
  readonly abandonedMs: number;
  /** Longest wait. */
  readonly maxWaitMs: number;
}

export interface Waiting {
  readonly id: string;
  readonly since: number;
  readonly lastAsked: number;
}

export interface Admission {
  readonly running: readonly string[];
  /** First comes first. */
  readonly waiting: readonly Waiting[];
  /** Memory was above the one limit, and has not been below the other since. */
  readonly closed: boolean;
}

export type AdmissionEvent =
  | { readonly kind: "offer"; readonly id: string; readonly now: number }
  | { readonly kind: "memory"; readonly percent: number; readonly now: number }
  /** The caller looks after its FIR. */
  | { readonly kind: "asked"; readonly id: string; readonly now: number }
  | { readonly kind: "ended"; readonly id: string; readonly now: number }
  | { readonly kind: "cancel"; readonly id: string; readonly now: number };

export type Effect =
  | { readonly kind: "start"; readonly id: string }
  | { readonly kind: "refuse"; readonly id: string }
  | { readonly kind: "drop"; readonly id: string; readonly why: "abandoned" | "waited-too-long" };

export const nobody: Admission = { running: [], waiting: [], closed: false };

/**
 * What follows from an event. At most one FIR is started by an event, so that the memory it takes is seen before the next one.
 * A refused offer, and an event of an id that is unknown, leave the state as it is.
 */
export function step(
  before: Admission,
  event: AdmissionEvent,
  limits: AdmissionLimits,
): { readonly state: Admission; readonly effects: readonly Effect[] } {
  const { state, effects } = apply(before, event, limits);
  const { kept, dropped } = expire(state.waiting, event.now, limits);
  const current = { ...state, waiting: kept };
  const [next, ...rest] = kept;
  if (next === undefined || !mayStart(current, limits)) {
    return { state: current, effects: [...effects, ...dropped] };
  }
  return {
    state: { ...current, running: [...current.running, next.id], waiting: rest },
    effects: [...effects, ...dropped, { kind: "start", id: next.id }],
  };
}

function apply(
  state: Admission,
  event: AdmissionEvent,
  limits: AdmissionLimits,
): { state: Admission; effects: Effect[] } {
  const { running, waiting } = state;
  const without = (id: string) => ({
    ...state,
    running: running.filter((each) => each !== id),
    waiting: waiting.filter((each) => each.id !== id),
  });
  switch (event.kind) {
    case "offer": {
      const { id, now } = event;
      if (waiting.length === 0 && mayStart(state, limits)) {
        return { state: { ...state, running: [...running, id] }, effects: [{ kind: "start", id }] };
      }
      if (waiting.length >= limits.maxWaiting) return { state, effects: [{ kind: "refuse", id }] };
      return { state: { ...state, waiting: [...waiting, { id, since: now, lastAsked: now }] }, effects: [] };
    }
    case "memory":
      return { state: { ...state, closed: isClosed(state.closed, event.percent, limits) }, effects: [] };
    case "asked": {
      const { id, now } = event;
      return {
        state: { ...state, waiting: waiting.map((each) => (each.id === id ? { ...each, lastAsked: now } : each)) },
        effects: [],
      };
    }
    case "ended":
    case "cancel":
      return { state: without(event.id), effects: [] };
  }
}

function isClosed(closed: boolean, percent: number, { queueAbovePercent, resumeBelowPercent }: AdmissionLimits) {
  if (percent > queueAbovePercent) return true;
  return percent < resumeBelowPercent ? false : closed;
}

function mayStart({ closed, running }: Admission, { maxRunning }: AdmissionLimits): boolean {
  return !closed && running.length < maxRunning;
}

function expire(waiting: readonly Waiting[], now: number, { abandonedMs, maxWaitMs }: AdmissionLimits) {
  const kept: Waiting[] = [];
  const dropped: Effect[] = [];
  for (const each of waiting) {
    if (now - each.since > maxWaitMs) dropped.push({ kind: "drop", id: each.id, why: "waited-too-long" });
    else if (now - each.lastAsked > abandonedMs) dropped.push({ kind: "drop", id: each.id, why: "abandoned" });
    else kept.push(each);
  }
  return { kept, dropped };
}

/** Place in the queue, from 1. Undefined for one that does not wait. */
export function positionOf({ waiting }: Admission, id: string): number | undefined {
  const index = waiting.findIndex((each) => each.id === id);
  return index === -1 ? undefined : index + 1;
}

/** Whether an offer would be refused now. */
export function isFull(state: Admission, limits: AdmissionLimits): boolean {
  return state.waiting.length >= limits.maxWaiting && !(state.waiting.length === 0 && mayStart(state, limits));
}
