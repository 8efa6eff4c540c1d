import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Admission,
  type AdmissionEvent,
  type AdmissionLimits,
  type Effect,
  isFull,
  nobody,
  positionOf,
  step,
} from "../../../../services/afirgen/backend/admission";

const limits: AdmissionLimits = {
  maxRunning: 3,
  maxWaiting: 10,
  queueAbovePercent: 85,
  resumeBelowPercent: 80,
  abandonedMs: 60_000,
  maxWaitMs: 900_000,
};

function play(events: readonly AdmissionEvent[], from: Admission = nobody) {
  let state = from;
  const effects: Effect[] = [];
  for (const event of events) {
    const next = step(state, event, limits);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

const offer = (id: string, now = 0): AdmissionEvent => ({ kind: "offer", id, now });
const memory = (percent: number, now = 0): AdmissionEvent => ({ kind: "memory", percent, now });
const offers = (count: number, now = 0) => Array.from({ length: count }, (_, index) => offer(`f${index + 1}`, now));

describe("admission", () => {
  test("three work at once, ten wait in order, the next is refused", () => {
    const { state, effects } = play(offers(14));
    expect(state.running).toEqual(["f1", "f2", "f3"]);
    expect(state.waiting.map(({ id }) => id)).toEqual(["f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12", "f13"]);
    expect(effects.filter(({ kind }) => kind === "refuse")).toEqual([{ kind: "refuse", id: "f14" }]);
    expect([positionOf(state, "f4"), positionOf(state, "f13"), positionOf(state, "f1")]).toEqual([1, 10, undefined]);
    expect(isFull(state, limits)).toBe(true);
  });

  test("above 85 % new ones wait, between 80 and 85 they still do, below 80 they go on one by one", () => {
    const { state } = play([memory(85.1), offer("a"), offer("b"), memory(80), memory(84.9)]);
    expect(state).toMatchObject({ running: [], closed: true });
    const first = play([memory(79.9)], state);
    expect(first.effects).toEqual([{ kind: "start", id: "a" }]);
    expect(play([memory(79.9)], first.state).effects).toEqual([{ kind: "start", id: "b" }]);
    // From below, 85 itself is not above.
    expect(play([memory(85), offer("c")]).effects).toEqual([{ kind: "start", id: "c" }]);
  });

  test("who leaves the queue lets the others move up; who ends lets the first one work", () => {
    const { state } = play([...offers(6), { kind: "cancel", id: "f4", now: 1 }]);
    expect([positionOf(state, "f4"), positionOf(state, "f5"), positionOf(state, "f6")]).toEqual([undefined, 1, 2]);
    const after = play([{ kind: "ended", id: "f2", now: 2 }], state);
    expect(after.effects).toEqual([{ kind: "start", id: "f5" }]);
    expect(after.state.running).toEqual(["f1", "f3", "f5"]);
  });

  test("a caller that asks keeps its place, one that does not loses it after a minute, nobody waits longer than 15", () => {
    const asked = (now: number): AdmissionEvent => ({ kind: "asked", id: "f4", now });
    const { state, effects } = play([...offers(5), asked(59_000), memory(50, 60_001)]);
    expect(effects.at(-1)).toEqual({ kind: "drop", id: "f5", why: "abandoned" });
    expect(positionOf(state, "f4")).toBe(1);
    const events = Array.from({ length: 16 }, (_, index) => asked(59_000 + (index + 1) * 55_000));
    expect(play(events, state).effects).toEqual([{ kind: "drop", id: "f4", why: "waited-too-long" }]);
  });

  const event = fc.oneof(
    fc.record({ kind: fc.constant("offer" as const), id: fc.integer({ min: 0, max: 30 }).map(String) }),
    fc.record({ kind: fc.constant("memory" as const), percent: fc.double({ min: 0, max: 100, noNaN: true }) }),
    fc.record({
      kind: fc.constantFrom("asked" as const, "ended" as const, "cancel" as const),
      id: fc.integer({ min: 0, max: 30 }).map(String),
    }),
  );

  test("[afirgen P5] whatever comes, at most three work and ten wait, each once, in the order in which they came", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.integer({ min: 0, max: 20_000 })), { maxLength: 120 }), (events) => {
        let state = nobody;
        let now = 0;
        let serial = 0;
        const came = new Map<string, number>();
        for (const [each, passed] of events) {
          now += passed;
          // An id is given once.
          const id =
            each.kind === "offer" ? `${each.id}-${serial++}` : "id" in each ? (state.waiting[0]?.id ?? each.id) : "";
          const given = each.kind === "memory" ? { ...each, now } : { ...each, id, now };
          if (given.kind === "offer") came.set(id, serial);
          const before = state;
          const next = step(state, given, limits);
          state = next.state;
          const waiting = state.waiting.map((one) => one.id);
          expect(state.running.length).toBeLessThanOrEqual(3);
          expect(waiting.length).toBeLessThanOrEqual(10);
          expect(new Set([...state.running, ...waiting]).size).toBe(state.running.length + waiting.length);
          expect(waiting).toEqual([...waiting].sort((a, b) => (came.get(a) ?? 0) - (came.get(b) ?? 0)));
          const starts = next.effects.filter(({ kind }) => kind === "start");
          expect(starts.length).toBeLessThanOrEqual(1);
          // While memory is short nothing starts.
          if (state.closed) expect(starts).toEqual([]);
          // Who was there is there, or an effect or the event itself says why not.
          const told = new Set<string>([id, ...next.effects.map((effect) => effect.id)]);
          const there = new Set([...state.running, ...waiting]);
          for (const one of [...before.running, ...before.waiting.map((each) => each.id)]) {
            expect(there.has(one) || told.has(one)).toBe(true);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test("[afirgen P10] once memory is free, all who wait come to work, without anybody's doing", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), (count) => {
        let { state } = play([memory(99), ...offers(count)]);
        expect(state.waiting).toHaveLength(count);
        const started: string[] = [];
        for (let tick = 1; tick <= count * 2; tick += 1) {
          const next = step(state, memory(50, tick * 1000), limits);
          state = next.state;
          for (const effect of next.effects) if (effect.kind === "start") started.push(effect.id);
          const [done] = state.running;
          if (done !== undefined) {
            const after = step(state, { kind: "ended", id: done, now: tick * 1000 }, limits);
            state = after.state;
            for (const effect of after.effects) if (effect.kind === "start") started.push(effect.id);
          }
        }
        expect(started).toEqual(offers(count).map((each) => ("id" in each ? each.id : "")));
      }),
    );
  });
});
