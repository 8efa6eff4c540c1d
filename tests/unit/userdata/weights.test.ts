import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { afterEach, describe, expect, test } from "vitest";
import { parseWeightsManifest, weightsManifest } from "../../../userdata/render";
import { Machine } from "./machine";
import { digestOf } from "./options";
import { manifest, modelFiles, smallModel, upload } from "./weights";

const weightsPath = "model-00001-of-00001.safetensors";
const commit = "b".repeat(40);
const machines: Machine[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.remove();
});

function machine(): Machine {
  const made = new Machine();
  machines.push(made);
  return made;
}

const file = { path: "config.json", sha256: digestOf("1"), bytes: 7 };

describe("the manifest of weights", () => {
  test("is this text, and its checksum is of that text", () => {
    const { text, sha256 } = weightsManifest([file]);
    expect(text).toBe(
      `{\n "format": "llm-stacks/weights/1",\n "files": [\n  {\n   "path": "config.json",\n   "sha256": "${digestOf("1")}",\n   "bytes": 7\n  }\n ]\n}\n`,
    );
    expect(sha256).toBe(createHash("sha256").update(text).digest("hex"));
  });

  const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}$/).filter((part) => !part.endsWith(".part"));
  const files = fc.uniqueArray(
    fc.record({
      path: fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
      sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
      bytes: fc.nat(),
    }),
    { selector: ({ path }) => path, minLength: 1 },
  );

  property.prop([files])("does not depend on the order of the files, and is read back", (given) => {
    expect(weightsManifest([...given].reverse())).toEqual(weightsManifest(given));
    const read = parseWeightsManifest(weightsManifest(given).text);
    expect(new Map(read.map((each) => [each.path, each]))).toEqual(new Map(given.map((each) => [each.path, each])));
  });

  test.each<[string, object[], string]>([
    ["no files", [], "files: are none"],
    ["a path upwards", [{ ...file, path: "../etc/passwd" }], 'files.0.path: is "../etc/passwd"; give a relative path'],
    ["a path inside that goes upwards", [{ ...file, path: "a/../../b" }], "files.0.path: is "],
    ["an absolute path", [{ ...file, path: "/etc/passwd" }], "files.0.path: is "],
    ["an option as a path", [{ ...file, path: "-rf" }], "files.0.path: is "],
    ["the manifest itself", [{ ...file, path: "manifest.json" }], "a name that the instances use themselves"],
    ["a download's name", [{ ...file, path: "model.part" }], "a name that the instances use themselves"],
    ["a short checksum", [{ ...file, sha256: "abc" }], 'files.0.sha256: is "abc"; give a sha256'],
    ["a size with a fraction", [{ ...file, bytes: 1.5 }], "files.0.bytes: is 1.5; give the file's size"],
    ["a file twice", [file, file], "files.1.path: is config.json a second time"],
  ])("refuses %s", (_, given, message) => {
    expect(() => weightsManifest(given as never)).toThrow(message);
  });

  test.each([
    ["no JSON", "weights"],
    ["another format", JSON.stringify({ format: "llm-stacks/weights/2", files: [file] })],
  ])("can't be read from %s", (_, text) => {
    expect(() => parseWeightsManifest(text)).toThrow("manifest of weights: ");
  });
});

const fetched = (commands: readonly string[]) =>
  commands.filter((command) => /^aws s3|huggingface/.test(command)).map((command) => command.replace(/ROOT\S*\//g, ""));
const engineStarts = (commands: readonly string[]) => commands.some((command) => command.startsWith("docker run"));

/** The hub's list of the small model: large files by sha256, small ones by git's blob id. */
function onHub(instance: Machine, files: Readonly<Record<string, string>> = modelFiles): void {
  const tree = Object.entries(modelFiles).map(([path, text]) => {
    const size = Buffer.byteLength(text);
    const oid = createHash("sha1").update(`blob ${size}\0${text}`).digest("hex");
    const lfs = { oid: createHash("sha256").update(text).digest("hex"), size };
    return path.endsWith(".safetensors")
      ? { type: "file", path, oid: "0".repeat(40), size, lfs }
      : { type: "file", path, oid, size };
  });
  const others = ["README.md", "onnx/model.onnx", "pytorch_model.bin"];
  instance.given(
    "hub-tree",
    JSON.stringify([
      ...tree,
      { type: "directory", path: "onnx" },
      ...others.map((path) => ({ type: "file", path, oid: "1".repeat(40), size: 1 })),
    ]),
  );
  for (const [path, text] of Object.entries(files)) instance.given(`hub/${path}`, text);
}

describe("[phi3 4.1] the model's weights", () => {
  test("come from the bucket alone, each file once, and are on the disk as uploaded", async () => {
    const instance = machine();
    upload(instance);
    const { status, commands } = await instance.boot(smallModel());
    expect(status).toBe(0);
    const from = "aws s3 cp --only-show-errors s3://phi3-weights-dev-1a2b3c4d/phi-3-mini/";
    expect(fetched(commands)).toEqual([
      `${from}manifest.json .manifest.json`,
      `${from}config.json config.json.part`,
      `${from}${weightsPath} ${weightsPath}.part`,
    ]);
    for (const [path, text] of Object.entries(modelFiles)) {
      expect(instance.read(`var/lib/llm-stacks/model/${path}`)).toBe(text);
    }
  });

  test("are fetched from where a boot was cut off: what is there and right stays", async () => {
    const instance = machine();
    upload(instance);
    const first = await instance.boot(smallModel(), "safetensors$|safetensors.part$");
    expect(first.status).not.toBe(0);
    const { status, commands } = await instance.boot(smallModel());
    expect(status).toBe(0);
    expect(fetched(commands)).toEqual([expect.stringContaining(`${weightsPath} ${weightsPath}.part`)]);
  });

  test("that are not what the manifest names never reach the engine, whatever source is allowed", async () => {
    const instance = machine();
    upload(instance, { ...modelFiles, [weightsPath]: "WEIGHTS\n" });
    onHub(instance);
    const { status, output, commands } = await instance.boot(smallModel({ hubFallback: true }));
    expect(status).not.toBe(0);
    expect(output).toContain(`${weightsPath} is not the file that the list names`);
    expect(engineStarts(commands)).toBe(false);
    expect(existsSync(join(instance.root, "var/lib/llm-stacks/model", weightsPath))).toBe(false);
    expect(existsSync(join(instance.root, "var/lib/llm-stacks/model", `${weightsPath}.part`))).toBe(false);
  });

  test("with another manifest than the script names are refused, and the hub is not asked", async () => {
    const instance = machine();
    upload(instance);
    onHub(instance);
    instance.given("bucket/manifest.json", weightsManifest([file]).text);
    const { status, output, commands } = await instance.boot(smallModel({ hubFallback: true }));
    expect(status).not.toBe(0);
    expect(output).toContain("manifest.json has another checksum than this program pins");
    expect(fetched(commands).filter((command) => command.includes("huggingface"))).toEqual([]);
  });

  test("are verified again at each start of the engine", async () => {
    const instance = machine();
    upload(instance);
    await instance.boot(smallModel());
    instance.given("../var/lib/llm-stacks/model/config.json", "{}");
    instance.given("bucket/config.json", "{}");
    const { status, output } = await instance.run(join(instance.root, "opt/llm-stacks/weights"));
    expect(status).not.toBe(0);
    expect(output).toContain("config.json is not the file that the list names");
  });

  test("lie alone in the engine's folder", async () => {
    const instance = machine();
    upload(instance);
    instance.given("../var/lib/llm-stacks/model/sub/stray.safetensors", "not ours");
    const { output } = await instance.boot(smallModel());
    expect(output).toContain("removing sub/stray.safetensors, which the list does not name");
    expect(Object.keys(instance.files()).filter((path) => path.endsWith(".safetensors"))).toEqual([
      `var/lib/llm-stacks/model/${weightsPath}`,
    ]);
  });

  test("come from the hub at the pinned commit when the bucket has none and that is allowed", async () => {
    const instance = machine();
    onHub(instance);
    const { status, output, commands } = await instance.boot(smallModel({ hubFallback: true }));
    expect(status).toBe(0);
    expect(output).toContain(`taking revision ${commit} of microsoft/Phi-3-mini-4k-instruct from the hub`);
    const asked = fetched(commands).filter((command) => command.includes("huggingface"));
    const base = "https://huggingface.co";
    expect(asked.map((command) => command.split(" ").at(-1))).toEqual([
      `${base}/api/models/microsoft/Phi-3-mini-4k-instruct/tree/${commit}?recursive=true`,
      `${base}/microsoft/Phi-3-mini-4k-instruct/resolve/${commit}/config.json`,
      `${base}/microsoft/Phi-3-mini-4k-instruct/resolve/${commit}/${weightsPath}`,
    ]);
    expect(asked[2]).toContain("--continue-at -");
  });

  test.each(Object.keys(modelFiles))("of the hub are refused when %s is not of that commit", async (path) => {
    const instance = machine();
    const text = modelFiles[path] ?? "";
    onHub(instance, { ...modelFiles, [path]: text.toUpperCase() });
    const { status, output, commands } = await instance.boot(smallModel({ hubFallback: true, weights: undefined }));
    expect(status).not.toBe(0);
    expect(output).toContain(`${path} is not the file that the list names`);
    expect(engineStarts(commands)).toBe(false);
  });

  test("never leave their folder, whatever a list says", async () => {
    const instance = machine();
    const [path = "", text = ""] = Object.entries(modelFiles)[0] ?? [];
    instance.given("hub-tree", JSON.stringify([{ type: "file", path: "..safetensors", oid: commit, size: 1 }]));
    instance.given(`hub/${path}`, text);
    const { status, output } = await instance.boot(smallModel({ hubFallback: true, weights: undefined }));
    expect(status).not.toBe(0);
    expect(output).toContain("unsafe path");
  });

  test("that nobody gives stop the boot with both sources named", async () => {
    const { status, output, commands } = await machine().boot(smallModel());
    expect(status).not.toBe(0);
    expect(output).toContain(
      "no weights: s3://phi3-weights-dev-1a2b3c4d/phi-3-mini/manifest.json can't be read, and the hub is not allowed",
    );
    expect(fetched(commands).some((command) => command.includes("huggingface"))).toBe(false);
  });

  test("are named in the script by the manifest's own checksum", () => {
    expect(smallModel()).toContain(`\nMANIFEST_SHA256='${manifest.sha256}'\n`);
  });
});
