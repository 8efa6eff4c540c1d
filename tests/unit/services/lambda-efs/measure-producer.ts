import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatedBlock, startS3Server } from "../../../support/s3-server";
import { bundledProducer } from "./child";
import { apiEvent } from "./events";

const BLOCK_BYTES = 1024 * 1024;

export interface Measurement {
  readonly sizeBytes: number;
  readonly peakRssBytes: number;
  readonly seconds: number;
}

/**
 * Has the bundled producer copy an object that a loopback server makes up as it sends it, and measures the process's peak of resident memory.
 * The copy lies in the temporary folder meanwhile, which needs that much room.
 *
 * @throws Error if the copy is not what was sent
 */
export async function measureProducer(sizeBytes: number): Promise<Measurement> {
  const mount = await mkdtemp(join(tmpdir(), "lambda-efs-memory-"));
  const s3 = await startS3Server();
  const producer = bundledProducer();
  try {
    s3.objects.set("models/large.bin", { sizeBytes });
    const { done } = producer.run({
      env: { EFS_MOUNT_PATH: mount, S3_BUCKET_NAME: "bucket", AWS_ENDPOINT_URL_S3: s3.endpoint },
      event: apiEvent({ key: "models/large.bin" }),
    });
    const { answer, peakRssBytes, seconds } = await done;
    const sent = createHash("sha256");
    for (let offset = 0; offset < sizeBytes; offset += BLOCK_BYTES) {
      sent.update(generatedBlock(offset, Math.min(BLOCK_BYTES, sizeBytes - offset)));
    }
    const { sha256, sizeBytes: copied } = answer.body;
    if (answer.status !== 201 || copied !== sizeBytes || sha256 !== sent.digest("hex")) {
      throw new Error(`The copy is not what was sent: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return { sizeBytes, peakRssBytes, seconds };
  } finally {
    producer.remove();
    await s3.close();
    await rm(mount, { recursive: true, force: true });
  }
}
