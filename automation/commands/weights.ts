import { createS3Client } from "../../services/lib/s3";
import { Interrupted } from "../lib/exit";
import { callerPath } from "../lib/paths";
import { SYSTEMS_KEY } from "../lib/project";
import { openSession, regionOf } from "../lib/session";
import { destinationOf } from "../weights/destination";
import { readModelFolder, withChecksums } from "../weights/folder";
import { ByteProgress, size } from "../weights/progress";
import { uploadWeights } from "../weights/upload";
import { plainOutputs } from "./outputs";

export interface WeightsFlags {
  local?: boolean;
  model?: string;
  revision?: string;
  replace?: boolean;
}

const log = (line: string) => console.error(line);

/** `./llm weights upload`: a model's files into the stack's bucket, with the manifest that instances verify them by. */
export async function uploadModel(stackName: string, folder: string, flags: WeightsFlags): Promise<void> {
  const model = await readModelFolder(callerPath(folder));
  const session = await openSession(stackName, flags);
  const systems = session.settings.config?.[SYSTEMS_KEY];
  const destination = destinationOf(plainOutputs(session, await session.stack.outputs()), {
    stackName,
    ...flags,
    systems: Array.isArray(systems) ? systems.map(String) : [],
  });
  if (model.leftOut.length > 0) log(`Left out, as instances have no use for it: ${model.leftOut.join(", ")}.`);

  const total = model.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const s3 = createS3Client({ region: regionOf(session.settings) });
  const uploaded = await stoppable(async (signal) => {
    log(`Reading ${model.files.length} files, ${size(total)}, for their checksums.`);
    const reading = new ByteProgress("read", total, log);
    const files = await withChecksums(model, (bytes) => reading.add(bytes), signal);
    log(`Uploading to s3://${destination.bucket}/${destination.prefix}/`);
    const sending = new ByteProgress("sent", total, log);
    return uploadWeights({
      ...destination,
      s3,
      folder: model.folder,
      files,
      replace: flags.replace ?? false,
      signal,
      onFile: ({ path, bytes }, there) => {
        log(`  ${path} (${size(bytes)})${there ? " is there" : ""}`);
        if (there) sending.skip(bytes);
      },
      onBytes: (bytes) => sending.add(bytes),
    });
  });

  const { sent, there, manifestSent, manifestSha256 } = uploaded;
  console.log(
    `${sent.length} files sent, ${there.length} were there; manifest ${manifestSent ? "written" : "as it was"}.`,
  );
  console.log(`sha256 of the manifest: ${manifestSha256}`);
  console.log("\nTo have instances take these weights:");
  const settings = { name: flags.model, revision: flags.revision, weightsManifestSha256: manifestSha256 };
  for (const [key, value] of Object.entries(settings)) {
    if (value) console.log(`  pulumi config set --path 'llm-stacks:phi3.model.${key}' ${value} --stack ${stackName}`);
  }
  console.log(`  ./llm up ${stackName}${flags.local ? " --local" : ""}`);
}

/** Ends in order on Ctrl-C, so that no half of a file stays in the bucket. @throws Interrupted then */
async function stoppable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    return await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new Interrupted("The upload was stopped.", "Run the same command again: it goes on at the file it was at.");
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}
