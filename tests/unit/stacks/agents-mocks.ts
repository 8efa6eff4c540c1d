/** What tests of agents mock. */

/** What stands for the gateway's file. */
export const codeSha256 = "0123456789abcdef".repeat(4);

/** For `vi.mock("../../../components/serverless/bundle", …)`: the gateway is not bundled for each run. */
export async function withoutBundling(original: () => Promise<object>) {
  return { ...(await original()), bundleFile: () => ({ path: __filename, sha256: codeSha256 }) };
}
