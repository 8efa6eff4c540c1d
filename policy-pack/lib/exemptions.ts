import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { type Finding, findingText } from "./findings";
import { PackError } from "./pack-error";

const oneYearMs = 366 * 24 * 3600 * 1000;

const exemptionSchema = z.strictObject({
  /** Id of one rule. */
  rule: z.string(),
  /** URN, with * for any characters. */
  resource: z.string(),
  /** Text that the finding must contain, such as a property path; absent covers all findings of the rule there. */
  finding: z.string().min(1).optional(),
  /** Stacks it is meant for; absent means all. */
  stacks: z.array(z.string()).min(1).optional(),
  reason: z.string().trim().min(10, "say in a sentence why the finding is acceptable"),
  owner: z.string().trim().min(2, "name who answers for it"),
  /** Last day (UTC) it holds. */
  expires: z.iso.date("expected a date such as 2027-03-31"),
});

const fileSchema = z.strictObject({ exemptions: z.array(z.unknown()).nullable() });

export type Exemption = z.output<typeof exemptionSchema>;

/** What is known of a violation when an exemption is looked for. */
export interface Exemptible {
  readonly rule: string;
  readonly urn: string;
  readonly finding: Finding;
}

/** An exemption that may not be used, and why. */
export interface ExemptionProblem {
  readonly severity: "refused" | "expired";
  readonly text: string;
}

/**
 * Reads an exemptions file (YAML, or JSON, which is YAML). Entries that are malformed, too broad or expired become
 * problems and are not applied. Throws a {@link PackError} if the file as a whole cannot be read.
 */
export function parseExemptions(
  text: string,
  file: string,
  knownRules: ReadonlySet<string>,
  now: Date,
): { exemptions: Exemption[]; problems: ExemptionProblem[] } {
  let content: unknown;
  try {
    content = parseYaml(text);
  } catch (error) {
    throw new PackError(`${file} is not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = fileSchema.safeParse(content ?? { exemptions: [] });
  if (!parsed.success) {
    throw new PackError(`${file} must hold a list named "exemptions":\n${z.prettifyError(parsed.error)}`);
  }
  const exemptions: Exemption[] = [];
  const problems: ExemptionProblem[] = [];
  for (const [index, entry] of (parsed.data.exemptions ?? []).entries()) {
    const where = `${file}, exemption ${index + 1}`;
    const result = exemptionSchema.safeParse(entry);
    if (!result.success) {
      problems.push({ severity: "refused", text: `${where}: ${z.prettifyError(result.error)}` });
      continue;
    }
    const problem = problemOf(result.data, knownRules, now);
    if (problem) problems.push({ ...problem, text: `${where} (${describe(result.data)}) ${problem.text}` });
    else exemptions.push(result.data);
  }
  return { exemptions, problems };
}

function problemOf(exemption: Exemption, knownRules: ReadonlySet<string>, now: Date): ExemptionProblem | undefined {
  if (!knownRules.has(exemption.rule)) {
    return {
      severity: "refused",
      text: `names no rule of this pack: ${JSON.stringify(exemption.rule)}. RULES.md lists them.`,
    };
  }
  if (isTooBroad(exemption.resource)) {
    return {
      severity: "refused",
      text: `is too broad: its resource must end in a resource's name, or in a pattern with at least three letters of it.`,
    };
  }
  const lastMoment = Date.parse(`${exemption.expires}T23:59:59.999Z`);
  if (lastMoment - now.getTime() > oneYearMs) {
    return { severity: "refused", text: "runs for more than a year. Choose a nearer date, and look at it again then." };
  }
  if (lastMoment < now.getTime()) {
    return { severity: "expired", text: "has expired. Cure the finding, or renew the exemption with a reason." };
  }
  return undefined;
}

/** Whether a URN pattern could cover resources nobody had in mind: the name at its end must be given, at least in part. */
function isTooBroad(pattern: string): boolean {
  const name = pattern.slice(pattern.lastIndexOf("::") === -1 ? 0 : pattern.lastIndexOf("::") + 2);
  const literals = name.split("*");
  return literals.length > 1 ? !literals.some((literal) => literal.length >= 3) : name === "";
}

export function describe(exemption: Exemption): string {
  const finding = exemption.finding === undefined ? "" : `, finding ${JSON.stringify(exemption.finding)}`;
  return `${exemption.rule} on ${exemption.resource}${finding}`;
}

/** The exemptions in force for one stack, and what became of them in this run. */
export class ExemptionBook {
  private readonly uses = new Map<Exemption, number>();
  private readonly undecided = new Set<Exemption>();
  private readonly own: readonly Exemption[];

  constructor(
    exemptions: readonly Exemption[],
    readonly problems: readonly ExemptionProblem[],
    stack: string | undefined,
  ) {
    this.own = exemptions.filter(({ stacks }) => !stacks || (stack !== undefined && stacks.includes(stack)));
  }

  /** Whether a violation is exempt. Counts the use. */
  excuses(violation: Exemptible): boolean {
    const text = findingText(violation.finding);
    const exemption = this.covering(violation.rule, violation.urn).find(
      ({ finding }) => finding === undefined || text.includes(finding),
    );
    if (!exemption) return false;
    this.uses.set(exemption, (this.uses.get(exemption) ?? 0) + 1);
    return true;
  }

  /** Notes that a rule could not judge a resource, so that its exemption is not called unused. */
  noteUndecided(rule: string, urn: string): void {
    for (const exemption of this.covering(rule, urn)) this.undecided.add(exemption);
  }

  /** Exemptions that excused something in this run, with how many findings. */
  get used(): readonly (readonly [exemption: Exemption, findings: number])[] {
    return [...this.uses];
  }

  /** Exemptions that excused nothing although everything that they cover could be judged. */
  get unused(): readonly Exemption[] {
    return this.own.filter((exemption) => !this.uses.has(exemption) && !this.undecided.has(exemption));
  }

  private covering(rule: string, urn: string): readonly Exemption[] {
    return this.own.filter((exemption) => exemption.rule === rule && urnMatches(exemption.resource, urn));
  }
}

function urnMatches(pattern: string, urn: string): boolean {
  const expression = pattern
    .split("*")
    .map((literal) => literal.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${expression}$`, "s").test(urn);
}
