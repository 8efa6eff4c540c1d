import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findPython } from "../../../local/python";

/** An answer of a server to one step of a scenario. */
export interface Answered {
  readonly system: "ollama" | "phi3";
  readonly step: string;
  readonly model: string;
  readonly status: number;
  readonly body: string;
}

export interface Verdict {
  /** Why it is no good; null for a good one. */
  readonly error: string | null;
  /** Whether a line brought text of the model. */
  readonly spoke?: boolean;
  readonly generation?: { promptTokens: number; tokens: number; seconds: number | null } | null;
}

export interface Judge {
  judge(answer: Answered): Promise<Verdict>;
  stop(): void;
}

/** The load test's own judgement of answers, without Locust: a Python process that takes one after another. */
export async function startJudge(): Promise<Judge> {
  const { command } = await findPython();
  const child = spawn(command, ["-B", join(__dirname, "judge.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: { resolve: (verdict: Verdict) => void; reject: (error: Error) => void }[] = [];
  createInterface(child.stdout).on("line", (line) => waiting.shift()?.resolve(JSON.parse(line) as Verdict));
  child.once("exit", (code) => {
    for (const { reject } of waiting.splice(0))
      reject(new Error(`The judge ended with ${code}: see its message above.`));
  });
  child.stdin.on("error", () => {
    // The exit above says so.
  });
  return {
    judge: (answer) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(answer)}\n`);
      }),
    stop: () => child.stdin.end(),
  };
}
