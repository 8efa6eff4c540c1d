import { join } from "node:path";
import { plainOutputs } from "../automation/commands/outputs";
import { withModelEdge } from "../automation/demo/model-edge";
import { EXIT, UsageError } from "../automation/lib/exit";
import { callerPath, evidenceDir } from "../automation/lib/paths";
import { openSession, regionOf } from "../automation/lib/session";
import { confirm } from "../automation/lib/terminal";
import { reach } from "../local/urls";
import { readBaseline, regressions } from "./baseline";
import { requestsPerMinute } from "./options";
import type { LoadTestResult } from "./report";
import { runLoadTest } from "./run";
import { type Target, targetOf, testedSystem } from "./target";

export interface LoadFlags {
  local?: boolean;
  yes?: boolean;
  users: number;
  spawnRate: number;
  duration: number;
  pacing: number;
  maxTokens: number;
  timeout: number;
  through?: string;
  out?: string;
  baseline?: string;
  tolerance: number;
}

/** `./llm load`: loads one system of a deployed stack. Exit status 1 when an answer was bad or an endpoint was never asked. */
export async function load(stackName: string, systemName: string, flags: LoadFlags): Promise<void> {
  const system = testedSystem(systemName);
  // Before minutes of load, not after them.
  const baseline = flags.baseline === undefined ? undefined : readBaseline(callerPath(flags.baseline));
  const session = await openSession(stackName, flags);
  const outputs = plainOutputs(session, await session.stack.outputs());
  const target = targetOf(system, stackName, outputs, flags.through);
  if (!session.emulator && !flags.yes) await askFirst(target, flags);
  const outDir = evidenceDir(flags.out, `loadtest-${system}`);
  const { model, apiKeyParameter, edgeApi, targetGroupArns, resources } = target;
  const endpoint = session.emulator?.endpoint;
  const { baseUrl, headers } = reach(target.url, endpoint);
  const edge = { endpoint, region: regionOf(session.settings), apiKeyParameter, edgeApi, model, targetGroupArns };
  const api = system === "phi3" ? "vllm" : "ollama";
  const result = await withModelEdge({ ...edge, api, log: console.error }, ({ key, engine }) =>
    runLoadTest({
      system,
      baseUrl,
      headers: { ...headers, ...key },
      model,
      users: flags.users,
      spawnRatePerSecond: flags.spawnRate,
      durationSeconds: flags.duration,
      pacingSeconds: flags.pacing,
      maxTokens: flags.maxTokens,
      requestTimeoutSeconds: flags.timeout,
      resources: {
        Stack: stackName,
        URL: target.url,
        ...resources,
        ...(engine && { "On this machine": `${engine.description}, in the place of the fleet` }),
      },
      outDir,
      log: console.error,
    }),
  );
  show(result, outDir);
  const worse = baseline ? regressions(result, baseline, flags.tolerance / 100) : [];
  for (const line of worse) console.log(`  Worse: ${line}`);
  if (baseline && worse.length === 0)
    console.log(`  Not worse than ${flags.baseline} by more than ${flags.tolerance} %`);
  if (!result.passed || worse.length > 0) process.exitCode = EXIT.failed;
}

async function askFirst(target: Target, { users, pacing, duration, maxTokens }: LoadFlags): Promise<void> {
  const rate = requestsPerMinute(users, pacing);
  const question = [
    `This sends up to ${rate} requests a minute to ${target.url} on AWS for ${duration} s, for at most ${maxTokens} tokens each.`,
    `Load may start more instances of ${target.resources["Auto Scaling group"]}, which cost money by the hour, and everyone else waits longer.`,
    "More requests a minute than the system's requestsPerMinutePerIp are refused by its web ACL. Go on?",
  ];
  if (!(await confirm(question.join("\n")))) throw new UsageError("Nothing was sent.");
}

function show({ passed, requests, failures, failed, neverAsked, doubts }: LoadTestResult, outDir: string): void {
  console.log(
    `${passed ? "Passed" : "Failed"}: ${requests} requests, ${failures} failed. ${join(outDir, "report.md")}`,
  );
  for (const { count, endpoint, reason } of failed.slice(0, 10)) console.log(`  ${count} × ${endpoint}: ${reason}`);
  for (const endpoint of neverAsked) console.log(`  ${endpoint} was never asked: let the run last longer`);
  for (const doubt of doubts) console.log(`  Doubtful: ${doubt}`);
}
