/** Size of a PNG file in pixels. Source: https://www.w3.org/TR/png-3/#11IHDR @throws Error when it is no PNG file */
export function pngSize(bytes: Buffer): { readonly width: number; readonly height: number } {
  if (bytes.subarray(0, 8).toString("latin1") !== "\x89PNG\r\n\x1a\n" || bytes.toString("latin1", 12, 16) !== "IHDR") {
    throw new Error("This is no PNG file.");
  }
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}
