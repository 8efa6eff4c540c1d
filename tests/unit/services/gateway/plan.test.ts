import { describe, expect, test } from "vitest";
import { plan, type RouteRequest, type View } from "../../../../services/gateway/router/plan";
import { providersOf } from "../../../../services/gateway/router/providers";
import { readSettings } from "../../../../services/gateway/settings";
import { allWell, gemini, ollama, request, vllm, wholeChain } from "./router-fixtures";

const order = (chain = wholeChain(), wanted: Partial<RouteRequest> = {}, view: Partial<View> = {}) => {
  const { targets, skipped } = plan(chain, { ...request, ...wanted }, { ...allWell, ...view });
  return [targets.map(({ id }) => id), Object.fromEntries(skipped.map(({ provider, kind }) => [provider, kind]))];
};

describe("who is asked, in which order", () => {
  test("the chain's own order, when all is well", () => {
    expect(order()).toEqual([["vllm/0", "ollama", "gemini"], {}]);
  });

  test("a private request goes to the VPC's providers only", () => {
    expect(order(undefined, { private: true })).toEqual([["vllm/0", "ollama"], { gemini: "outside" }]);
    expect(order([gemini()], { private: true })).toEqual([[], { gemini: "outside" }]);
  });

  test("a task of high risk passes the small model by", () => {
    expect(order(undefined, { risk: "high" })).toEqual([["vllm/0", "gemini"], { ollama: "risk" }]);
  });

  test("of equals the free one comes first for a task of low risk", () => {
    const chain = [gemini(), ollama()];
    expect(order(chain, { risk: "low" })[0]).toEqual(["ollama", "gemini"]);
    expect(order(chain, { risk: "medium" })[0]).toEqual(["gemini", "ollama"]);
  });

  test("who serves the wanted model comes first; the others stand by", () => {
    expect(order(undefined, { model: "small" })[0]).toEqual(["ollama", "vllm/0", "gemini"]);
  });

  test("an unhealthy provider comes last and is asked all the same", () => {
    const healthy: View["healthy"] = ({ id }) => id !== "vllm/0";
    expect(order(undefined, {}, { healthy })[0]).toEqual(["ollama", "gemini", "vllm/0"]);
  });

  test("an open circuit leaves a provider out", () => {
    expect(order(undefined, {}, { usable: ({ id }) => id !== "ollama" })).toEqual([
      ["vllm/0", "gemini"],
      { ollama: "circuit_open" },
    ]);
  });
});

describe("replicas", () => {
  const chain = [vllm(4)];
  const [home = "", second = ""] = order(chain)[0] as string[];

  test("two of them, the same for the same beginning", () => {
    expect(order(chain)[0]).toHaveLength(2);
    expect(order(chain)[0]).toEqual([home, second]);
    const homes = new Set(
      Array.from({ length: 50 }, (_, index) => order(chain, { affinity: `${index}` })[0]?.[0 as never]),
    );
    expect(homes.size).toBe(4);
  });

  test("one with an open circuit, a failed check or more than its share gives way to the next", () => {
    expect(order(chain, {}, { usable: ({ id }) => id !== home })[0]?.[0 as never]).toBe(second);
    expect(order(chain, {}, { healthy: ({ id }) => id !== home })[0]?.[0 as never]).toBe(second);
    expect(order(chain, {}, { load: ({ id }) => (id === home ? 9 : 1), total: () => 12 })[0]?.[0 as never]).toBe(
      second,
    );
    expect(order(chain, {}, { load: () => 9, total: () => 36 })[0]?.[0 as never]).toBe(home);
    expect(order(chain, {}, { load: ({ id }) => (id === home ? 7 : 0), total: () => 7 })[0]?.[0 as never]).toBe(home);
  });

  test("unhealthy ones are asked when there are no others", () => {
    expect(order(chain, {}, { healthy: () => false })[0]).toHaveLength(2);
  });
});

test("the settings make the chain vLLM -> Ollama -> Gemini", () => {
  const settings = readSettings({
    ALLOW_ANONYMOUS: "true",
    VLLM_BASE_URLS: "http://a/v1,http://b/v1",
    VLLM_MODEL: "large",
    OLLAMA_BASE_URL: "http://c/v1",
    OLLAMA_MODEL: "small",
    GEMINI_API_KEY: "g",
  });
  const shown = (chain = providersOf(settings)) =>
    chain.map(({ kind, inVpc, targets }) => [kind, inVpc, targets.map(({ id, baseUrl }) => `${id} ${baseUrl}`)]);
  expect(shown()).toEqual([
    ["vllm", true, ["vllm/0 http://a/v1", "vllm/1 http://b/v1"]],
    ["ollama", true, ["ollama http://c/v1"]],
    ["gemini", false, ["gemini https://generativelanguage.googleapis.com/v1beta/openai"]],
  ]);
  expect(
    shown(providersOf({ ...settings, ENABLE_VLLM: false, GEMINI_API_KEY: undefined })).map(([kind]) => kind),
  ).toEqual(["ollama"]);
});
