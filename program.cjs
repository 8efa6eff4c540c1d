// What Pulumi's Node.js host loads.
require("./engine-gone.cjs");

// tsx is registered here, because hosts differ in whether they pass `nodeargs` on. It would read every JavaScript file of
// the AWS and Pulumi SDKs too, 1,500 of them, in search of newer syntax: 0.4 s.
const extensions = require("node:module")._extensions;
const loadJavaScript = extensions[".js"];
require("tsx/cjs");
extensions[".js"] = loadJavaScript;

require("./sdk-traces.cjs");
module.exports = require("./index.ts");
