import { open } from "node:fs/promises";
import { z } from "zod";

/** The safetensors library refuses longer headers. */
const longestHeader = 100_000_000;

const tensors = z.record(
  z.string(),
  z.union([z.object({ data_offsets: z.tuple([z.int().min(0), z.int().min(0)]) }), z.record(z.string(), z.string())]),
);

/**
 * What is wrong with a safetensors file, or undefined: a header that names the tensors' places, and exactly the bytes that it names. So a download that was
 * cut off is found before it is uploaded. Source: https://huggingface.co/docs/safetensors/index#format
 */
export async function safetensorsMistake(file: string): Promise<string | undefined> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const start = await read(handle, 0, Math.min(size, 64));
    if (start.toString("latin1").startsWith("version https://git-lfs")) {
      return "is a pointer of Git LFS and not the file itself; fetch it with git lfs pull";
    }
    if (size < 10) return `has ${size} bytes and no header of safetensors`;
    const headerBytes = Number(start.readBigUInt64LE(0));
    if (headerBytes > longestHeader || start.toString("latin1", 8, 9) !== "{") return "has no header of safetensors";
    if (8 + headerBytes > size) return cutOff(size, 8 + headerBytes);
    const header = tensors.safeParse(parseJson((await read(handle, 8, headerBytes)).toString("utf8")));
    if (!header.success) return "has a header that names no tensors";
    const ends = Object.entries(header.data).flatMap(([name, tensor]) =>
      name !== "__metadata__" && Array.isArray(tensor.data_offsets) ? [tensor.data_offsets[1]] : [],
    );
    if (ends.length === 0) return "has a header that names no tensors";
    const whole = 8 + headerBytes + Math.max(...ends);
    if (whole > size) return cutOff(size, whole);
    return whole < size ? `has ${size - whole} bytes more than its tensors take` : undefined;
  } finally {
    await handle.close();
  }
}

function cutOff(size: number, whole: number): string {
  return `has ${size} bytes of at least ${whole}; it was cut off, so fetch it again`;
}

async function read(handle: Awaited<ReturnType<typeof open>>, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(length), position });
  return buffer.subarray(0, bytesRead);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
