import { tracer } from "./monitoring/tracer";

// The tracer stands above: it sees only modules that are loaded after it.

import { SettingsError } from "../lib/settings";
import { createGateway } from "./gateway";
import { fetchSecret } from "./secrets";
import { loadSettings } from "./settings";

async function main(): Promise<void> {
  const region = process.env["AWS_REGION"] || "us-east-1";
  const settings = await loadSettings(process.env, (id) => fetchSecret(id, region));
  const gateway = await createGateway(settings, { tracer });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      gateway.app.log.info({ signal }, "Shutting down: running answers may end");
      gateway.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          gateway.app.log.error({ error }, "The shutdown failed");
          process.exit(1);
        },
      );
    });
  }
  await gateway.start();
}

main().catch((error: unknown) => {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exitCode = 1;
});
