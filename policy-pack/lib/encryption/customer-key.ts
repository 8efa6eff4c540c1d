import { z } from "zod";
import { Truth } from "../truth";
import type { Value } from "../value";

/** The setting of rules that ask for nothing unless somebody wants keys of their own. */
export const requireCmkSettings = {
  requireCmk: z.boolean().default(false).describe("Whether AWS's own keys are not enough"),
};

/** Whether a property names a KMS key of the customer's. A key that is unknown is one; AWS's own have aliases. */
export function isCustomerKey(key: Value): Truth {
  const isManaged = /(?:^|:)alias\/aws\//.test(String(key.scalar() ?? ""));
  return key.hasContent().and(Truth.of(!isManaged));
}
