import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { WeightFile } from "../../userdata/weights-manifest";
import { UserError } from "../lib/user-error";
import { safetensorsMistake } from "./safetensors";

/** A model's files in a folder, checked, and what is there beside them. */
export interface ModelFolder {
  readonly folder: string;
  /** Sorted by path. */
  readonly files: readonly Pick<WeightFile, "path" | "bytes">[];
  /** Names that instances have no use for, or should not have: other formats of the weights, code, texts. */
  readonly leftOut: readonly string[];
}

/** What an instance takes from the hub, so that a folder in the bucket is the same. Formats that can hold code (pickles) are not among them. */
const ofModel = /^[A-Za-z0-9_][A-Za-z0-9_.-]*\.(safetensors|json|model|txt|jinja)$/;
const indexName = "model.safetensors.index.json";
const configSchema = z.object({ model_type: z.string().min(1) });
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Looks at a folder as the hub gives it: configuration, tokenizer and safetensors files at its top. Links are followed, as the hub's cache is made of them.
 * @throws UserError naming everything that is missing, cut off or no model's
 */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const names = (await list(folder)).sort();
  const found = await Promise.all(names.map(async (path) => ({ path, bytes: await sizeOf(join(folder, path)) })));
  const files = found.filter(
    (file): file is { path: string; bytes: number } => file.bytes !== undefined && isOfModel(file.path),
  );
  const mistakes = await mistakesOf(folder, new Set(files.map(({ path }) => path)));
  if (mistakes.length > 0) {
    throw new UserError(
      `${folder} does not hold a whole model:\n${mistakes.map((mistake) => `  ${mistake}`).join("\n")}`,
      "Give a folder as the Hugging Face hub has it at one commit: hf download <model> --revision <commit> --local-dir <folder>",
    );
  }
  const taken = new Set(files.map(({ path }) => path));
  return { folder, files, leftOut: names.filter((name) => !taken.has(name)) };
}

function isOfModel(name: string): boolean {
  return ofModel.test(name) && name !== "manifest.json";
}

/** Undefined for what is no file, such as a folder, or a link into a cache that holds the file no more. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const facts = await stat(path);
    return facts.isFile() ? facts.size : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const what = { ENOENT: "There is no folder", ENOTDIR: "This is a file and no folder:" }[code ?? ""];
    throw new UserError(
      `${what ?? `The folder can't be read (${code}):`} ${folder}`,
      "Give the folder that holds the model's config.json, tokenizer and *.safetensors.",
      { cause },
    );
  }
}

async function mistakesOf(folder: string, names: ReadonlySet<string>): Promise<string[]> {
  const weights = [...names].filter((name) => name.endsWith(".safetensors"));
  const mistakes = await Promise.all([
    jsonMistake(folder, names, "config.json", configSchema, "model_type, the model's architecture"),
    weights.length === 0 ? "no *.safetensors: the weights themselves are missing" : undefined,
    names.has("tokenizer.json") || names.has("tokenizer.model") || names.has("vocab.json")
      ? undefined
      : "no tokenizer.json, tokenizer.model or vocab.json: the tokenizer is missing",
    ...weights.map(async (name) => {
      const mistake = await safetensorsMistake(join(folder, name));
      return mistake && `${name} ${mistake}`;
    }),
  ]);
  return [...mistakes.filter((mistake) => mistake !== undefined), ...(await missingShards(folder, names))];
}

/** Files that the index of a model in several parts names, and that are not there. */
async function missingShards(folder: string, names: ReadonlySet<string>): Promise<string[]> {
  if (!names.has(indexName)) return [];
  const mistake = await jsonMistake(folder, names, indexName, indexSchema, "weight_map, the file of each tensor");
  if (mistake !== undefined) return [mistake];
  const { weight_map } = indexSchema.parse(JSON.parse(await readFile(join(folder, indexName), "utf8")));
  const missing = [...new Set(Object.values(weight_map))].filter((name) => !names.has(name)).sort();
  return missing.map((name) => `no ${name}, which ${indexName} names`);
}

async function jsonMistake(
  folder: string,
  names: ReadonlySet<string>,
  name: string,
  schema: z.ZodType,
  expected: string,
): Promise<string | undefined> {
  if (!names.has(name)) return `no ${name}`;
  try {
    if (schema.safeParse(JSON.parse(await readFile(join(folder, name), "utf8"))).success) return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return `${name} is no JSON with ${expected}`;
}

/** The files with their checksums. @param onBytes told how many bytes more were read */
export async function withChecksums(
  { folder, files }: ModelFolder,
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<WeightFile[]> {
  const hashed: WeightFile[] = [];
  for (const { path } of files) {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of createReadStream(join(folder, path), { highWaterMark: 1 << 20, signal })) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      onBytes((chunk as Buffer).length);
    }
    hashed.push({ path, bytes, sha256: hash.digest("hex") });
  }
  return hashed;
}
