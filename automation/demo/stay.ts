import { once } from "node:events";

/** Keeps a demo's system open for use by hand until Ctrl-C. */
export async function stayUntilInterrupted(what: string, url: string, log: (line: string) => void): Promise<void> {
  log(`${what} is open at ${url}. End with Ctrl-C.`);
  // A listener alone does not keep the process alive, but the open servers do.
  await once(process, "SIGINT");
}
