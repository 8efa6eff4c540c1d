/** What browsers may do from other origins. */
export interface Cors {
  /** One origin, such as `https://app.example.com`, or `*`. A fixed answer can't name more than one. */
  readonly origin: string;
  readonly headers: readonly string[];
  /** How long a browser may remember the answer. Default 3600. */
  readonly maxAgeSeconds?: number;
}

/** An origin as browsers send it: scheme, host and port, no path. */
export function isOrigin(text: string): boolean {
  return text === "*" || /^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/.test(text);
}

/** Headers of the answer to a preflight request, for a path with these methods. */
export function preflightHeaders(cors: Cors, methods: readonly string[]): Record<string, string> {
  return {
    "Access-Control-Allow-Origin": cors.origin,
    "Access-Control-Allow-Methods": [...methods, "OPTIONS"].join(","),
    "Access-Control-Allow-Headers": cors.headers.join(","),
    "Access-Control-Max-Age": String(cors.maxAgeSeconds ?? 3600),
    // A shared cache must not hand one origin's answer to another.
    Vary: "Origin",
  };
}
