import { SettingsError } from "../../lib/settings";
import { createBackend, logOf } from "./backend";
import { cleanUp } from "./cleanup";
import { Database } from "./database";
import { readSettings, type Settings } from "./settings";

const usage = "Usage: node backend.cjs [serve | cleanup]";

async function main([command = "serve", ...rest]: readonly string[]): Promise<void> {
  if (rest.length > 0 || !["serve", "cleanup"].includes(command)) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const settings = readSettings(process.env);
  await (command === "cleanup" ? cleanup(settings) : serve(settings));
}

async function serve(settings: Settings): Promise<void> {
  const log = logOf(settings);
  const backend = await createBackend(settings);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info("shutting down: running FIRs may end", { signal });
      backend.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error("the shutdown failed", error);
          process.exit(1);
        },
      );
    });
  }
  await backend.start();
}

/** One connection: it runs beside the server, whose pool has the others. */
async function cleanup(settings: Settings): Promise<void> {
  const database = new Database({ settings: { ...settings, DB_POOL_SIZE: 1 } });
  try {
    await cleanUp({ database, log: logOf(settings), aboveBytes: settings.DB_CLEANUP_ABOVE_GB * 1e9 });
  } finally {
    await database.close();
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof SettingsError) console.error(error.message);
  else {
    // The database's errors quote statements: its code says enough.
    const { name, code, message } = error as { name?: string; code?: string; message?: string };
    console.error(
      JSON.stringify({
        level: "error",
        message: "the backend can't run",
        error: name,
        code,
        text: code ? undefined : message,
      }),
    );
  }
  process.exit(1);
});
