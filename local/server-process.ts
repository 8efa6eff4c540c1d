import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const identitySchema = z.object({
  instance: z.string(),
  runId: z.string(),
  version: z.string(),
  pid: z.number(),
});

export type Identity = z.infer<typeof identitySchema>;

/** Who answers on a port of this machine. */
export type Answer =
  | { kind: "nobody" }
  | { kind: "emulator"; identity: Identity }
  /** A program that is not one of our emulators, or one that accepts connections and does not answer. */
  | { kind: "other"; detail: string };

export function endpointOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** Ask the port who it is, giving a busy emulator `patienceMs` to answer. */
export async function whoAnswers(port: number, patienceMs = 10_000): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`${endpointOf(port)}/_llm-stacks/identity`, { signal: AbortSignal.timeout(patienceMs) });
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause;
    if (cause?.code === "ECONNREFUSED") return { kind: "nobody" };
    return { kind: "other", detail: `it does not speak HTTP (${cause?.code ?? String(error)})` };
  }
  const body = await response.text().catch(() => "");
  const identity = identitySchema.safeParse(parseJson(body));
  if (response.ok && identity.success) return { kind: "emulator", identity: identity.data };
  return { kind: "other", detail: `it answered with HTTP status ${response.status}` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a server could listen on the port of the loopback address now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port that nobody uses. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === "object") resolve(address.port);
        else reject(new Error("the system gave no port"));
      });
    });
  });
}

/** Whether a process runs. One that has ended but was not collected by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  if (process.platform !== "linux") return true;
  try {
    // "pid (name) state ...": the name may hold spaces and brackets.
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/**
 * End a process that leads its own group, and whatever it has started: SIGTERM so that it can save its state, SIGKILL to
 * the whole group after `graceMs`.
 */
export async function endGroup(pid: number, graceMs = 20_000): Promise<void> {
  signal(pid, "SIGTERM");
  const deadline = Date.now() + graceMs;
  while (isAlive(pid) && Date.now() < deadline) await sleep(50);
  signal(-pid, "SIGKILL");
  const killed = Date.now() + 2_000;
  while (isAlive(pid) && Date.now() < killed) await sleep(20);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
