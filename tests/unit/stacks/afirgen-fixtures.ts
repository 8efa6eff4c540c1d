/** What tests of afirgen mock. */

/** What stands for the release. */
export const releaseSha256 = "fedcba9876543210".repeat(4);

/** For `vi.mock("../../../components/serverless/release-archive", …)`: nothing is packed for each run. */
export function withoutPacking() {
  return { releaseArchive: () => ({ path: __filename, sha256: releaseSha256 }) };
}

/** For `vi.mock("../../../components/serverless/bundle", …)`. */
export async function withoutBundling(original: () => Promise<object>) {
  const pulumi = await import("@pulumi/pulumi");
  const code = new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.StringAsset("exports.handler = () => 1") });
  return { ...(await original()), bundle: () => code, bundleFile: () => ({ path: __filename, sha256: releaseSha256 }) };
}
