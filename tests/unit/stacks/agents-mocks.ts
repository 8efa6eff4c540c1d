/** What tests of agents mock. Imports nothing that reads the systems, which would then come before their mock. */

/** For `vi.mock("../../../stacks/systems", …)`: the systems with agents among them. */
export async function withAgents(original: () => Promise<object>) {
  const { systems } = (await original()) as { systems: object };
  const { agents } = await import("../../../stacks/agents");
  const all = { ...systems, agents };
  return { systems: all, systemNames: Object.keys(all) };
}

/** What stands for the gateway's file. */
export const codeSha256 = "0123456789abcdef".repeat(4);

/** For `vi.mock("../../../components/serverless/bundle", …)`: the gateway is not bundled for each run. */
export async function withoutBundling(original: () => Promise<object>) {
  return { ...(await original()), bundleFile: () => ({ path: __filename, sha256: codeSha256 }) };
}
