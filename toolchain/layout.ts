import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { cacheDir } from "../automation/lib/paths";
import versions from "./versions.json";

export { versions };

/** Folders with the Go modules and scripts that the engine is built from. */
export const sources = {
  cli: join(__dirname, "cli"),
  languageHost: join(__dirname, "language-host"),
  awsProvider: join(__dirname, "aws-provider"),
  policyBooter: join(__dirname, "policy-booter"),
} as const;

/** What decides the outcome of a build, so that a change of it makes a new engine. */
const DECIDING_FILES = ["versions.json", "trim.ts", "short-waits.ts", "schema-memory.ts", "parts.ts"];

/** Where a built engine lies. Each path exists only when what it names is whole. */
export interface EngineLayout {
  /** The folder of it all: `<cache>/engine-<key>`. */
  root: string;
  bin: string;
  cli: string;
  languageHost: string;
  policyBooter: string;
  /** `PULUMI_HOME` of this engine. A plugin in it is found without the warning that one on PATH brings. */
  home: string;
  /** Folder of the AWS plugin, its schema and its metadata. */
  awsPlugin: string;
  logs: string;
}

export function engineLayout(): EngineLayout {
  const root = join(cacheDir(), `engine-${engineKey()}`);
  const bin = join(root, "bin");
  const home = join(root, "home");
  return {
    root,
    bin,
    cli: join(bin, "pulumi"),
    languageHost: join(bin, "pulumi-language-nodejs"),
    policyBooter: join(bin, "pulumi-analyzer-policy"),
    home,
    awsPlugin: join(home, "plugins", pluginFolder()),
    logs: join(root, "logs"),
  };
}

/** Name that the engine gives the AWS plugin's folder. */
export function pluginFolder(): string {
  return `resource-aws-v${versions.awsSdk}`;
}

/** Whether every part of the engine is there. */
export function isComplete(layout: EngineLayout): boolean {
  return [layout.cli, layout.languageHost, layout.policyBooter, layout.awsPlugin].every((path) => existsSync(path));
}

/** `3.220.0-aws7.21.0-<hash of the platform and of everything the build reads>`. */
export function engineKey(): string {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  const files = DECIDING_FILES.map((file) => join(__dirname, file));
  for (const folder of Object.values(sources)) files.push(...filesBelow(folder));
  for (const file of files) {
    hash
      .update(`${relative(__dirname, file)}\n`)
      .update(readFileSync(file))
      .update("\0");
  }
  return `${versions.pulumi}-aws${versions.awsSdk}-${hash.digest("hex").slice(0, 12)}`;
}

/** Sorted; without Go's tests and without `upstream`, a trimmed copy of the provider that a manual build may leave there. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== "upstream" && !name.endsWith("_test.go"))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}
