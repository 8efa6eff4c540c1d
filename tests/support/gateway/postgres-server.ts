import { execFileSync } from "node:child_process";
import { chownSync, globSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { startChild } from "../../../local/model/child";
import { freePort } from "../../../local/server-process";
import { runServer, type TestServer } from "./test-server";

/** PostgreSQL refuses to run as root; Debian's package makes this user. */
const USER = "postgres";

/** A real PostgreSQL of its own. Debian's package is `postgresql`. */
export async function startPostgres(): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), "gateway-postgres-"));
  const data = join(dir, "data");
  const port = await freePort();
  const asUser = process.getuid?.() === 0 ? ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"] : [];
  if (asUser.length > 0) {
    const id = (flag: string) => Number(execFileSync("id", [flag, USER], { encoding: "utf8" }));
    chownSync(dir, id("-u"), id("-g"));
  }
  const command = (name: string, args: string[]): [string, string[]] => {
    const [first = "", ...rest] = [...asUser, join(binaries(), name), ...args];
    return [first, rest];
  };
  const [initdb, initArgs] = command("initdb", [
    "-D",
    data,
    "-U",
    "gateway",
    "-A",
    "trust",
    "--no-sync",
    "-E",
    "UTF8",
    "--locale=C",
  ]);
  execFileSync(initdb, initArgs, { cwd: dir, stdio: "pipe" });
  const args = ["-D", data, "-p", `${port}`, "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"];
  const url = `postgres://gateway@127.0.0.1:${port}/postgres`;
  return runServer({
    name: "PostgreSQL",
    url,
    port,
    dir,
    launch: () =>
      startChild(...command("postgres", args), {
        env: { ...process.env, PGDATA: data },
        logFile: join(dir, "postgres.log"),
      }),
    ready: () => answers(url),
  });
}

/** It listens a moment before it is ready. */
async function answers(connectionString: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
    const client = new Client({ connectionString });
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

/** The newest installed. */
function binaries(): string {
  const [found] = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
  if (found === undefined) throw new Error("PostgreSQL is not installed: apt-get install postgresql");
  return found;
}
