import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { affinityKey } from "../../../../services/gateway/router/affinity";
import { Ring } from "../../../../services/gateway/router/ring";

const names = (count: number) => Array.from({ length: count }, (_, index) => `http://10.0.0.${index}:8000/v1`);
const keys = Array.from({ length: 4000 }, (_, index) => `conversation ${index}`);
const always = () => true;
const first = (ring: Ring, key: string) => ring.replicas[ring.order(key, 1, always)[0] ?? -1];

describe("the ring of replicas", () => {
  test("spreads keys about evenly", () => {
    const ring = new Ring(names(8));
    const counts = new Map<string | undefined, number>();
    for (const key of keys) counts.set(first(ring, key), (counts.get(first(ring, key)) ?? 0) + 1);
    for (const count of counts.values()) expect(count / (keys.length / 8)).toBeCloseTo(1, 0);
    expect(counts.size).toBe(8);
  });

  test("a replica that leaves moves its own keys only", () => {
    const before = new Ring(names(8));
    const [gone, ...rest] = names(8);
    const after = new Ring(rest);
    const moved = keys.filter((key) => first(before, key) !== first(after, key));
    expect(moved.length).toBeGreaterThan(0);
    for (const key of moved) expect(first(before, key)).toBe(gone);
  });

  test("gives distinct usable replicas, the free ones first, as many as there are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 14 }),
        fc.string(),
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        (size, count, key, usable, busy) => {
          const ring = new Ring(names(size));
          const order = ring.order(
            key,
            count,
            (index) => usable[index] === true,
            (index) => busy[index] === true,
          );
          const all = names(size).flatMap((_, index) => (usable[index] ? [index] : []));
          expect(order).toHaveLength(Math.min(count, all.length));
          expect(new Set(order).size).toBe(order.length);
          for (const index of order) expect(usable[index]).toBe(true);
          const free = all.filter((index) => !busy[index]).length;
          if (size > 1) expect(order.filter((index) => !busy[index])).toHaveLength(Math.min(count, free));
          const firstBusy = order.findIndex((index) => busy[index]);
          if (size > 1 && firstBusy >= 0) for (const index of order.slice(firstBusy)) expect(busy[index]).toBe(true);
        },
      ),
    );
  });

  test("refuses a replica twice", () => {
    expect(() => new Ring(["a", "a"])).toThrow("distinct replicas");
  });
});

describe("affinity", () => {
  const system = { role: "system", content: "You are brief." };
  const ask = (content: unknown) => ({ role: "user", content });

  test("later turns of a conversation have the key of the first", () => {
    const turn = [system, ask("Why?")];
    const later = [...turn, { role: "assistant", content: "Because." }, ask("Really?")];
    expect(affinityKey({ messages: later }, undefined)).toBe(affinityKey({ messages: turn }, undefined));
    expect(affinityKey({ messages: [system, ask("Who?")] }, undefined)).not.toBe(
      affinityKey({ messages: turn }, undefined),
    );
    expect(affinityKey({ messages: [ask("Why?"), ask("x")] }, undefined)).toBe("Why?");
  });

  test("a session counts more than a cache key, and that more than the text", () => {
    const body = { prompt_cache_key: "k", prompt: "Once" };
    expect(affinityKey(body, "s")).toBe("session:s");
    expect(affinityKey(body, undefined)).toBe("cache:k");
    expect(affinityKey({ prompt: "Once" }, undefined)).toBe("Once");
  });

  test("takes text parts, and nothing at all", () => {
    const parts = [
      { type: "text", text: "a" },
      { type: "image_url", image_url: {} },
      { type: "text", text: "b" },
    ];
    expect(affinityKey({ messages: [ask(parts)] }, undefined)).toBe("ab");
    expect(affinityKey({ messages: [] }, undefined)).toBe("");
    expect(affinityKey({}, undefined)).toBe("");
  });
});
