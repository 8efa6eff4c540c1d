import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { createServer as createTcpServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { endGroup, freePort, isAlive, isPortFree, whoAnswers } from "../../../local/server-process";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return port;
}

describe("whoAnswers", () => {
  const identity = { instance: "i", runId: "r", version: "1.5.33", pid: 7 };

  test("nobody, on a port where nothing listens", async () => {
    expect(await whoAnswers(await freePort())).toEqual({ kind: "nobody" });
  });

  test("an emulator, by its identity", async () => {
    const port = await listen(
      createServer((request, response) => {
        response.statusCode = request.url === "/_llm-stacks/identity" ? 200 : 404;
        response.end(JSON.stringify(identity));
      }),
    );
    expect(await whoAnswers(port)).toEqual({ kind: "emulator", identity });
  });

  test("another program, by what it answers", async () => {
    const port = await listen(
      createServer((_, response) => {
        response.statusCode = 404;
        response.end(JSON.stringify(identity));
      }),
    );
    expect(await whoAnswers(port)).toEqual({ kind: "other", detail: "it answered with HTTP status 404" });
  });

  test("another program that answers every address with a page", async () => {
    const port = await listen(createServer((_, response) => response.end("<html>hello</html>")));
    expect(await whoAnswers(port)).toEqual({ kind: "other", detail: "it answered with HTTP status 200" });
  });

  test("a program that does not speak HTTP", async () => {
    const port = await listen(createTcpServer((socket) => socket.end("220 mail\r\n")));
    expect(await whoAnswers(port)).toMatchObject({
      kind: "other",
      detail: expect.stringContaining("does not speak HTTP"),
    });
  });

  test("a program that says nothing", async () => {
    const port = await listen(createTcpServer(() => {}));
    expect(await whoAnswers(port, 200)).toMatchObject({ kind: "other" });
  });
});

test("a port is free until something listens on it", async () => {
  const port = await freePort();
  expect(await isPortFree(port)).toBe(true);
  const server = createTcpServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  expect(await isPortFree(port)).toBe(false);
});

describe("endGroup", () => {
  /** A process group of two that prints the pid of its second process; the leader ends only when it is killed. */
  async function group(leaderIgnoresTerm: boolean): Promise<{ leader: number; worker: number }> {
    const script = `${leaderIgnoresTerm ? "trap '' TERM; " : ""}(trap '' TERM; while true; do sleep 0.1; done) & echo $!; wait; wait`;
    const child = spawn("sh", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    const worker = await new Promise<number>((resolve) => child.stdout.once("data", (text) => resolve(Number(text))));
    if (!child.pid) throw new Error("no process");
    return { leader: child.pid, worker };
  }

  test.each([false, true])("leaves no process behind (leader ignores SIGTERM: %s)", async (ignores) => {
    const { leader, worker } = await group(ignores);
    expect([isAlive(leader), isAlive(worker)]).toEqual([true, true]);
    await endGroup(leader, 300);
    await expect.poll(() => [isAlive(leader), isAlive(worker)]).toEqual([false, false]);
  });

  test("is content when the process is gone", async () => {
    const { leader } = await group(false);
    await endGroup(leader, 300);
    await endGroup(leader, 300);
    expect(isAlive(leader)).toBe(false);
  });
});
