import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { APIGatewayProxyEvent } from "aws-lambda";
import { bundleText } from "../../../../components/serverless/bundle";
import type { Answer } from "./events";

export interface ChildRun {
  readonly process: ChildProcess;
  /** The handler's answer and the process's peak of resident memory; rejected if the process ends before it answers. */
  readonly done: Promise<{ answer: Answer; peakRssBytes: number; seconds: number }>;
}

interface ChildOptions {
  readonly env: Record<string, string>;
  readonly event: APIGatewayProxyEvent;
  readonly nodeOptions?: readonly string[];
  /** Gives up root's rights before the handler runs, so that file permissions count. */
  readonly unprivileged?: boolean;
}

const NOBODY = 65534;

// VmHWM is this process's own peak. resourceUsage().maxRSS can hold the parent's, which a child inherits through exec on Linux.
const RUNNER = `
const { readFileSync } = require("node:fs");
process.once("message", async ({ event, unprivileged }) => {
  const { handler } = require("./index.js");
  if (unprivileged && process.getuid() === 0) { process.setegid(${NOBODY}); process.seteuid(${NOBODY}); }
  const start = performance.now();
  const result = await handler(event, { awsRequestId: "child", getRemainingTimeInMillis: () => 300000 });
  const seconds = (performance.now() - start) / 1000;
  const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "";
  const kib = /VmHWM:\\s+(\\d+) kB/.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  process.send({ result, seconds, peakRssBytes: Number(kib) * 1024 }, () => process.disconnect());
});
`;

/** The producer as it is deployed, in a process of its own. Call `remove` when done. */
export function bundledProducer(): { run(options: ChildOptions): ChildRun; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "lambda-efs-bundle-"));
  writeFileSync(
    join(folder, "index.js"),
    bundleText(resolve(__dirname, "../../../../services/lambda-efs/producer.ts")),
  );
  writeFileSync(join(folder, "runner.js"), RUNNER);
  return {
    run: ({ env, event, nodeOptions = [], unprivileged = false }) => {
      const child = fork(join(folder, "runner.js"), {
        env: { ...env, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "us-east-1" },
        execArgv: [...nodeOptions],
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      const done = new Promise<Awaited<ChildRun["done"]>>((fulfil, reject) => {
        child.once(
          "message",
          ({
            result,
            ...rest
          }: {
            result: { statusCode: number; body: string };
            seconds: number;
            peakRssBytes: number;
          }) => {
            fulfil({ answer: { status: result.statusCode, body: JSON.parse(result.body), headers: {} }, ...rest });
          },
        );
        child.once("exit", (code, signal) => reject(new Error(`The producer's process ended with ${signal ?? code}.`)));
        child.once("error", reject);
      });
      child.send({ event, unprivileged });
      return { process: child, done };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
