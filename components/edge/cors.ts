import type * as pulumi from "@pulumi/pulumi";
import type { Check } from "../lib/validation";

/** What browsers may do from other origins. */
export interface Cors {
  /** One origin, such as `https://app.example.com`, or `*`. A fixed answer can't name more than one. */
  readonly origin: pulumi.Input<string>;
  readonly headers: readonly string[];
  /** How long a browser may remember the answer. Default 3600. */
  readonly maxAgeSeconds?: number;
}

/** An origin as browsers send it: scheme, host and port, no path. */
export function isOrigin(text: string): boolean {
  return text === "*" || /^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/.test(text);
}

/** Check of an origin; one that is known during the update only can't be checked. */
export function originCheck(path: string, origin: pulumi.Input<string>): Check {
  return {
    path,
    ok: typeof origin !== "string" || isOrigin(origin),
    message: `is "${origin}"; give scheme and host without a path, such as https://app.example.com, or *.`,
  };
}

/** Headers of the answer to a preflight request, for a path with these methods. */
export function preflightHeaders(cors: Cors, methods: readonly string[]): Record<string, pulumi.Input<string>> {
  return {
    "Access-Control-Allow-Origin": cors.origin,
    "Access-Control-Allow-Methods": [...methods, "OPTIONS"].join(","),
    "Access-Control-Allow-Headers": cors.headers.join(","),
    "Access-Control-Max-Age": String(cors.maxAgeSeconds ?? 3600),
    // A shared cache must not hand one origin's answer to another.
    Vary: "Origin",
  };
}
