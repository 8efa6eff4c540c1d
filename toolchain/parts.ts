import { readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../automation/lib/user-error";
import { goEnv } from "./go";
import { type EngineLayout, sources, versions } from "./layout";
import { type Log, run } from "./run";
import { PLUGIN_SDK, rememberSchemas, SCHEMA_FILES } from "./schema-memory";
import { STATE_FILE, shortenWaits } from "./short-waits";
import {
  CLIENT_FILE,
  changed,
  findKept,
  type Kept,
  SERVICE_PACKAGES_FILE,
  trimClient,
  trimServicePackages,
  UPSTREAM,
} from "./trim";

/** What the building of a part gets. */
export interface BuildContext {
  /** Empty folder of this part alone, on the file system of the engine. */
  staging: string;
  logs: string;
  signal: AbortSignal;
  log: Log;
}

/** One part of the engine, built by itself and published by a rename. */
export interface Part {
  title: string;
  /** Where it lies when it is whole. */
  target: (layout: EngineLayout) => string;
  /** Build it and return the file or folder, inside the staging folder, that becomes the target. */
  build: (context: BuildContext) => Promise<string>;
}

// Symbol tables and debug information are a third of the binaries and of the time it takes to link them.
const LINK = "-s -w";

async function goBuild(
  cwd: string,
  out: string,
  linkVariable: string,
  pkg: string,
  name: string,
  context: BuildContext,
) {
  await run("go", ["build", "-ldflags", `${LINK}${linkVariable}`, "-o", out, pkg], {
    cwd,
    env: goEnv(),
    logFile: join(context.logs, `${name}.log`),
    signal: context.signal,
  });
  return out;
}

const cli: Part = {
  title: `Pulumi ${versions.pulumi}`,
  target: ({ cli: path }) => path,
  build: (context) =>
    goBuild(
      sources.cli,
      join(context.staging, "pulumi"),
      // Else `pulumi version` prints nothing, and the Automation API refuses it.
      ` -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${versions.pulumi}`,
      "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      "pulumi",
      context,
    ),
};

const languageHost: Part = {
  title: `Pulumi's Node.js host ${versions.languageHost}`,
  target: ({ languageHost: path }) => path,
  build: (context) =>
    goBuild(
      sources.languageHost,
      join(context.staging, "pulumi-language-nodejs"),
      "",
      "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      "language-host",
      context,
    ),
};

const policyBooter: Part = {
  title: "Policy booter",
  target: ({ policyBooter: path }) => path,
  build: async ({ staging }) => {
    const out = join(staging, "pulumi-analyzer-policy");
    await copyFile(join(sources.policyBooter, "booter.js"), out);
    await chmod(out, 0o755);
    return out;
  },
};

const awsPlugin: Part = {
  title: `AWS plugin ${versions.awsSdk}`,
  target: ({ awsPlugin: path }) => path,
  build: async (context) => {
    const module = join(context.staging, "module");
    await stageAwsProvider(module, await downloadUpstream(context));
    await stagePluginSdk(module, context);
    const plugin = join(context.staging, "plugin");
    await mkdir(plugin);
    const binary = join(plugin, "pulumi-resource-aws");
    await goBuild(module, binary, ` -X main.version=${versions.awsSdk}`, ".", "aws-plugin", context);
    await run(binary, ["-write-schema"], {
      cwd: plugin,
      env: process.env,
      logFile: join(context.logs, "aws-plugin-schema.log"),
      signal: context.signal,
    });
    return plugin;
  },
};

/** Two lanes that may run side by side. The plugin takes two thirds of the time and shares few packages with the rest. */
export const lanes: readonly (readonly Part[])[] = [[policyBooter, cli, languageHost], [awsPlugin]];

/** Fetch the upstream provider's module and return its folder in Go's module cache. */
export async function downloadUpstream(context: Pick<BuildContext, "logs" | "signal">): Promise<string> {
  const pin = join(sources.awsProvider, "upstream-pin");
  return download(pin, UPSTREAM, join(context.logs, "aws-plugin-download.log"), context.signal);
}

/** Fetch a module as the go.mod in `cwd` pins it and return its folder in Go's module cache. */
async function download(cwd: string, module: string, logFile: string, signal: AbortSignal): Promise<string> {
  const answer = await run("go", ["mod", "download", "-json", module], { cwd, env: goEnv(), logFile, signal });
  const { Dir } = JSON.parse(answer) as { Dir?: string };
  if (!Dir) throw new UserError(`\`go mod download\` named no folder for ${module}: ${answer}`);
  return Dir;
}

/**
 * Copy the sources of the plugin, and beside them, in `upstream`, as much of the upstream provider as the plugin's types
 * need. `go build -overlay` would do without the copy, but Go refuses it for files of the module cache.
 */
async function stageAwsProvider(module: string, upstream: string): Promise<void> {
  await copyTree(
    sources.awsProvider,
    module,
    ({ name }) => name !== "upstream" && name !== "upstream-pin" && name !== ".gitignore",
  );
  await trimUpstream(upstream, join(module, "upstream"));
}

/** Put the plugin SDK beside the plugin's sources in `module`, with what `rememberSchemas` changes, and make them use it. */
async function stagePluginSdk(module: string, { logs, signal }: BuildContext): Promise<void> {
  const pinned = await download(module, PLUGIN_SDK, join(logs, "plugin-sdk-download.log"), signal);
  const copy = join(module, "plugin-sdk");
  await copyTree(pinned, copy);
  for (const file of SCHEMA_FILES) await rewrite(copy, file, (source) => rememberSchemas(file, source));
  const file = "go.mod";
  await rewrite(module, file, (source) => {
    const line = source.split("\n").find((each) => each.startsWith(`replace ${PLUGIN_SDK} => `));
    if (line === undefined) throw changed(file, `does not replace ${PLUGIN_SDK}`);
    return source.replace(line, `replace ${PLUGIN_SDK} => ./plugin-sdk`);
  });
}

/** Copy what the plugin's types need of the upstream provider in `upstream` to the folder `trimmed`. */
export async function trimUpstream(upstream: string, trimmed: string): Promise<void> {
  const types = JSON.parse(readFileSync(join(sources.awsProvider, "types.json"), "utf8")) as { services: string[] };
  const kept = findKept(upstream, types.services);
  await mkdir(trimmed, { recursive: true });
  for (const file of ["go.mod", "go.sum"]) await copyFile(join(upstream, file), join(trimmed, file));
  for (const folder of ["names", "version", "xpprovider"])
    await copyTree(join(upstream, folder), join(trimmed, folder));
  await copyTree(join(upstream, "internal"), join(trimmed, "internal"), (entry) => isKept(entry, kept));
  await rewrite(trimmed, SERVICE_PACKAGES_FILE, (source) => trimServicePackages(source, types.services));
  await rewrite(trimmed, CLIENT_FILE, (source) => trimClient(source, kept.clients));
  await rewrite(trimmed, STATE_FILE, shortenWaits);
}

/** Services that nothing imports need not be copied; they are most of the 228 MB. */
function isKept({ name, parent }: { name: string; parent: string }, kept: Kept): boolean {
  return !parent.endsWith("/internal/service") || !/^[a-z0-9]+$/.test(name) || kept.services.has(name);
}

async function rewrite(root: string, file: string, change: (source: string) => string): Promise<void> {
  const path = join(root, file);
  const source = readFileSync(path, "utf8");
  // Files of the module cache are read-only, and so are their copies.
  await rm(path);
  await writeFile(path, change(source));
}

async function copyTree(
  from: string,
  to: string,
  keep: (entry: { name: string; parent: string }) => boolean = () => true,
): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!keep({ name: entry.name, parent: from })) continue;
    const source = join(from, entry.name);
    if (entry.isDirectory() && entry.name !== "testdata") await copyTree(source, join(to, entry.name), keep);
    else if (entry.isFile() && !entry.name.endsWith("_test.go")) await copyFile(source, join(to, entry.name));
  }
}
