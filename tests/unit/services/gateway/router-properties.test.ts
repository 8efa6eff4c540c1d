import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Breaker, type BreakerState } from "../../../../services/gateway/breaker/breaker";
import { type FailureKind, GatewayError, ProviderError } from "../../../../services/gateway/errors";
import { plan } from "../../../../services/gateway/router/plan";
import { risks, type Target } from "../../../../services/gateway/router/providers";
import { PATIENCE_MS, RULES } from "../../../../services/gateway/router/rules";
import { run } from "../../../../services/gateway/router/run";
import { gemini, ollama, vllm } from "./router-fixtures";

const outcome = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: "ok" as const }) },
  fc.record({
    kind: fc.constantFrom(...(Object.keys(RULES) as FailureKind[])),
    committed: fc.boolean(),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 2 * PATIENCE_MS }), { nil: undefined }),
  }),
);

const world = fc.record({
  replicas: fc.integer({ min: 0, max: 4 }),
  hasOllama: fc.boolean(),
  hasGemini: fc.boolean(),
  steps: fc.array(
    fc.record({
      /** Time that passes first. */
      wait: fc.constantFrom(0, 1, 30_000, 59_999, 60_000),
      /** A target that gets a notice first. */
      trip: fc.option(fc.nat(5), { nil: undefined, freq: 8 }),
      unhealthy: fc.nat(63),
      /** Requests that come together. */
      requests: fc.array(
        fc.record({
          private: fc.boolean(),
          risk: fc.constantFrom(...risks),
          model: fc.constantFrom("auto", "large", "small", "unheard-of"),
          affinity: fc.string({ maxLength: 3 }),
          /** How each attempt goes, and after how many turns of the event loop. */
          outcomes: fc.array(fc.tuple(outcome, fc.nat(3)), { minLength: 8, maxLength: 8 }),
        }),
        { maxLength: 4 },
      ),
    }),
    { maxLength: 12 },
  ),
});

const legal: Readonly<Record<BreakerState, readonly BreakerState[]>> = {
  closed: ["open"],
  open: ["half-open", "open"],
  "half-open": ["closed", "open"],
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

test("for any failures and recoveries: one answer or one error that names all tried, legal circuits, and nothing private outside", async () => {
  await fc.assert(
    fc.asyncProperty(world, async ({ replicas, hasOllama, hasGemini, steps }) => {
      const chain = [
        ...(replicas > 0 ? [vllm(replicas)] : []),
        ...(hasOllama ? [ollama()] : []),
        ...(hasGemini ? [gemini()] : []),
      ];
      const targets = chain.flatMap((each) => each.targets);
      const running = new Map<Target, number>();
      const breakers = new Map(
        targets.map((target) => {
          let before: BreakerState = "closed";
          const onChange = ({ state }: { state: BreakerState }) => {
            expect(legal[before], `${target.id}: ${before} -> ${state}`).toContain(state);
            before = state;
          };
          return [target, new Breaker({ onChange })];
        }),
      );
      const breaker = (target: Target) => breakers.get(target) ?? expect.fail(`${target.id} is not in the chain`);

      for (const { wait, trip, unhealthy, requests } of steps) {
        vi.setSystemTime(Date.now() + wait);
        const noticed = trip === undefined ? undefined : targets[trip];
        if (noticed) breaker(noticed).trip("notice");

        await Promise.all(
          requests.map(async ({ outcomes, ...request }) => {
            const tried: Target[] = [];
            const failures: ProviderError[] = [];
            let answers = 0;
            const planned = plan(chain, request, {
              usable: (target) => breaker(target).usable,
              healthy: (target) => (unhealthy & (1 << targets.indexOf(target))) === 0,
              load: (target) => running.get(target) ?? 0,
              total: (provider) => provider.targets.reduce((sum, target) => sum + (running.get(target) ?? 0), 0),
            });
            const attempt = async (target: Target) => {
              expect(request.private && !target.provider.inVpc, "private and outside").toBe(false);
              expect(breaker(target).state, "asked through an open circuit").not.toBe("open");
              if (failures.some(({ details }) => details.committed)) expect.fail("asked after the first token");
              const alone = breaker(target).state === "half-open";
              if (alone) expect(probes.has(target), "two probes").toBe(false);
              if (alone) probes.add(target);
              tried.push(target);
              running.set(target, (running.get(target) ?? 0) + 1);
              const [how, turns] = outcomes[tried.length - 1] ?? expect.fail("more than 8 attempts");
              for (let turn = 0; turn < turns; turn++) await Promise.resolve();
              running.set(target, (running.get(target) ?? 0) - 1);
              if (alone) probes.delete(target);
              if (how.kind === "ok") {
                answers += 1;
                return target;
              }
              const failure = new ProviderError(how.kind, "as told", how);
              failures.push(failure);
              throw failure;
            };
            const result = await run(planned, Date.now() + 600_000, {
              circuit: breaker,
              attempt,
              sleep: async () => true,
              now: () => Date.now(),
            }).catch((error: unknown) => error);

            if (!(result instanceof GatewayError)) {
              expect(result).toBe(tried.at(-1));
              expect(answers).toBe(1);
              expect(failures).toHaveLength(tried.length - 1);
              return;
            }
            expect(answers).toBe(0);
            const named = new Set(result.details.attempts?.map(({ provider }) => provider));
            for (const { id } of tried) expect(named, `${result.message} names ${id}`).toContain(id);
            if (result.code === "all_providers_failed" || result.code === "no_provider") {
              for (const { kind } of chain) {
                expect(
                  [...named].some((each) => each === kind || each.startsWith(`${kind}/`)),
                  kind,
                ).toBe(true);
              }
            }
          }),
        );
      }
    }),
    { numRuns: 300 },
  );
});

/** Targets that are probed now. */
const probes = new Set<Target>();
