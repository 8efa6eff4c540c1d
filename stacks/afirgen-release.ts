import type { Bucket } from "../components/data/bucket";
import { type BundleFile, bundleFile } from "../components/serverless/bundle";
import { releaseArchive } from "../components/serverless/release-archive";

/** What the machine runs, in one archive: compose file, scripts and configurations, the backend as one file, the server of speech and images, the knowledge base. */

const backend = "services/afirgen/backend/main.ts";
/** Where releases lie in the models' bucket. */
const releasePrefix = "release/";

/** The archive on this machine. */
function packed(): BundleFile {
  return releaseArchive({
    ".": "services/afirgen/deploy",
    "backend.cjs": bundleFile(backend).path,
    "asr-ocr": "services/afirgen/asr-ocr",
    kb: "services/afirgen/kb",
  });
}

/** Puts the release into the bucket, under its checksum: what another update names stays there. */
export function uploadRelease(bucket: Bucket) {
  const { path, sha256 } = packed();
  const key = `${releasePrefix}${sha256}.tar.gz`;
  return bucket.addFile("release", { key, path, contentType: "application/gzip" });
}
