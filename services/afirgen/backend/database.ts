import { readFileSync } from "node:fs";
import mysql, {
  type Pool,
  type PoolConnection,
  type ResultSetHeader,
  type RowDataPacket,
  type SslOptions,
} from "mysql2/promise";
import { migrations } from "./migrations";
import type { Settings } from "./settings";

type Value = string | number | null | Date;

export interface DatabaseOptions {
  readonly settings: Pick<
    Settings,
    "DB_HOST" | "DB_PORT" | "DB_NAME" | "DB_USER" | "DB_PASSWORD" | "DB_POOL_SIZE" | "DB_TLS" | "DB_CA_FILE"
  >;
  /** Told how long each statement took, with the wait for a connection. */
  readonly onQuery?: (ms: number) => void;
}

/** MySQL through a pool that never has more connections than DB_POOL_SIZE. */
export class Database {
  private readonly pool: Pool;
  private open = 0;

  constructor(private readonly options: DatabaseOptions) {
    const { settings } = options;
    this.pool = mysql.createPool({
      host: settings.DB_HOST,
      port: settings.DB_PORT,
      database: settings.DB_NAME,
      user: settings.DB_USER,
      password: settings.DB_PASSWORD,
      ssl: tlsOf(settings),
      connectionLimit: settings.DB_POOL_SIZE,
      maxIdle: 1,
      idleTimeout: 60_000,
      // Who finds so many waiting for a connection is told at once that the database is too busy.
      queueLimit: 100,
      connectTimeout: 5_000,
      enableKeepAlive: true,
      charset: "utf8mb4",
      timezone: "Z",
    });
    this.pool.on("connection", (connection) => {
      this.open += 1;
      const { stream } = connection as unknown as { stream: NodeJS.EventEmitter };
      stream.once("close", () => {
        this.open -= 1;
      });
    });
  }

  /** Open connections of the pool. */
  get connections(): number {
    return this.open;
  }

  async rows<Row>(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    const [rows] = await this.timed(() => this.pool.query<RowDataPacket[]>(sql, [...values]));
    return rows as Row[];
  }

  /** Rows that the statement changed. */
  async change(sql: string, values: readonly Value[] = []): Promise<number> {
    const [{ affectedRows }] = await this.timed(() => this.pool.query<ResultSetHeader>(sql, [...values]));
    return affectedRows;
  }

  /** Brings the tables up to date; several processes may do so at once. */
  async migrate(): Promise<void> {
    const connection = await this.pool.getConnection();
    try {
      await connection.query("SELECT GET_LOCK('afirgen-migrations', 60)");
      await applyMigrations(connection);
    } finally {
      await connection.query("SELECT RELEASE_LOCK('afirgen-migrations')").catch(() => {
        // The connection is gone, and the lock with it.
      });
      connection.release();
    }
  }

  /** Bytes of all tables and indexes, as they are now. */
  async sizeBytes(): Promise<number> {
    const connection = await this.pool.getConnection();
    try {
      // MySQL 8 keeps these numbers for a day unless told otherwise; MariaDB has no such variable.
      await connection.query("SET SESSION information_schema_stats_expiry = 0").catch(ignoreUnknownVariable);
      const [rows] = await connection.query<RowDataPacket[]>(
        "SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS CHAR) AS bytes FROM information_schema.tables WHERE table_schema = DATABASE()",
      );
      return Number(rows[0]?.["bytes"] ?? 0);
    } finally {
      connection.release();
    }
  }

  async ready(): Promise<boolean> {
    try {
      await this.rows("SELECT 1");
      return true;
    } catch {
      return false;
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private async timed<T>(run: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await run();
    } finally {
      this.options.onQuery?.(performance.now() - start);
    }
  }
}

async function applyMigrations(connection: PoolConnection): Promise<void> {
  await connection.query(
    "CREATE TABLE IF NOT EXISTS schema_migrations (version INT PRIMARY KEY, applied_at DATETIME(3) NOT NULL) CHARACTER SET utf8mb4",
  );
  const [rows] = await connection.query<RowDataPacket[]>("SELECT version FROM schema_migrations");
  const applied = new Set(rows.map((row) => Number(row["version"])));
  for (const { version, statements } of migrations) {
    if (applied.has(version)) continue;
    // Each statement stands by itself: MySQL commits at every change of a table.
    for (const statement of statements) await connection.query(statement);
    await connection.query("INSERT INTO schema_migrations VALUES (?, UTC_TIMESTAMP(3))", [version]);
  }
}

function tlsOf({ DB_TLS, DB_CA_FILE }: DatabaseOptions["settings"]): string | SslOptions | undefined {
  switch (DB_TLS) {
    case "rds":
      // The certificates of RDS's authority come with the driver.
      return "Amazon RDS";
    case "verify":
      return { minVersion: "TLSv1.2", ...(DB_CA_FILE && { ca: readFileSync(DB_CA_FILE, "utf8") }) };
    case "off":
      return undefined;
  }
}

function ignoreUnknownVariable(error: unknown): void {
  if ((error as { errno?: number }).errno !== 1193) throw error;
}
