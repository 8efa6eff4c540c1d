import type { Tracer } from "./datadog";

/**
 * dd-trace, begun, if ENABLE_DATADOG is true. It changes the modules that are loaded after it, so whoever starts the gateway imports this first,
 * and the variable is read here, before there are settings.
 */
export const tracer: Tracer | undefined = process.env["ENABLE_DATADOG"] === "true" ? begin() : undefined;

function begin(): Tracer {
  // Not loaded where it is off: it takes a second and tens of megabytes.
  const { tracer } = require("dd-trace") as typeof import("dd-trace");
  tracer.init({ logInjection: true, startupLogs: false, runtimeMetrics: false });
  return tracer;
}
