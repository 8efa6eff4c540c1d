import { backUp } from "../backup/backup";
import { runDrill } from "../backup/drill";
import { writeEvidence } from "../demo/evidence";
import { commit, versionsOf } from "../demo/provenance";
import { EXIT, Interrupted, UsageError } from "../lib/exit";
import { evidenceDir } from "../lib/paths";
import { openSession } from "../lib/session";
import { systemOfOutput } from "../lib/system-names";
import { confirm } from "../lib/terminal";
import { UserError } from "../lib/user-error";
import { down } from "./down";
import { restore } from "./restore";
import { up } from "./up";

export interface DrillFlags {
  local?: boolean;
  systems?: string[];
  yes?: boolean;
  out?: string;
}

/** `./llm drill`: lose a local stack and get it back, with evidence. Any failed step is exit status 1. */
export async function drill(stackName: string, flags: DrillFlags): Promise<void> {
  if (!flags.local) {
    throw new UsageError(
      "The drill destroys the stack, so it runs on this machine only: --local.",
      "On AWS, drill with a stack made for it: ./llm new, up, backup, restore --into (docs/backup.md#drill-on-aws).",
    );
  }
  if (!flags.yes && !(await confirm(`Destroy stack ${stackName} on this machine and restore it from a backup?`))) {
    throw new Interrupted("Nothing was changed.");
  }
  const session = await openSession(stackName, { local: true });
  const systems = flags.systems ?? systemsIn(await session.stack.outputs());
  const log = (line: string) => console.error(line);
  const report = await writeEvidence(
    {
      system: "drill",
      outDir: evidenceDir(flags.out, "drill"),
      versions: await versionsOf(session),
      commit: commit(),
      target: { stack: stackName, systems: systems?.join(", ") ?? "all", where: "this machine" },
      log: (line) => console.log(line),
    },
    (steps) =>
      runDrill(steps, {
        open: () => openSession(stackName, { local: true, ...(systems && { systems }) }),
        deploy: () => up(stackName, { local: true, yes: true, ...(systems && { systems }) }),
        backUp: (opened) => backUp(opened, log),
        destroy: async () => {
          await down(stackName, { local: true, yes: true });
          if (process.exitCode) throw new UserError("Something of the stack is left; its names are above.");
        },
        restore: (point) => restore(stackName, { to: point, local: true, yes: true }),
      }),
  );
  if (!report.passed) process.exitCode = EXIT.failed;
}

/** The systems that a deployed stack has; undefined before its first update. */
function systemsIn(outputs: Readonly<Record<string, unknown>>): string[] | undefined {
  const names = Object.keys(outputs).map(systemOfOutput);
  return names.length > 0 ? names : undefined;
}
