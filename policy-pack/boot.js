// What the engine starts. Plain JavaScript, so that no preview waits for a TypeScript compiler.

// Node.js 20 has no compile cache; the pack only starts slower there.
require("node:module").enableCompileCache?.();
const { ensureBundle } = require("./bundle");

require(ensureBundle());
