import { execFile, execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createConnection } from "mysql2/promise";
import { UserError } from "../../automation/lib/user-error";
import { startChild } from "../model/child";
import { freePort } from "../server-process";

const run = promisify(execFile);

/** MariaDB refuses to run as root; Debian's package makes this user. */
const account = "mysql";
const startSeconds = 60;

export interface MariaDb {
  readonly port: number;
  /** Variables by which the backend finds it. */
  readonly variables: Readonly<
    Record<"DB_HOST" | "DB_PORT" | "DB_NAME" | "DB_USER" | "DB_PASSWORD" | "DB_TLS", string>
  >;
  stop(): Promise<void>;
}

export interface MariaDbOptions {
  /** Default `afirgen`. */
  readonly name?: string;
  readonly user?: string;
  readonly password?: string;
  /** As the stack's parameter group has it. Default 50. */
  readonly maxConnections?: number;
}

/**
 * A MariaDB of its own on a free port of the loopback address, in the place of RDS for MySQL. What it keeps goes with it.
 *
 * @throws UserError when it is not installed (Debian's package is `mariadb-server`) or does not start
 */
export async function startMariaDb(options: MariaDbOptions = {}): Promise<MariaDb> {
  const { name = "afirgen", user = "afirgen", password = "password-of-this-machine", maxConnections = 50 } = options;
  const dir = mkdtempSync(join(tmpdir(), "afirgen-mariadb-"));
  const data = join(dir, "data");
  const asRoot = process.getuid?.() === 0;
  const owner = asRoot ? [`--user=${account}`] : [];
  try {
    if (asRoot) {
      const id = (flag: string) => Number(execFileSync("id", [flag, account], { encoding: "utf8", stdio: "pipe" }));
      chownSync(dir, id("-u"), id("-g"));
    }
    await run("mariadb-install-db", [
      "--no-defaults",
      `--datadir=${data}`,
      ...owner,
      "--auth-root-authentication-method=normal",
      `--tmpdir=${dir}`,
    ]);
  } catch (cause) {
    rmSync(dir, { recursive: true, force: true });
    throw new UserError("MariaDB can't be set up.", "Install it: apt-get install mariadb-server.", { cause });
  }
  const port = await freePort();
  const child = startChild(
    "mariadbd",
    [
      ...[
        "--no-defaults",
        `--datadir=${data}`,
        ...owner,
        `--port=${port}`,
        "--bind-address=127.0.0.1",
        `--tmpdir=${dir}`,
      ],
      ...[`--socket=${join(dir, "socket")}`, `--pid-file=${join(dir, "pid")}`, `--max-connections=${maxConnections}`],
      // This machine's disk is not what is tried, and RDS's 512 MB of buffer are too many for it.
      ...["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--skip-log-bin"],
    ],
    { env: process.env, logFile: join(dir, "mariadb.log") },
  );
  const stop = async () => {
    await child.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    for (const deadline = Date.now() + startSeconds * 1000; ; await sleep(100)) {
      try {
        const root = await createConnection({ host: "127.0.0.1", port, user: "root", multipleStatements: true });
        await root.query(
          `CREATE DATABASE \`${name}\`; CREATE USER ?@'127.0.0.1' IDENTIFIED BY ?; GRANT ALL ON \`${name}\`.* TO ?@'127.0.0.1'`,
          [user, password, user],
        );
        await root.end();
        break;
      } catch (cause) {
        const ended = child.ended();
        if (ended === undefined && Date.now() < deadline && (cause as { code?: string }).code === "ECONNREFUSED")
          continue;
        throw new UserError(`MariaDB did not start (${ended ?? String(cause)}):\n${child.lastOutput()}`, undefined, {
          cause,
        });
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const DB_PORT = String(port);
  return {
    port,
    variables: { DB_HOST: "127.0.0.1", DB_PORT, DB_NAME: name, DB_USER: user, DB_PASSWORD: password, DB_TLS: "off" },
    stop,
  };
}
