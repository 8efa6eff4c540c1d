import { UserError } from "../automation/lib/user-error";
import { versions } from "./layout";
import { CommandFailed, run } from "./run";

const INSTALL_HINT =
  `Install Pulumi ${versions.pulumi} or newer (https://www.pulumi.com/docs/iac/download-install/), which is then used as it is, ` +
  `or Go ${versions.go} or newer (https://go.dev/dl/), which builds the engine from source.`;

/**
 * The environment every Go command runs in: the caller's proxy, caches and tool chain choice, but none of the settings
 * that would make another binary, or rewrite a committed go.mod.
 */
export function goEnv(): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, GOEXPERIMENT: _experiment, ...env } = process.env;
  return {
    ...env,
    GOFLAGS: "-mod=readonly -trimpath -buildvcs=false",
    GOWORK: "off",
    // Needs no C compiler, and the binaries run on any machine of this kind.
    CGO_ENABLED: "0",
  };
}

/**
 * Check that there is a Go that can build `moduleDir`. An older one fetches the wanted version itself, unless its user
 * forbade that with GOTOOLCHAIN=local.
 */
export async function checkGo(moduleDir: string, logFile: string): Promise<string> {
  try {
    return (await run("go", ["env", "GOVERSION"], { cwd: moduleDir, env: goEnv(), logFile })).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new UserError(
        "The Pulumi engine has to be built, and there is no Go on PATH to build it with.",
        INSTALL_HINT,
      );
    }
    if (error instanceof CommandFailed && /requires go >=|unknown directive|invalid go version/.test(error.output)) {
      throw new UserError(`The Go on PATH is older than ${versions.go}: ${lastLine(error.output)}`, INSTALL_HINT);
    }
    throw explain("Checking the Go on PATH", error);
  }
}

/** Turn the failure of a Go command into what its user can do about it. Any other error is returned as it is. */
export function explain(what: string, error: unknown): unknown {
  if (!(error instanceof CommandFailed)) return error;
  const { output, logFile } = error;
  if (/no space left on device|disk quota exceeded/i.test(output)) {
    return new UserError(
      `${what}: the disk is full (log: ${logFile}).`,
      "The build needs about 7 GB, most of it in Go's caches (`go env GOCACHE GOMODCACHE`); make room and run again: finished parts are kept.",
    );
  }
  const refused = output.split("\n").find((line) => NETWORK.test(line));
  if (refused) {
    return new UserError(
      `${what}: a Go module could not be downloaded (log: ${logFile}):\n  ${refused.trim()}`,
      "Check the network and the proxy settings (`go env GOPROXY`, HTTPS_PROXY), then run again: finished parts are kept.",
    );
  }
  if (/signal: killed|cannot allocate memory/.test(output)) {
    return new UserError(
      `${what}: the compiler was killed, most likely for want of memory (log: ${logFile}).`,
      "The largest package needs about 4 GB; end other programs and run again: finished parts are kept.",
    );
  }
  const tail = output.trimEnd().split("\n").slice(-20);
  return new UserError(`${what} failed (${error.status}). The end of ${logFile}:\n  ${tail.join("\n  ")}`);
}

const NETWORK =
  /dial tcp|no such host|i\/o timeout|connection refused|connection reset|TLS handshake|proxyconnect|x509:|server misbehaving|(?:reading|Get "?)\s*"?https?:\/\/.*(?:: \d{3} |unexpected EOF)|module lookup disabled/;

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}
