import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { buildSync, type Message } from "esbuild";

/** The handler of every bundle. */
export const bundleHandler = "index.handler";

const repoRoot = resolve(__dirname, "../..");
/** Ignored by git. */
const bundleFolder = join(repoRoot, ".local", "bundles");

/**
 * One TypeScript file with all it imports, the AWS SDK too, as a Lambda archive with `index.js`.
 *
 * White space and syntax are minified, names are not: stack traces stay readable without a source map, which would cost start-up time
 * and hold paths of the building machine. The same source always gives the same bytes, so an update without a change of code changes nothing.
 *
 * The archive names a file, whose text stays out of Pulumi's state: the engine writes the whole state at each step, and sends inputs to every policy pack.
 *
 * @param entry path from the repository's root, such as `services/lambda-efs/producer.ts`
 * @throws Error with esbuild's messages, each with its place in the source
 */
export function bundle(entry: string): pulumi.asset.AssetArchive {
  return new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.FileAsset(bundleFile(entry).path) });
}

export interface BundleFile {
  /** On this machine. */
  readonly path: string;
  readonly sha256: string;
}

/** As `bundle`, as a file by itself: for machines that run it with Node.js. */
export function bundleFile(entry: string): BundleFile {
  const made = files.get(entry);
  if (made) return made;
  const text = bundleText(resolve(repoRoot, entry));
  const sha256 = createHash("sha256").update(text).digest("hex");
  const file = { path: fileOf(text, sha256), sha256 };
  files.set(entry, file);
  return file;
}

/** A program that runs again in one process, as it does in tests, has the same source each time. */
const files = new Map<string, BundleFile>();

/** A file with that text and no other, also while another run writes it too. */
function fileOf(text: string, sha256: string): string {
  const file = join(bundleFolder, `${sha256}.js`);
  if (existsSync(file)) return file;
  mkdirSync(bundleFolder, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
  return file;
}

/** The text of `index.js`. `entry` is an absolute path. */
export function bundleText(entry: string): string {
  try {
    const result = buildSync({
      entryPoints: [entry],
      absWorkingDir: repoRoot,
      bundle: true,
      write: false,
      platform: "node",
      target: "node22",
      format: "cjs",
      // The ES modules of the AWS SDK leave out what is not used: a quarter less to load at a cold start.
      mainFields: ["module", "main"],
      minifyWhitespace: true,
      minifySyntax: true,
      charset: "utf8",
      legalComments: "none",
      logLevel: "silent",
    });
    const [file] = result.outputFiles;
    if (!file) throw new Error("esbuild wrote nothing");
    return file.text;
  } catch (error) {
    throw new Error(`${relative(repoRoot, entry)} can't be bundled:\n${explain(error)}`, { cause: error });
  }
}

function explain(error: unknown): string {
  const messages = (error as { errors?: readonly Message[] }).errors;
  if (!messages) return String(error);
  return messages
    .map(({ location, text }) => (location ? `  ${location.file}:${location.line}: ${text}` : `  ${text}`))
    .join("\n");
}
