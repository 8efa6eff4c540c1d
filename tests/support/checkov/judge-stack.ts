import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSession, withStackLock } from "../../../automation/lib/session";
import { type CheckovResult, ensureCheckov, runCheckov } from "./install";
import { type Mapping, readMapping } from "./mapping";
import { type ExportedResource, terraformPlan } from "./terraform-plan";

/** A previewed stack as a policy pack is shown it, and the names that Terraform has for it. */
export interface PreviewedStack {
  readonly resources: readonly ExportedResource[];
  readonly mapping: Mapping;
}

/** A policy pack that judges nothing and writes what it is shown into the file that EXPORT_FILE names. */
export const exportPack = join(__dirname, "export-pack");

/** Previews systems of a stack on this machine, with the stack's own settings. */
export async function previewStack(stackName: string, systems: string[]): Promise<PreviewedStack> {
  const session = await openSession(stackName, { local: true, systems });
  const folder = mkdtempSync(join(tmpdir(), "export-"));
  try {
    const file = join(folder, "stack.json");
    session.stack.workspace.envVars["EXPORT_FILE"] = file;
    await withStackLock(session, () =>
      session.stack.preview({ policyPacks: [exportPack], configFile: session.configFile }),
    );
    const resources = JSON.parse(readFileSync(file, "utf8")) as ExportedResource[];
    return { resources, mapping: await readMapping(session.engine) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What Checkov says of a previewed stack, and the AWS types that Terraform has no counterpart for. */
export async function judgeByCheckov(
  { resources, mapping }: PreviewedStack,
  log: (line: string) => void,
): Promise<CheckovResult & { left: readonly string[] }> {
  const { plan, left } = terraformPlan(resources, mapping);
  return { ...(await runCheckov(await ensureCheckov(log), plan)), left };
}
