import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { maxUserDataBytes, packUserData, renderGateway, renderOllama, renderVllm } from "../../../userdata/render";
import { shellcheck } from "../../support/shellcheck";
import { digestOf, gatewayOptions, ollamaOptions, vllmOptions } from "./options";

const scripts = {
  vllm: renderVllm(vllmOptions),
  ollama: renderOllama(ollamaOptions),
  gateway: renderGateway(gatewayOptions),
};
const embedded = (script: string) =>
  new Map(
    [...script.matchAll(/^put (\S+) \d+ <<'LLM_STACKS_FILE'\n(.*?)^LLM_STACKS_FILE$/gms)].map((m) => [m[1], m[2]]),
  );

describe.each(Object.entries(scripts))("[phi3 4.1] [ollama 4.1] user data of %s", (name, script) => {
  test("is what it was when last looked at", async () => {
    await expect(script).toMatchFileSnapshot(`goldens/${name}.sh`);
  });

  test("is clean to ShellCheck, as are the scripts that it puts on the instance", async () => {
    expect(await shellcheck(script)).toEqual([]);
    const programs = [...embedded(script)].filter(([, text = ""]) =>
      /^#!\/bin\/bash|shellcheck shell=bash/m.test(text),
    );
    expect(programs.length).toBeGreaterThan(5);
    for (const [path, text = ""] of programs)
      expect({ path, found: await shellcheck(text) }).toEqual({ path, found: [] });
  });

  test("names no program in a unit that it does not put there", () => {
    const files = embedded(script);
    const started = [...files.values()].flatMap((text = "") =>
      [...text.matchAll(/^ExecStart(?:Pre)?=(\/opt\/llm-stacks\/\S+)/gm)].map((match) => match[1]),
    );
    expect(started.length).toBeGreaterThan(2);
    for (const path of started) expect(files.has(path)).toBe(true);
  });

  test("stays under EC2's 16 KB and unpacks to itself", () => {
    const packed = Buffer.from(packUserData(script), "base64");
    expect(packed.length).toBeLessThan(maxUserDataBytes);
    expect(gunzipSync(packed).toString("utf8")).toBe(script);
  });
});

describe("packing user data", () => {
  test("gives the same text wherever it is done", () => {
    const header = Buffer.from(packUserData("#!/bin/sh\n"), "base64").subarray(0, 10);
    // No time, and "unknown" as the operating system.
    expect(header.toString("hex")).toBe("1f8b08000000000002ff");
  });

  test("refuses what EC2 would refuse", () => {
    const random = Array.from({ length: 40_000 }, (_, index) => Math.imul(index + 1, 2654435761).toString(36)).join("");
    expect(() => packUserData(random)).toThrow(/^the user data is \d+ bytes when compressed, and EC2 takes 16384;/);
  });
});

describe("options", () => {
  test("are all judged at once, by path", () => {
    const wrong = {
      ...vllmOptions,
      image: "vllm/vllm-openai:latest",
      port: 80,
      gpuMemoryUtilization: 1.5,
      apiKeyParameter: "/a key",
      model: { ...vllmOptions.model, revision: "main" },
    };
    expect(() => renderVllm(wrong)).toThrow(
      [
        "options of the vLLM instances: 5 wrong",
        '  image: is "vllm/vllm-openai:latest"; give an image pinned by its digest, repository@sha256:<64 hexadecimal digits>; `docker buildx imagetools inspect name:tag` shows it',
        '  model.revision: is "main"; give a commit of the repository, 40 hexadecimal digits; a branch can move',
        "  port: is 80; give a whole number from 1024 to 65535 (a TCP port that needs no root)",
        "  gpuMemoryUtilization: is 1.5; give a number above 0 and up to 1",
        '  apiKeyParameter: is "/a key"; give the name of an SSM parameter, such as /phi3/dev/api-key',
      ].join("\n"),
    );
  });

  const hub = { ...vllmOptions.model, weights: undefined };

  test("without weights need the hub", () => {
    expect(() => renderVllm({ ...vllmOptions, model: hub })).toThrow(
      /model\.weights: are missing, and hubFallback is off/,
    );
    expect(renderVllm({ ...vllmOptions, model: { ...hub, hubFallback: true } })).toContain("HUB_FALLBACK='yes'\n");
  });

  test.each<[string, Partial<typeof ollamaOptions>, string]>([
    ["an image by tag", { webUiImage: "ghcr.io/open-webui/open-webui:v0.6.36" }, "webUiImage: is "],
    ["an image by a short digest", { webUiImage: "open-webui@sha256:abc" }, "webUiImage: is "],
    [
      "a model without a tag",
      { model: { name: "phi3", digest: digestOf("d") } },
      'model.name: is "phi3"; give a model with its tag',
    ],
    [
      "a digest with its algorithm",
      { model: { name: "phi3:mini", digest: `sha256:${digestOf("d")}` } },
      "model.digest: is ",
    ],
    [
      "a channel without a risk",
      { snapChannel: "latest" },
      'snapChannel: is "latest"; give a snap channel as track/risk',
    ],
    ["one port for two", { webUiPort: 11434 }, "webUiPort: is Ollama's port too"],
    [
      "a time in ms",
      { healthTimeoutSeconds: 900_000 },
      "healthTimeoutSeconds: is 900000; give a whole number from 30 to 7200",
    ],
    [
      "AWS's namespace",
      { metricsNamespace: "AWS/EC2" },
      'metricsNamespace: is "AWS/EC2"; give a namespace of your own',
    ],
    ["a URL as the version", { archive: { version: "latest", sha256: digestOf("e") } }, 'archive.version: is "latest"'],
  ])("of Ollama refuse %s", (_, wrong, message) => {
    expect(() => renderOllama({ ...ollamaOptions, ...wrong })).toThrow(message);
  });

  test("keep images by digest alone, whatever the registry", () => {
    const image = `registry.example:5000/team/vllm:v1@sha256:${digestOf("a")}`;
    const script = renderVllm({ ...vllmOptions, image });
    expect(script).toContain(`\nIMAGE='registry.example:5000/team/vllm@sha256:${digestOf("a")}'\n`);
  });
});
