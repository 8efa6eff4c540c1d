import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** Programs that do on the stand-in what they do on an instance. All others are stubs or absent. */
const realTools = [
  ...[
    "awk",
    "basename",
    "bash",
    "cat",
    "chmod",
    "cksum",
    "cmp",
    "comm",
    "cp",
    "cut",
    "date",
    "df",
    "dirname",
    "env",
    "find",
    "grep",
  ],
  ...["install", "jq", "ln", "mkdir", "mktemp", "mv", "printf", "rm", "sed", "sha1sum", "sha256sum", "sort", "stat"],
  ...["tail", "tee", "touch", "wc"],
];
const stubbed = [
  ...[
    "apt-get",
    "aws",
    "chown",
    "curl",
    "dpkg",
    "fallocate",
    "gpg",
    "id",
    "journalctl",
    "mkswap",
    "nvidia-smi",
    "sleep",
    "snap",
  ],
  ...["sqlite3", "sshd", "swapon", "systemctl", "tar", "useradd"],
];

export interface Run {
  readonly status: number;
  readonly output: string;
  /** Stubbed commands in order, with the stand-in's folder as `ROOT`. */
  readonly commands: readonly string[];
}

/** A folder that stands in for an instance's /, with stubs for what would change a real machine. */
export class Machine {
  readonly root = mkdtempSync(join(tmpdir(), "llm-stacks-machine-"));
  /** What the stubs know and remember, by file name. */
  readonly state = join(this.root, ".state");
  private readonly bin = join(this.root, ".bin");

  constructor(options: { readonly without?: readonly string[] } = {}) {
    mkdirSync(this.bin, { recursive: true });
    mkdirSync(join(this.root, "etc/ssh/sshd_config.d"), { recursive: true });
    for (const path of realToolPaths()) symlinkSync(path, join(this.bin, basename(path)));
    const absent = options.without ?? [];
    for (const name of stubbed.filter((each) => !absent.includes(each))) this.stub(name);
    if (!absent.includes("docker")) this.stub("docker");
  }

  /** Writes a file of the stubs' state, such as the answer of a server. */
  given(name: string, text: string): void {
    const file = join(this.state, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  stub(name: string): void {
    symlinkSync(join(__dirname, "machine-stub.sh"), join(this.bin, name));
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  mode(path: string): string {
    return (lstatSync(join(this.root, path)).mode & 0o777).toString(8);
  }

  /** Runs a script as cloud-init would; `failing` is a pattern of a stubbed command that is to fail. */
  async boot(script: string, failing = ""): Promise<Run> {
    const file = join(this.root, ".user-data");
    writeFileSync(file, script);
    chmodSync(file, 0o755);
    return this.run(file, failing);
  }

  async run(file: string, failing = ""): Promise<Run> {
    const log = join(this.state, "commands");
    mkdirSync(this.state, { recursive: true });
    rmSync(log, { force: true });
    const env = { ROOT: this.root, STATE: this.state, FAILING: failing, PATH: this.bin, BASH_ENV: "" };
    const { status, output } = await new Promise<{ status: number; output: string }>((resolve) => {
      const child = execFile(join(this.bin, "bash"), [file], { env, timeout: 50_000 }, (error, stdout, stderr) =>
        resolve({ status: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
      );
      child.stdin?.end();
    });
    const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
    const plain = (text: string) => text.replaceAll(this.root, "ROOT").replace(/\/tmp\/tmp\.\w+/g, "TEMPORARY");
    return { status, output: plain(output), commands: lines.map(plain) };
  }

  /** Every file with mode, content and time, but for logs and the stubs' own. */
  files(): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    const walk = (folder: string): void => {
      for (const entry of readdirSync(join(this.root, folder), { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (folder === "" && entry.name.startsWith(".")) continue;
        if (path === "var/log") continue;
        if (entry.isDirectory()) walk(path);
        else if (entry.isFile()) {
          const { mode, mtimeMs } = lstatSync(join(this.root, path));
          const hash = createHash("sha256")
            .update(readFileSync(join(this.root, path)))
            .digest("hex");
          found[path] = `${(mode & 0o777).toString(8)} ${hash} ${mtimeMs}`;
        }
      }
    };
    walk("");
    return found;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

let found: readonly string[] | undefined;

/** Looked for once: forty shells are a third of the time that a boot takes. */
function realToolPaths(): readonly string[] {
  found ??= realTools.map(pathOf);
  return found;
}

function pathOf(tool: string): string {
  try {
    return execFileSync("/bin/sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim();
  } catch {
    throw new Error(
      `the tests of user data need ${tool} on PATH; install it (Debian and Ubuntu: apt-get install ${tool})`,
    );
  }
}
