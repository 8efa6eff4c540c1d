import { rm } from "node:fs/promises";
import { join } from "node:path";
import { engineLayout, sources } from "./layout";
import { downloadUpstream, trimUpstream } from "./parts";

/**
 * For work on the plugin: put the trimmed upstream provider where its go.mod expects it, so that `go build`, `go mod tidy` and
 * editors work in toolchain/aws-provider. Run it with `node --require tsx/cjs toolchain/stage-upstream.ts`.
 */
async function main(): Promise<void> {
  const target = join(sources.awsProvider, "upstream");
  const upstream = await downloadUpstream({ logs: engineLayout().logs, signal: new AbortController().signal });
  await rm(target, { recursive: true, force: true });
  await trimUpstream(upstream, target);
  console.log(`${upstream} -> ${target}`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
