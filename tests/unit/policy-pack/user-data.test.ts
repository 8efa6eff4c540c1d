/** Every way in which user data may carry a script, and the rules that must find it there. */
import { gzipSync } from "node:zlib";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { readingsOf } from "../../../policy-pack/lib/user-data";
import { judge } from "./rules";

const base64 = (text: string | Buffer): string => Buffer.from(text).toString("base64");
const wrapped = (text: string, indent = ""): string => text.replaceAll(/.{1,76}/g, `${indent}$&\n`).trimEnd();
const gzipped = (text: string): string => base64(gzipSync(text));

const mime = (...parts: readonly string[]): string =>
  [
    'Content-Type: multipart/mixed; boundary="==edge=="',
    "MIME-Version: 1.0",
    "",
    ...parts.flatMap((part) => ["--==edge==", part]),
    "--==edge==--",
    "",
  ].join("\n");
const part = (type: string, encoding: string, body: string): string =>
  [`Content-Type: ${type}`, "MIME-Version: 1.0", `Content-Transfer-Encoding: ${encoding}`, "", body].join("\n");
const settings = part("text/cloud-config", "7bit", "#cloud-config\npackage_update: true\n");

/** User data that runs or writes `script`. */
const shapes: Readonly<Record<string, (script: string) => string>> = {
  text: (script) => script,
  base64: (script) => base64(script),
  "base64 in lines": (script) => wrapped(base64(script)),
  gzip: (script) => gzipped(script),
  "a MIME part": (script) => mime(settings, part("text/x-shellscript", "7bit", script)),
  "a MIME part in base64": (script) =>
    mime(settings, part("text/x-shellscript", "base64", wrapped(base64(script))), settings),
  "a compressed MIME part": (script) => mime(part("application/gzip", "base64", wrapped(gzipped(script)))),
  "a MIME part in base64, all of it compressed": (script) =>
    gzipped(mime(part("text/x-shellscript", "base64", wrapped(base64(script))))),
  "write_files as a block": (script) =>
    `#cloud-config\nwrite_files:\n  - path: /a\n    content: |\n${script.replaceAll(/^/gm, "      ")}`,
  "write_files with escapes": (script) =>
    `#cloud-config\nwrite_files:\n  - path: /a\n    content: ${JSON.stringify(script)}\n`,
  "write_files in base64": (script) =>
    `#cloud-config\nwrite_files:\n  - encoding: b64\n    content: ${base64(script)}\n    path: /a\n`,
  "write_files compressed": (script) =>
    `#cloud-config\nwrite_files:\n  - encoding: gz+b64\n    content: ${gzipped(script)}\n    path: /a\n`,
  "write_files compressed, as YAML's binary in lines": (script) =>
    `#cloud-config\nwrite_files:\n  - encoding: gzip\n    content: !!binary |\n${wrapped(gzipped(script), "      ")}\n    path: /a\n`,
  "write_files with escapes in a MIME part in base64": (script) =>
    mime(
      part("text/cloud-config", "base64", base64(`#cloud-config\nwrite_files: [{content: ${JSON.stringify(script)}}]`)),
      settings,
    ),
  "a file that a script decodes": (script) => `#!/bin/sh\necho ${gzipped(script)} | base64 -d | gunzip > /a\n`,
  "a here document that a script decodes": (script) =>
    `#!/bin/sh\nbase64 -d <<EOF | sh\n${wrapped(base64(script))}\nEOF\nexit\n`,
  "base64 in base64 in base64": (script) => base64(base64(base64(script))),
};

/** Long enough to be wrapped, without being the same in each line. */
const filler = Array.from({ length: 12 }, (_, line) => `echo step ${line} >> /var/log/boot.log`);
const script = (line: string): string => ["#!/bin/bash", ...filler, line, ""].join("\n");

describe.each(Object.entries(shapes))("%s", (_, shape) => {
  const template = (line: string) => ({
    type: "aws:ec2/launchTemplate:LaunchTemplate",
    props: { userData: shape(script(line)) },
  });

  test.each([
    ["llm-image-digest", "docker run vllm/vllm-openai:latest", `docker run vllm/vllm-openai@sha256:${"0a".repeat(32)}`],
    ["llm-weights-checksum", "ollama pull phi3", "systemctl start ollama"],
    ["llm-provider-keys", `export HF_TOKEN=hf_${"aB".repeat(17)}`, "export HF_HOME=/models"],
    ["lp-user-data-secrets", `export KEY=AKIA${"QWERTYUIOPASDFGH"}`, "export KEY=web"],
  ])("hides nothing from %s", async (id, bad, good) => {
    expect((await judge(id, template(bad))).violations).toHaveLength(1);
    expect(await judge(id, template(good))).toEqual({ violations: [], unknowns: [] });
  });
});

describe("readings", () => {
  test("commands that cloud-config has as lists are read as one line", async () => {
    const userData = "#cloud-config\nruncmd:\n  - [docker, run, -d, ollama/ollama]\n";
    const verdict = await judge("llm-image-digest", { type: "aws:ec2/instance:Instance", props: { userData } });
    expect(verdict.violations).toHaveLength(1);
  });

  test("a finding in plain sight is told once", () => {
    const userData = "#cloud-config\nwrite_files:\n  - content: |\n      docker run a\n      exit\n";
    expect(readingsOf(userData).filter((text) => text.includes("docker run"))).toEqual([userData]);
  });

  test("a word below base64 does not spoil it, nor do long names that decode to no text", () => {
    const text = wrapped(base64(script("true")));
    const texts = readingsOf(`/usr/local/lib/systemd/system/engine\n${text}\ndone\n${text}`);
    expect(texts.slice(2)).toEqual([script("true")]);
  });

  test("damaged YAML and endless nesting end", () => {
    expect(readingsOf("#cloud-config\n\t- [")).toHaveLength(2);
    let nested = "x".repeat(30);
    for (let depth = 0; depth < 12; depth += 1) nested = `${base64(nested)} ${depth}`;
    expect(readingsOf(nested).length).toBeLessThan(10);
  });

  property.prop([fc.string({ unit: "grapheme" }), fc.string()])("any text can be read", (a, b) => {
    for (const text of [a, `#cloud-config\n${a}: ${b}`, mime(a, base64(b)), gzipped(a)]) {
      expect(readingsOf(text)[0]).toBe(text);
    }
  });
});

test("a command that cloud-config gives as a list of words is read as a line, and no other list is", () => {
  const text = [
    "#cloud-config",
    "runcmd:",
    "  - - docker",
    "    - run",
    "    - vllm/vllm-openai:latest",
    "  - [reboot]",
    "  - []",
    "users: [{ name: a }, { name: b }]",
    "ports: [8000, tcp]",
  ].join("\n");
  // What was read last is kept, so something else is read before.
  readingsOf("");
  // A path such as vllm/vllm-openai could be base64 as well, and is read as that too.
  expect(readingsOf(text).filter((reading) => /^[ -~]*$/.test(reading))).toEqual([
    "docker run vllm/vllm-openai:latest",
  ]);
});
