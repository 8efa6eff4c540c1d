/** What a model file's first bytes say of it. */
export type ModelFormat =
  | { readonly name: "gguf"; readonly version: number; readonly tensorCount: number; readonly metadataCount: number }
  | { readonly name: "safetensors"; readonly headerBytes: number }
  | { readonly name: "onnx"; readonly irVersion: number }
  | { readonly name: "tflite" | "hdf5" | "pytorch" | "zip" | "unknown" };

/** detectFormat never looks further than this. */
export const FORMAT_HEAD_BYTES = 512;

const UNKNOWN: ModelFormat = { name: "unknown" };

/** The safetensors library refuses longer headers. */
const SAFETENSORS_MAX_HEADER = 100_000_000;

/**
 * Recognises a model file.
 *
 * @param head the file's first FORMAT_HEAD_BYTES bytes, or all of a shorter file
 * @param sizeBytes size of the whole file
 */
export function detectFormat(head: Buffer, sizeBytes: number): ModelFormat {
  const ascii = (from: number, to: number) => head.toString("latin1", from, to);
  if (ascii(0, 4) === "GGUF") return gguf(head);
  if (ascii(4, 8) === "TFL3") return { name: "tflite" };
  if (ascii(0, 8) === "\x89HDF\r\n\x1a\n") return { name: "hdf5" };
  if (ascii(0, 4) === "PK\x03\x04") return zip(head);
  return safetensors(head, sizeBytes) ?? onnx(head) ?? UNKNOWN;
}

/** Magic, u32 version, u64 tensor count, u64 metadata count (u32 counts in version 1); byte order is the writer's. */
function gguf(head: Buffer): ModelFormat {
  if (head.length < 24) return UNKNOWN;
  const little = head.readUInt32LE(4);
  // A version is small: if only its high bytes are set, the file is big-endian.
  const bigEndian = (little & 0xffff) === 0;
  const version = bigEndian ? head.readUInt32BE(4) : little;
  const count = (index: number): number => {
    if (version === 1) return bigEndian ? head.readUInt32BE(8 + 4 * index) : head.readUInt32LE(8 + 4 * index);
    return Number(bigEndian ? head.readBigUInt64BE(8 + 8 * index) : head.readBigUInt64LE(8 + 8 * index));
  };
  const format = { name: "gguf", version, tensorCount: count(0), metadataCount: count(1) } as const;
  const sound = version > 0 && Number.isSafeInteger(format.tensorCount) && Number.isSafeInteger(format.metadataCount);
  return sound ? format : UNKNOWN;
}

/** u64 length of a JSON header, then the header, then the tensors. */
function safetensors(head: Buffer, sizeBytes: number): ModelFormat | undefined {
  if (head.length < 10 || head.toString("latin1", 8, 10) !== '{"') return undefined;
  const headerBytes = Number(head.readBigUInt64LE(0));
  if (headerBytes > SAFETENSORS_MAX_HEADER || 8 + headerBytes > sizeBytes) return undefined;
  return { name: "safetensors", headerBytes };
}

/** A ZIP as torch.save writes it has its pickle first, in a folder named after the model. */
function zip(head: Buffer): ModelFormat {
  if (head.length < 30) return { name: "zip" };
  const firstName = head.toString("latin1", 30, 30 + head.readUInt16LE(26));
  return { name: /(^|\/)data\.pkl$/.test(firstName) ? "pytorch" : "zip" };
}

/**
 * A ModelProto has no magic. Every exporter writes field 1 (the IR version, a small varint) first, and what follows
 * is the tag of one of the message's fields 2 to 8.
 */
function onnx(head: Buffer): ModelFormat | undefined {
  const [irTag, irVersion, nextTag] = head;
  const TAGS = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42];
  if (irTag !== 0x08 || irVersion === undefined || nextTag === undefined) return undefined;
  return irVersion >= 1 && irVersion <= 32 && TAGS.includes(nextTag) ? { name: "onnx", irVersion } : undefined;
}
