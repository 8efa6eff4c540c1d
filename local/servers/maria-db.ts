import { execFile, execFileSync } from "node:child_process";
import { chownSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createConnection } from "mysql2/promise";
import { UserError } from "../../automation/lib/user-error";
import { startChild } from "../model/child";
import { freePort } from "../server-process";
import { dataFolder, type LocalServer, requireProgram, runServer } from "./server";

const run = promisify(execFile);

/** MariaDB refuses to run as root; Debian's package makes this user. */
const account = "mysql";

export interface MariaDb extends LocalServer {
  /** Variables by which the backend finds it. */
  readonly variables: Readonly<
    Record<"DB_HOST" | "DB_PORT" | "DB_NAME" | "DB_USER" | "DB_PASSWORD" | "DB_TLS", string>
  >;
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
 * A real MariaDB with an empty database, in the place of RDS for MySQL. Debian's package is `mariadb-server`.
 * @throws UserError when it is not installed, or does not start
 */
export async function startMariaDb(options: MariaDbOptions = {}): Promise<MariaDb> {
  const { name = "afirgen", user = "afirgen", password = "password-of-this-machine", maxConnections = 50 } = options;
  const install = requireProgram("mariadb-install-db", "mariadb-server");
  const program = requireProgram("mariadbd", "mariadb-server");
  const dir = dataFolder("mariadb");
  const port = await freePort();
  const common = ["--no-defaults", `--datadir=${join(dir, "data")}`, `--tmpdir=${dir}`, ...ownerOf(dir)];
  try {
    await run(install, [...common, "--auth-root-authentication-method=normal"]);
  } catch (cause) {
    rmSync(dir, { recursive: true, force: true });
    throw new UserError(`MariaDB's data can't be set up: ${(cause as Error).message}`, undefined, { cause });
  }
  const args = [
    ...[...common, `--port=${port}`, "--bind-address=127.0.0.1", `--max-connections=${maxConnections}`],
    ...[`--socket=${join(dir, "socket")}`, `--pid-file=${join(dir, "pid")}`],
    // This machine's disk is not what is tried, and RDS's 512 MB of buffer are too many for it.
    ...["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--skip-log-bin"],
  ];
  const server = await runServer({
    name: "MariaDB",
    url: `mysql://127.0.0.1:${port}`,
    port,
    dir,
    launch: () => startChild(program, args, { env: process.env, logFile: join(dir, "mariadb.log") }),
  });
  try {
    const root = await createConnection({ host: "127.0.0.1", port, user: "root", multipleStatements: true });
    await root.query(
      `CREATE DATABASE \`${name}\`; CREATE USER ?@'127.0.0.1' IDENTIFIED BY ?; GRANT ALL ON \`${name}\`.* TO ?@'127.0.0.1'`,
      [user, password, user],
    );
    await root.end();
  } catch (error) {
    await server.dispose();
    throw error;
  }
  const DB_PORT = String(port);
  const variables = { DB_HOST: "127.0.0.1", DB_PORT, DB_NAME: name, DB_USER: user, DB_PASSWORD: password };
  return { ...server, variables: { ...variables, DB_TLS: "off" } };
}

/** The argument that names the owner of the data, where there has to be one, who then has the folder. */
function ownerOf(dir: string): string[] {
  if (process.getuid?.() !== 0) return [];
  const id = (flag: string) => Number(execFileSync("id", [flag, account], { encoding: "utf8" }));
  chownSync(dir, id("-u"), id("-g"));
  return [`--user=${account}`];
}
