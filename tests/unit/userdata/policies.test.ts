import { describe, expect, test } from "vitest";
import { packUserData, renderOllama, renderVllm } from "../../../userdata/render";
import { judge, pass } from "../policy-pack/rules";
import { ollamaOptions, vllmOptions } from "./options";

const scripts = { vllm: renderVllm(vllmOptions), ollama: renderOllama(ollamaOptions) };
const rules = ["llm-image-digest", "llm-weights-checksum", "llm-provider-keys", "lp-user-data-secrets"];
const verdict = (rule: string, script: string) =>
  judge(rule, { type: "aws:ec2/launchTemplate:LaunchTemplate", props: { userData: packUserData(script) } });

describe.each(Object.entries(scripts))("[ollama P32] user data of %s", (_, script) => {
  test.each(rules)("passes %s", async (rule) => {
    expect(await verdict(rule, script)).toEqual(pass);
  });

  test("would not pass with an image by tag: the rule reads what runs in it", async () => {
    const { violations } = await verdict("llm-image-digest", script.replace(/@sha256:[0-9a-f]{64}/, ":latest"));
    expect(violations.join()).toContain("a container image without a digest is in line");
  });

  test("would not pass with a provider's key in it", async () => {
    const key = `hf_${"a1B2c3D4e5".repeat(4)}`;
    const { violations } = await verdict("llm-provider-keys", `${script}\nexport HF_TOKEN=${key}\n`);
    expect(violations).not.toEqual([]);
  });
});

test("user data of vLLM would not pass without commit and checksum: the rule reads how weights come", async () => {
  const careless = scripts.vllm
    .replaceAll("sha256sum --check", "true")
    .replace(/REVISION='[0-9a-f]{40}'/, "REVISION='main'");
  const { violations } = await verdict("llm-weights-checksum", careless);
  expect(violations.join()).toContain("fetches model weights that nothing checks");
});
