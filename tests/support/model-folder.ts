import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A safetensors file of one tensor with so many bytes of content. */
export function safetensors(bytes: number, fill = 7): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: { format: "pt" },
      "model.weight": { dtype: "U8", shape: [bytes], data_offsets: [0, bytes] },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(bytes, fill)]);
}

/** What the hub has at a commit: a model in two parts, and what instances have no use for. */
export const wholeModel: Readonly<Record<string, string | Buffer>> = {
  "config.json": JSON.stringify({ model_type: "phi3", architectures: ["Phi3ForCausalLM"] }),
  "tokenizer.json": JSON.stringify({ version: "1.0" }),
  "tokenizer.model": "pieces",
  "model-00001-of-00002.safetensors": safetensors(2_000_000),
  "model-00002-of-00002.safetensors": safetensors(40_000, 9),
  "model.safetensors.index.json": JSON.stringify({
    weight_map: { one: "model-00001-of-00002.safetensors", two: "model-00002-of-00002.safetensors" },
  }),
  "README.md": "# Phi-3",
  "modeling_phi3.py": "import os",
  "pytorch_model.bin": "a pickle",
};

/** Names of `wholeModel` that are uploaded, sorted. */
export const uploadedNames = [
  "config.json",
  "model-00001-of-00002.safetensors",
  "model-00002-of-00002.safetensors",
  "model.safetensors.index.json",
  "tokenizer.json",
  "tokenizer.model",
];

/** A temporary folder with `wholeModel`, but for the files given here; undefined leaves one out. */
export function modelFolder(changes: Readonly<Record<string, string | Buffer | undefined>> = {}): {
  folder: string;
  remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), "llm-stacks-test-model-"));
  for (const [name, content] of Object.entries({ ...wholeModel, ...changes })) {
    if (content !== undefined) writeFileSync(join(folder, name), content);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
