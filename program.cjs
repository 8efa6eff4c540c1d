// What Pulumi's Node.js host loads.

// Without the engine (killed, or out of memory) nobody reads what is printed, and the host answers each write that failed
// by another, for ever, on a whole core.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => process.exit(1));

// tsx is registered here, because hosts differ in whether they pass `nodeargs` on. It would read every JavaScript file of
// the AWS and Pulumi SDKs too, 1,500 of them, in search of newer syntax: 0.4 s.
const extensions = require("node:module")._extensions;
const loadJavaScript = extensions[".js"];
require("tsx/cjs");
extensions[".js"] = loadJavaScript;

require("./sdk-traces.cjs");
module.exports = require("./index.ts");
