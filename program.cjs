// What Pulumi's Node.js host loads. It registers tsx itself, because hosts differ in whether they pass `nodeargs` on.
const extensions = require("node:module")._extensions;
const loadJavaScript = extensions[".js"];
require("tsx/cjs");
// tsx would read every JavaScript file of the AWS and Pulumi SDKs too, 1,500 of them, in search of newer syntax: 0.4 s.
extensions[".js"] = loadJavaScript;
require("./sdk-traces.cjs");
module.exports = require("./index.ts");
