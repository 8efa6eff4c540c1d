import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { repoRoot } from "../../automation/lib/paths";
import { UserError } from "../../automation/lib/user-error";
import { startChild } from "../model/child";
import { freePort } from "../server-process";
import { accepts } from "../servers/server";

const deployed = join(repoRoot, "services", "afirgen", "deploy", "nginx");

export interface NginxOptions {
  /** Of the backend on this machine. */
  readonly backendPort: number;
  /** With a certificate for it: TLS as with a domain name. Default: plain HTTP, as behind CloudFront. */
  readonly tls?: { readonly domain: string; readonly certificate: string; readonly key: string };
}

export interface Nginx {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** What the access log and the error log have. */
  output(): string;
  stop(): Promise<void>;
}

/**
 * Debian's nginx with the configuration of the deployment, in which only addresses and paths are others.
 *
 * @throws UserError when it is not installed (Debian's package is `nginx`) or refuses its configuration
 */
export async function startNginx({ backendPort, tls }: NginxOptions): Promise<Nginx> {
  const dir = mkdtempSync(join(tmpdir(), "afirgen-nginx-"));
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const replaced = (text: string) =>
    text
      .replaceAll("/etc/nginx/afirgen/", `${dir}/`)
      .replaceAll("backend:8000", `127.0.0.1:${backendPort}`)
      .replaceAll("listen 80 ", `listen 127.0.0.1:${httpPort} `)
      .replaceAll("listen 443 ", `listen 127.0.0.1:${httpsPort} `)
      .replaceAll("/etc/letsencrypt/live/DOMAIN_NAME/fullchain.pem", tls?.certificate ?? "")
      .replaceAll("/etc/letsencrypt/live/DOMAIN_NAME/privkey.pem", tls?.key ?? "")
      .replaceAll("DOMAIN_NAME", tls?.domain ?? "")
      .replaceAll("/var/www/certbot", join(dir, "certbot"));
  // Its user, its files and where it logs to are the container's.
  const main = replaced(readFileSync(join(deployed, "nginx.conf"), "utf8"))
    .replace(/^user nginx;$/m, `daemon off;\n${process.getuid?.() === 0 ? "user root;" : ""}`)
    .replace("/var/run/nginx.pid", join(dir, "pid"))
    .replace("access_log /dev/stdout", `access_log ${join(dir, "access.log")}`)
    .replace("error_log /dev/stderr", `error_log ${join(dir, "error.log")}`)
    .replace(/^http \{$/m, `http {\n${temporaryPaths(dir)}`);
  const site = tls ? "site-tls.conf" : "site-http.conf";
  mkdirSync(join(dir, "certbot"));
  writeFileSync(join(dir, "nginx.conf"), main);
  for (const [from, to] of [
    [site, "site.conf"],
    ["locations.conf", "locations.conf"],
  ] as const) {
    writeFileSync(join(dir, to), replaced(readFileSync(join(deployed, from), "utf8")));
  }
  const child = startChild("nginx", ["-p", dir, "-e", join(dir, "error.log"), "-c", join(dir, "nginx.conf")], {
    env: process.env,
    logFile: join(dir, "nginx.log"),
  });
  const output = () => ["access.log", "error.log"].map((name) => readOrEmpty(join(dir, name))).join("");
  const stop = async () => {
    await child.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + 15_000; !(await accepts(httpPort)); await sleep(50)) {
    const ended = child.ended();
    if (ended === undefined && Date.now() < deadline) continue;
    const said = `${child.lastOutput()}\n${output()}`.trim();
    await stop();
    throw new UserError(
      `nginx did not start (${ended ?? "15 s"}):\n${said}`,
      "Is it installed? apt-get install nginx.",
    );
  }
  return { httpPort, httpsPort, output, stop };
}

function temporaryPaths(dir: string): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return kinds.map((kind) => `  ${kind}_temp_path ${join(dir, kind)};`).join("\n");
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
