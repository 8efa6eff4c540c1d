import { execFileSync } from "node:child_process";
import { chownSync, copyFileSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { UserError } from "../../automation/lib/user-error";
import { startChild } from "../model/child";
import { freePort } from "../server-process";
import type { Certificate } from "./certificate";
import { dataFolder, type LocalServer, runServer, writePrivate } from "./server";

/** PostgreSQL refuses to run as root; Debian's package makes this user. */
const account = "postgres";

export interface PostgresOptions {
  /** Owner of the database. Default `gateway`. */
  readonly user?: string;
  /** Default: none, everyone on this machine is let in. */
  readonly password?: string;
  /** Made at the start. Default `postgres`, which is always there. */
  readonly database?: string;
  /** Asks for TLS. Default: plain TCP. */
  readonly certificate?: Certificate;
}

/**
 * A real PostgreSQL with an empty database. Debian's package is `postgresql`. Its data does not survive a crash of the machine.
 * @throws UserError when it is not installed, or does not start
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<LocalServer> {
  const { user = "gateway", password, database = "postgres", certificate } = options;
  const programs = binaries();
  const dir = dataFolder("postgres");
  const data = join(dir, "data");
  const port = await freePort();
  const own = ownerOf(dir);
  const passwordFile = own.give(writePrivate(join(dir, "password"), password ?? "unused"));
  const [initdb, initArgs] = own.command(join(programs, "initdb"), [
    ...["-D", data, "-U", user, "--no-sync", "-E", "UTF8", "--locale=C"],
    ...(password === undefined ? ["-A", "trust"] : ["-A", "scram-sha-256", `--pwfile=${passwordFile}`]),
  ]);
  execFileSync(initdb, initArgs, { cwd: dir, stdio: "pipe" });
  const settings = {
    listen_addresses: "127.0.0.1",
    fsync: "off",
    ...(certificate && tlsSettings(certificate, dir, own)),
  };
  const args = ["-D", data, "-p", `${port}`, "-k", dir];
  for (const [name, value] of Object.entries(settings)) args.push("-c", `${name}=${value}`);
  const connect = (name: string) =>
    new Client({
      ...{ host: "127.0.0.1", port, user, password, database: name },
      ssl: certificate && { ca: readFileSync(certificate.certificate, "utf8") },
    });
  const server = await runServer({
    name: "PostgreSQL",
    url: `postgres://${encodeURIComponent(user)}@127.0.0.1:${port}/${database}`,
    port,
    dir,
    launch: () =>
      startChild(...own.command(join(programs, "postgres"), args), {
        env: { ...process.env, PGDATA: data },
        logFile: join(dir, "postgres.log"),
      }),
    ready: () => answers(() => connect("postgres")),
  });
  if (database !== "postgres") {
    const client = connect("postgres");
    await client.connect();
    await client.query(`create database ${client.escapeIdentifier(database)}`);
    await client.end();
  }
  return server;
}

interface Owner {
  /** The command line that runs a program as the owner of the data. */
  command(program: string, args: string[]): [string, string[]];
  /** Lets the owner read a file. */
  give(file: string): string;
}

function ownerOf(dir: string): Owner {
  if (process.getuid?.() !== 0) return { command: (program, args) => [program, args], give: (file) => file };
  const id = (flag: string) => Number(execFileSync("id", [flag, account], { encoding: "utf8" }));
  const [uid, gid] = [id("-u"), id("-g")];
  const give = (file: string) => {
    chownSync(file, uid, gid);
    return file;
  };
  give(dir);
  const switched = ["--reuid", account, "--regid", account, "--clear-groups"];
  return { command: (program, args) => ["setpriv", [...switched, program, ...args]], give };
}

function tlsSettings({ certificate, key }: Certificate, dir: string, { give }: Owner): Record<string, string> {
  const copy = (file: string, name: string) => {
    copyFileSync(file, join(dir, name));
    return give(join(dir, name));
  };
  return { ssl: "on", ssl_cert_file: copy(certificate, "server.pem"), ssl_key_file: copy(key, "server.key") };
}

/** It listens a moment before it is ready. */
async function answers(connect: () => Client): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
    const client = connect();
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

/** Folder of the newest version's programs; undefined when none is installed. */
export function findPostgres(): string | undefined {
  return globSync("/usr/lib/postgresql/*/bin").sort().at(-1);
}

function binaries(): string {
  const found = findPostgres();
  if (found === undefined)
    throw new UserError("PostgreSQL is not installed.", "Install it: apt-get install postgresql");
  return found;
}
