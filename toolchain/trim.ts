import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../automation/lib/user-error";

/** Path of the upstream provider's module, as its own imports spell it. */
export const UPSTREAM = "github.com/hashicorp/terraform-provider-aws";
const SERVICE = `${UPSTREAM}/internal/service/`;
const SDK_SERVICE = "github.com/aws/aws-sdk-go-v2/service/";
/** The package that hands out the SDK clients of every service: not followed, but trimmed. */
const CONNS = `${UPSTREAM}/internal/conns`;

/** Generated files of the upstream module that name every service; the trim rewrites these two. */
export const SERVICE_PACKAGES_FILE = "internal/provider/sdkv2/service_packages_gen.go";
export const CLIENT_FILE = "internal/conns/awsclient_gen.go";

/** The upstream provider no longer looks as the trim expects. */
export function changed(file: string, what: string): UserError {
  return new UserError(
    `Trimming the upstream AWS provider: ${file} ${what}.`,
    "The generated file has another form than in the pinned version: adapt toolchain/trim.ts, or pin the version again.",
  );
}

/** The import paths of a Go file's import declarations. */
export function importsOf(source: string): string[] {
  const imports: string[] = [];
  for (const block of source.matchAll(/^import \([^\n]*\n([\s\S]*?)^\)/gm)) {
    for (const line of (block[1] ?? "").matchAll(/^\s*(?:[\w.]+ )?"([^"]+)"/gm)) imports.push(line[1] ?? "");
  }
  for (const line of source.matchAll(/^import (?:[\w.]+ )?"([^"]+)"/gm)) imports.push(line[1] ?? "");
  return imports;
}

/** What stays of the upstream module. */
export interface Kept {
  /** Service packages under internal/service: those asked for, and those that they import. */
  services: Set<string>;
  /** Import paths of the AWS SDK's service packages that anything kept imports. */
  clients: Set<string>;
}

/** Follow the imports of the asked-for service packages through the upstream module in `moduleDir`. */
export function findKept(moduleDir: string, services: readonly string[]): Kept {
  const kept: Kept = { services: new Set(), clients: new Set() };
  const seen = new Set<string>();
  const follow = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    if (path.startsWith(SERVICE)) kept.services.add(path.slice(SERVICE.length).split("/")[0] ?? "");
    for (const imported of packageImports(join(moduleDir, path.slice(UPSTREAM.length)))) {
      if (imported.startsWith(SDK_SERVICE)) kept.clients.add(imported);
      if (imported.startsWith(`${UPSTREAM}/`) && imported !== CONNS) follow(imported);
    }
  };
  for (const service of services) {
    if (!existsSync(join(moduleDir, "internal/service", service))) {
      throw changed(`internal/service/${service}`, "does not exist");
    }
    follow(SERVICE + service);
  }
  for (const imported of packageImports(join(moduleDir, "internal/conns"), [CLIENT_FILE])) {
    if (imported.startsWith(SDK_SERVICE)) kept.clients.add(imported);
  }
  return kept;
}

function packageImports(dir: string, except: readonly string[] = []): string[] {
  return readdirSync(dir)
    .filter((file) => file.endsWith(".go") && !file.endsWith("_test.go"))
    .filter((file) => !except.some((path) => path.endsWith(`/${file}`)))
    .flatMap((file) => importsOf(readFileSync(join(dir, file), "utf8")));
}

/** Leave only the asked-for services in the list of service packages that the provider registers. */
export function trimServicePackages(source: string, services: readonly string[]): string {
  const file = SERVICE_PACKAGES_FILE;
  const wanted = new Set(services);
  const dropped = new Set<string>();
  const registered = new Set<string>();
  const lines = source.split("\n").filter((line) => {
    const imported = /^\t(?:(\w+) )?"([^"]+)"$/.exec(line);
    if (imported?.[2]?.startsWith(SERVICE)) {
      const service = imported[2].slice(SERVICE.length);
      const name = imported[1] ?? service;
      if (wanted.has(service)) registered.add(name);
      else dropped.add(name);
      return wanted.has(service);
    }
    const name = /^\t\t(\w+)\.ServicePackage\(ctx\),$/.exec(line)?.[1];
    if (name === undefined) return true;
    if (!registered.has(name) && !dropped.has(name)) throw changed(file, `registers ${name} without importing it`);
    return registered.has(name);
  });
  if (dropped.size === 0) throw changed(file, "imports no service that could be dropped");
  if (registered.size !== wanted.size)
    throw changed(file, `imports ${registered.size} of ${wanted.size} wanted services`);
  const result = lines.join("\n");
  for (const name of registered) {
    if (!result.includes(`\t\t${name}.ServicePackage(ctx),`))
      throw changed(file, `imports ${name} without registering it`);
  }
  refuseReferences(file, result, dropped);
  return result;
}

/** Leave only the clients of the given SDK packages in the type that hands them out. */
export function trimClient(source: string, clients: ReadonlySet<string>): string {
  const file = CLIENT_FILE;
  const end = source.indexOf("\n)\n");
  if (end < 0) throw changed(file, "has no import block");
  const dropped = new Set<string>();
  const kept = new Set<string>();
  const head = source
    .slice(0, end)
    .split("\n")
    .filter((line) => {
      const imported = /^\t(?:(\w+) )?"([^"]+)"$/.exec(line);
      if (!imported?.[2]?.startsWith(SDK_SERVICE)) return true;
      const name = imported[1] ?? imported[2].slice(SDK_SERVICE.length);
      const keep = clients.has(imported[2]);
      (keep ? kept : dropped).add(name);
      return keep;
    });
  if (dropped.size === 0) throw changed(file, "imports no client that could be dropped");
  const served = new Set<string>();
  const functions = source
    .slice(end + 3)
    .split(/^(?=func )/m)
    .filter((text) => {
      if (!text.startsWith("func ")) return true;
      const name = /^func \(c \*AWSClient\) \w+\(ctx context\.Context\) \*(\w+)\.Client \{\n/.exec(text)?.[1];
      if (name === undefined) throw changed(file, `has a function of an unknown form: ${text.split("\n")[0]}`);
      if (kept.has(name)) served.add(name);
      return kept.has(name);
    });
  for (const name of kept) if (!served.has(name)) throw changed(file, `imports ${name} without a function for it`);
  const result = `${head.join("\n")}\n)\n${functions.join("")}`;
  refuseReferences(file, result, dropped);
  return result;
}

function refuseReferences(file: string, source: string, dropped: ReadonlySet<string>): void {
  for (const name of dropped) {
    if (new RegExp(`\\b${name}\\.`).test(source)) throw changed(file, `still refers to ${name} after the trim`);
  }
}
