import { rmSync } from "node:fs";
import { join } from "node:path";
import { emulatorStatus, resetEmulator, startEmulator, stopEmulator } from "../../local/emulator";
import { EXIT } from "../lib/exit";
import { localDir } from "../lib/paths";
import { localProjectDir } from "../lib/project";

const log = (line: string) => console.error(line);

/** `./llm local start|stop|status|reset`: the emulator of this checkout. */
export async function local(action: "start" | "stop" | "status" | "reset"): Promise<void> {
  switch (action) {
    case "start": {
      const emulator = await startEmulator(log);
      console.log(`The emulator runs at ${emulator.endpoint} (pid ${emulator.pid}); log: ${emulator.logFile}`);
      return;
    }
    case "stop":
      await stopEmulator(log);
      console.log("The emulator is stopped. What is deployed there comes back with the next start.");
      return;
    case "reset":
      await resetEmulator(log);
      for (const folder of [join(localDir, "state"), localProjectDir]) rmSync(folder, { recursive: true, force: true });
      console.log("The emulator and the local stacks are empty.");
      return;
    case "status": {
      const { emulator, version, startedAt, reason, logFile } = await emulatorStatus();
      if (!emulator) {
        console.log(`The emulator does not run${reason ? `: ${reason}` : "."}\n  log: ${logFile}`);
        process.exitCode = EXIT.failed;
        return;
      }
      console.log(
        `ministack ${version} runs at ${emulator.endpoint} (pid ${emulator.pid}) since ${startedAt}\n  log: ${logFile}`,
      );
    }
  }
}
