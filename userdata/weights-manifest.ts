import { createHash } from "node:crypto";
import { z } from "zod";
import { check } from "./options";

/** One file of a model, as it lies in the bucket under the weights' prefix. */
export interface WeightFile {
  /** Relative to the prefix, parts joined by `/`: letters, digits and `_ . -`, no part starting with a dot or dash. */
  readonly path: string;
  /** Of the content, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly bytes: number;
}

export interface WeightsManifest {
  /** What goes into `<prefix>/manifest.json`, byte for byte. */
  readonly text: string;
  /** Of that text: the value of `model.weights.manifestSha256`. */
  readonly sha256: string;
}

const format = "llm-stacks/weights/1";

const schema = z.strictObject({
  format: z.literal(format, `is not ${JSON.stringify(format)}; make the manifest with this version of the program`),
  files: z
    .array(
      z.strictObject({
        // The same as in templates/vllm/weights.sh, which refuses other paths once more.
        path: z
          .string()
          .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/, {
            error: ({ input }) => `is ${JSON.stringify(input)}; give a relative path of letters, digits and _ . -`,
          })
          .refine((path) => path !== "manifest.json" && !path.endsWith(".part"), {
            error: ({ input }) => `is ${JSON.stringify(input)}, a name that the instances use themselves; leave it out`,
          }),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, {
          error: ({ input }) => `is ${JSON.stringify(input)}; give a sha256: 64 hexadecimal digits in small letters`,
        }),
        bytes: z.int({ error: ({ input }) => `is ${input}; give the file's size, a whole number of bytes` }).min(0),
      }),
    )
    .min(1, "are none; a manifest names at least one file")
    .superRefine((files, context) => {
      const seen = new Set<string>();
      for (const [index, { path }] of files.entries()) {
        if (seen.has(path)) {
          context.addIssue({
            code: "custom",
            path: [index, "path"],
            message: `is ${path} a second time; name each once`,
          });
        }
        seen.add(path);
      }
    }),
});

/**
 * The list of a model's files that instances verify their weights by. It does not depend on the order of `files`.
 * @throws InvalidOptionsError naming every wrong file
 */
export function weightsManifest(files: readonly WeightFile[]): WeightsManifest {
  const sorted = files
    .map(({ path, sha256, bytes }) => ({ path, sha256, bytes }))
    .sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
  const text = `${JSON.stringify(check("manifest of weights", schema, { format, files: sorted }), undefined, 1)}\n`;
  return { text, sha256: createHash("sha256").update(text).digest("hex") };
}

/**
 * The files of a manifest's text.
 * @throws InvalidOptionsError when it is no manifest of this format
 */
export function parseWeightsManifest(text: string): readonly WeightFile[] {
  return check("manifest of weights", schema, parseJson(text)).files;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
