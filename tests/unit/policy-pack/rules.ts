import { buildPack } from "../../../policy-pack/build-pack";
import type { PackEnvironment } from "../../../policy-pack/lib/environment";
import { rules } from "../../../policy-pack/registry";
import { type Diagnostic, type Resource, type ServedPack, servePack } from "../../support/policy-harness";
import { hiddenIn, hiddenInStack, mayBeSilent } from "./hide";

/** Days of the tests that judge exemptions by date. */
export const today = new Date("2026-06-15T12:00:00Z");

export const development: PackEnvironment = { profile: "dev", stack: "dev", exemptions: undefined };

type Config = Parameters<typeof servePack>[1];

/** The project's own pack, served. */
export function serve(environment: Partial<PackEnvironment> = {}, config: Config = {}): Promise<ServedPack> {
  return servePack(buildPack(rules, { ...development, ...environment }, today), config);
}

/** What one rule says: the first lines of its violations, and the paths that it could not know. */
export interface Verdict {
  readonly violations: readonly string[];
  readonly unknowns: readonly string[];
  /** Sums against limits, which the profile `free` tells; absent when there is none. */
  readonly sums?: readonly string[];
}

export const pass: Verdict = { violations: [], unknowns: [] };

export function violation(...violations: readonly string[]): Verdict {
  return { violations, unknowns: [] };
}

export function unverifiable(...unknowns: readonly string[]): Verdict {
  return { violations: [], unknowns };
}

/**
 * One rule's verdict on a resource or a stack, from the diagnostics that the engine would print. Fails on anything that
 * is neither a violation nor the note on unknowns, so on "can't run policy" and internal errors too.
 *
 * A violation is judged again with each value of the subject unknown in turn: that may take the answer back, which is a
 * note on what is not known, but must not silence the rule, except where hide.ts says so.
 */
export async function judge(
  id: string,
  subject: Resource | readonly Resource[],
  settings: object = {},
  environment: Partial<PackEnvironment> = {},
): Promise<Verdict> {
  const found = await judgeAsItIs(id, subject, settings, environment);
  if (found.violations.length > 0) await expectNoSilence(id, subject, settings, environment);
  return found;
}

const tried = new Set<string>();

async function expectNoSilence(
  id: string,
  subject: Resource | readonly Resource[],
  settings: object,
  environment: Partial<PackEnvironment>,
): Promise<void> {
  const key = JSON.stringify([id, subject, settings, environment]);
  // Mutants are judged by what tests say themselves.
  if (tried.has(key) || process.env["MUTANTS_FILE"] !== undefined) return;
  tried.add(key);
  const all = Array.isArray(subject) ? hiddenInStack(subject) : hiddenIn(subject as Resource);
  for (const [at, hidden] of all) {
    const { violations, unknowns } = await judgeAsItIs(id, hidden, settings, environment);
    const isSilent = violations.length + unknowns.length === 0;
    if (isSilent && !mayBeSilent(id, at)) throw new Error(`${id} is silent once ${at} is unknown`);
  }
}

/** As {@link judge}, and no more. */
export async function judgeAsItIs(
  id: string,
  subject: Resource | readonly Resource[],
  settings: object = {},
  environment: Partial<PackEnvironment> = {},
): Promise<Verdict> {
  const pack = await served(id, settings, environment);
  const diagnostics = Array.isArray(subject)
    ? await pack.analyzeStack(subject)
    : await pack.analyze(subject as Resource);
  return verdict(id, diagnostics);
}

const packs = new Map<string, Promise<ServedPack>>();

/** One pack for all subjects of a rule in the same circumstances: serving it takes longer than judging. */
function served(id: string, settings: object, environment: Partial<PackEnvironment>): Promise<ServedPack> {
  const key = JSON.stringify([id, settings, environment]);
  const config = { all: "disabled", [id]: { enforcementLevel: "mandatory", ...settings } } as const;
  const pack = packs.get(key) ?? serve(environment, config);
  packs.set(key, pack);
  return pack;
}

function verdict(id: string, diagnostics: readonly Diagnostic[]): Verdict {
  const violations: string[] = [];
  const unknowns: string[] = [];
  const sums: string[] = [];
  for (const { policy, level, message } of diagnostics) {
    if (policy !== id) throw new Error(`${policy} spoke for ${id}: ${message}`);
    const note = message.match(
      /^\[\S+\] cannot be known at preview: (.*)\. This rule and all others .* when it is known\.$/,
    );
    if (level === "advisory" && message.startsWith("Free tier: ")) {
      sums.push(message.slice("Free tier: ".length));
    } else if (note && level === "advisory") {
      unknowns.push(...(note[1] ?? "").split(", "));
    } else if (level === "mandatory" && message.includes("\nFix: ") && message.includes("\nWhy: ")) {
      const findings = message.split("\n").filter((line) => line.startsWith(`[${id}] `));
      violations.push(...findings.map((line) => line.slice(`[${id}] `.length, -1)));
    } else {
      throw new Error(`${id} says neither a violation nor what it could not know: [${level}] ${message}`);
    }
  }
  return { violations, unknowns, ...(sums.length > 0 && { sums }) };
}
