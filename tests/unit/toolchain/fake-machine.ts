import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { repoRoot } from "../../../automation/lib/paths";
import types from "../../../toolchain/aws-provider/types.json";
import { versions } from "../../../toolchain/layout";
import { SCHEMA_FILES, schemaChanges } from "../../../toolchain/schema-memory";
import { STATE_FILE } from "../../../toolchain/short-waits";

/** Outcome of a run of `ensureEngine` in a process of its own. */
export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Progress lines, and at the end the engine as JSON, or the error and its hint. */
  output: string;
}

/**
 * A made-up machine: a folder of its own for caches and home, and a PATH with nothing but what a test puts there. Its `go`
 * compiles nothing; it records its calls and makes files named like what it was asked to build.
 */
export class FakeMachine {
  readonly root = mkdtempSync(join(tmpdir(), "llm-stacks-test-machine-"));
  readonly bin = join(this.root, "bin");
  readonly cache = join(this.root, "cache");
  readonly home = join(this.root, "home");

  constructor() {
    for (const folder of [this.bin, this.home]) mkdirSync(folder);
    // The scripts below are run by sh and use these; nothing else of the real machine is within reach.
    this.script("sleep", 'exec /bin/sleep "$@"');
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Put a shell script on the machine's PATH. */
  script(name: string, body: string): void {
    const path = join(this.bin, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  }

  /**
   * Install the made-up Go.
   *
   * @param before shell code that runs before each `go build`, with the last path element of the package in `$package`
   */
  installGo(before = ""): void {
    const upstream = this.fakeUpstream();
    this.script(
      "go",
      `
case "$1" in
  env) echo go1.26.8 ;;
  mod) printf '{"Dir": "%s"}\\n' '${upstream}' ;;
  build)
    for argument; do
      [ "$previous" = -o ] && out=$argument
      previous=$argument
    done
    package=\${previous##*/}
    echo "build $package" >> '${this.calls}'
    ${before}
    printf '#!/bin/sh\\n[ "$1" = version ] && echo v${versions.pulumi} || { : > schema.json; : > metadata.json; }\\n' > "$out"
    /bin/chmod +x "$out" ;;
esac`,
    );
  }

  private readonly calls = join(this.root, "calls");

  /** What the made-up Go was asked to build, in order: `build pulumi`, `build .`. */
  builds(): string[] {
    return existsSync(this.calls) ? readFileSync(this.calls, "utf8").trim().split("\n") : [];
  }

  /** Start `ensureEngine`, or another function of the engine module, in a process of its own. */
  start(call = "ensureEngine(console.log)"): { child: ChildProcess; done: Promise<Outcome>; output: () => string } {
    const code = `
      const { ensureEngine, findEngine } = require(${JSON.stringify(join(repoRoot, "toolchain/engine"))});
      ${call}.then((engine) => console.log(JSON.stringify(engine ?? null)), (error) => {
        console.log(error.name + ": " + error.message + "\\n-> " + error.hint);
        process.exitCode = error.exitCode ?? 1;
      });`;
    const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", code], {
      cwd: repoRoot,
      env: { PATH: this.bin, HOME: this.home, LLM_STACKS_CACHE: this.cache },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
    const done = new Promise<Outcome>((resolve) => {
      child.once("close", (code, signal) => resolve({ code, signal, output }));
    });
    return { child, done, output: () => output };
  }

  run(call?: string): Promise<Outcome> {
    return this.start(call).done;
  }

  /** The least that the trim takes for the upstream provider: every service of types.json, and one more of each. */
  private fakeUpstream(): string {
    const upstream = join(this.root, "upstream");
    const write = (file: string, text: string) => {
      mkdirSync(dirname(join(upstream, file)), { recursive: true });
      writeFileSync(join(upstream, file), text);
    };
    for (const file of ["go.mod", "go.sum", "names/names.go", "version/version.go", "xpprovider/xpprovider.go"])
      write(file, "");
    const services = [...types.services, "workmail"];
    const imports = (prefix: string) => services.map((service) => `\t"${prefix}${service}"\n`).join("");
    for (const service of services) {
      write(`internal/service/${service}/x.go`, `import (\n\t"github.com/aws/aws-sdk-go-v2/service/${service}"\n)\n`);
    }
    const list = services.map((service) => `\t\t${service}.ServicePackage(ctx),\n`).join("");
    write(
      "internal/provider/sdkv2/service_packages_gen.go",
      `import (\n${imports("github.com/hashicorp/terraform-provider-aws/internal/service/")})\n${list}`,
    );
    const clients = services
      .map((s) => `func (c *AWSClient) C${s}(ctx context.Context) *${s}.Client {\n}\n\n`)
      .join("");
    write(
      "internal/conns/awsclient_gen.go",
      `import (\n${imports("github.com/aws/aws-sdk-go-v2/service/")})\n\n${clients}`,
    );
    write(
      STATE_FILE,
      `import (
\t"context"
\t"errors"
)

\tdelay := backoff.SDKv2HelperRetryCompatibleDelay(conf.Delay, conf.PollInterval, conf.MinTimeout)
`,
    );
    // The plugin SDK lies in the same folder.
    for (const file of SCHEMA_FILES) {
      const parts = schemaChanges.filter((change) => change.file === file);
      write(file, parts.map(({ from }) => from).join("\n"));
    }
    return upstream;
  }
}

/** Wait until a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
