import { fc, test as prop } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { detectFormat } from "../../../../services/lambda-efs/lib/model-format";

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));
const u32 = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
const u64 = (value: number) => [...u32(value), ...u32(0)];
const zip = (name: string) => bytes("PK\x03\x04", Array(22).fill(0), [name.length, 0, 0, 0], name);

test.each([
  [
    "GGUF 3",
    bytes("GGUF", u32(3), u64(291), u64(24)),
    { name: "gguf", version: 3, tensorCount: 291, metadataCount: 24 },
  ],
  [
    "GGUF 1, with 32-bit counts",
    bytes("GGUF", u32(1), u32(5), u32(6), u64(0)),
    { name: "gguf", version: 1, tensorCount: 5, metadataCount: 6 },
  ],
  [
    "GGUF of a big-endian machine",
    bytes("GGUF", u32(3).reverse(), u64(291).reverse(), u64(24).reverse()),
    { name: "gguf", version: 3, tensorCount: 291, metadataCount: 24 },
  ],
  ["GGUF cut short", bytes("GGUF", u32(3)), { name: "unknown" }],
  ["GGUF with an impossible count", bytes("GGUF", u32(3), Array(8).fill(255), u64(1)), { name: "unknown" }],
  ["safetensors", bytes(u64(14), '{"__metadata__'), { name: "safetensors", headerBytes: 14 }],
  ["safetensors whose header would not fit", bytes(u64(15), '{"__metadata__'), { name: "unknown" }],
  ["ONNX", bytes([8, 8, 0x12, 7], "pytorch"), { name: "onnx", irVersion: 8 }],
  ["a protobuf that is no model", bytes([8, 8, 0x4a, 7], "pytorch"), { name: "unknown" }],
  ["TensorFlow Lite", bytes([28, 0, 0, 0], "TFL3"), { name: "tflite" }],
  ["Keras", bytes("\x89HDF\r\n\x1a\n"), { name: "hdf5" }],
  ["torch.save", zip("model/data.pkl"), { name: "pytorch" }],
  ["another ZIP", zip("readme.txt"), { name: "zip" }],
  ["a ZIP cut short", bytes("PK\x03\x04"), { name: "zip" }],
  ["text", bytes("hello"), { name: "unknown" }],
  ["nothing", bytes(), { name: "unknown" }],
])("%s", (_what, head, format) => expect(detectFormat(head, head.length)).toEqual(format));

prop.prop([fc.constantFrom("", "GGUF", "PK\x03\x04", "\x08\x08"), fc.uint8Array({ maxLength: 64 }), fc.nat()])(
  "any bytes are recognised or unknown, and nothing throws",
  (magic, rest, size) => {
    const format = detectFormat(bytes(magic, [...rest]), size);
    expect(["gguf", "safetensors", "onnx", "tflite", "hdf5", "pytorch", "zip", "unknown"]).toContain(format.name);
    expect(JSON.parse(JSON.stringify(format))).toEqual(format);
  },
);
