// What Pulumi's Node.js host loads. It registers tsx itself, because hosts differ in whether they pass `nodeargs` on.
require("tsx/cjs");
module.exports = require("./index.ts");
