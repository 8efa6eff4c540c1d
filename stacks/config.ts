import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type Environment, environments } from "../components/lib/context";
import { isNamePart } from "../components/lib/names";
import { overlap } from "../components/network/cidr";
import { flag, helpFor, setting, settingsAt } from "./setting";
import type { ConfiguredSystem, Place } from "./system";
import { type SystemName, systemNames, systems } from "./systems";

/** The configuration of a stack, read and checked. */
export interface StackConfig {
  readonly project: string;
  readonly stack: string;
  readonly region: string;
  readonly environment: Environment;
  readonly systems: ReadonlyMap<SystemName, ConfiguredSystem>;
  readonly alarmEmail: string | undefined;
  readonly manageApiGatewayLogging: boolean;
  /** When the stack may be taken down, ISO 8601 in UTC. Undefined: it stays. */
  readonly expiresOn: string | undefined;
  /** ARN of the policy that bounds every role. Undefined: none does. */
  readonly permissionsBoundary: string | undefined;
}

/** All that is wrong with a stack's configuration. Pulumi prints the message without a stack trace. */
export class ConfigError extends pulumi.RunError {
  constructor(
    stack: string,
    readonly mistakes: readonly string[],
  ) {
    const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
    super(`The configuration of stack ${stack} has ${count}.\n\n${mistakes.join("\n\n")}\n`);
  }
}

const namespace = "llm-stacks";
/** What zod says of a refinement without a message of its own. */
const plainRefusal = "Invalid input";
/** Keeps the shortest physical names, 32 characters of a load balancer, readable. */
const longestStackName = 20;

/** Keys of this namespace that are plain text; the others hold JSON. */
const textKeys = new Set([
  "environment",
  "alarmEmail",
  "accountId",
  "backupRegion",
  "expiresOn",
  "permissionsBoundary",
]);
/** 30 days: what stays longer is not forgotten. */
const longestTtlHours = 720;
const regionName = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** Settings of a stack beside those of its systems. */
export const baseSettings = {
  environment: setting(z.enum(environments), `one of ${environments.join(", ")}`, "dev"),
  systems: setting(
    z.array(setting(z.enum(systemNames), `one of ${systemNames.join(", ")}`, systemNames[0] ?? "")).min(1),
    `a list of at least one of ${systemNames.join(", ")}`,
    systemNames[0] ?? "",
  ),
  alarmEmail: setting(z.email().optional(), "an e-mail address that gets the alarms", "ops@example.com"),
  manageApiGatewayLogging: flag(true),
  accountId: setting(
    z
      .string()
      .regex(/^\d{12}$/)
      .optional(),
    "the twelve digits of the one AWS account that the stack may be in",
    "123456789012",
  ),
  backupRegion: setting(z.string().regex(regionName).optional(), "an AWS region for ./llm backup", "us-west-2"),
  permissionsBoundary: setting(
    z
      .string()
      .regex(/^arn:aws(-cn|-us-gov)?:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/)
      .optional(),
    "the ARN of an IAM policy that bounds the roles of the stack, as ./llm bootstrap makes one",
    "arn:aws:iam::123456789012:policy/platform-workload-dev",
  ),
  ttlHours: setting(
    z.int().min(1).max(longestTtlHours).optional(),
    `a whole number of hours from 1 to ${longestTtlHours}, after which ./llm reap may take the stack down`,
    48,
  ),
  // Written by ./llm up from ttlHours, so that it is the same at every preview.
  expiresOn: setting(
    z.iso.datetime().optional(),
    'a time in UTC and in quotes, such as "2026-12-01T18:00:00Z"',
    "2026-12-01T18:00:00Z",
  ),
};

const rows = Object.values(systems);
const stackSchema = z.strictObject({
  ...baseSettings,
  ...Object.fromEntries(rows.map((row) => [row.configKey, z.unknown().optional()])),
  ...Object.fromEntries(rows.flatMap((row) => row.secretKeys).map((key) => [key, z.unknown().optional()])),
});

type Raw = Readonly<Record<string, unknown>>;

/** Reads the configuration of the stack the engine runs. @throws ConfigError with every mistake */
export function readStackConfig(): StackConfig {
  return parseStackConfig(pulumi.runtime.allConfig(), pulumi.getProject(), pulumi.getStack());
}

/**
 * @param all every key of the stack's configuration with its namespace, as the engine gives them: text, or JSON for lists and objects
 * @throws ConfigError with every mistake, what was expected, and the command that mends it
 */
export function parseStackConfig(all: Readonly<Record<string, string>>, project: string, stack: string): StackConfig {
  const report = new Report(stack);
  if (!isNamePart(stack) || stack.length > longestStackName) {
    report.add(
      `Stack "${stack}" can't be part of AWS names: use up to ${longestStackName} lower case letters, digits and single hyphens, a letter first.`,
    );
  }
  const region = all["aws:region"];
  if (!region) report.add("aws:region is not set; expected an AWS region.", "pulumi config set aws:region us-east-1");
  const raw = ownKeys(all);
  const base = stackSchema.safeParse(raw, { reportInput: true });
  report.addIssues(stackSchema, base.error?.issues ?? [], []);

  const environment = z.enum(environments).safeParse(raw["environment"]);
  for (const key of ["ttlHours", "expiresOn"]) {
    if (environment.data !== "prod" || raw[key] === undefined) continue;
    report.add(`${namespace}:${key} is set, and production does not expire.`, `pulumi config rm ${namespace}:${key}`);
  }
  const configured = new Map<SystemName, ConfiguredSystem>();
  if (environment.success && region) {
    const secrets = new Set(rows.flatMap((row) => row.secretKeys).filter((key) => raw[key] !== undefined));
    const place = { environment: environment.data, region, secrets };
    const listed = Array.isArray(raw["systems"]) ? raw["systems"] : [];
    for (const name of systemNames) {
      // Settings of a system that is left out for now are checked too: they would fail when it comes back.
      if (!listed.includes(name) && raw[systems[name].configKey] === undefined) continue;
      const system = configureSystem(name, raw, place, report);
      if (system && listed.includes(name)) configured.set(name, system);
    }
    const named = systemNames.filter((name) => listed.includes(name));
    for (const mistake of overlaps(named, raw, place)) report.add(mistake);
  }
  if (report.mistakes.length > 0 || !base.success || !region) throw new ConfigError(stack, report.mistakes);
  const {
    alarmEmail,
    manageApiGatewayLogging,
    environment: environmentName,
    expiresOn,
    permissionsBoundary,
  } = base.data;
  return {
    project,
    stack,
    region,
    environment: environmentName,
    systems: configured,
    alarmEmail,
    manageApiGatewayLogging,
    expiresOn,
    permissionsBoundary,
  };
}

function configureSystem(name: SystemName, raw: Raw, place: Place, report: Report): ConfiguredSystem | undefined {
  const row = systems[name];
  const result = row.configure(raw[row.configKey] ?? {}, place);
  if ("system" in result) return result.system;
  report.addIssues(row.schema(place), result.mistakes, [row.configKey]);
  return undefined;
}

/** VPCs of one stack whose addresses overlap: they could never be peered, nor reached through one transit gateway. */
function overlaps(names: readonly SystemName[], raw: Raw, place: Place): string[] {
  const blocks = names.flatMap((name) => {
    const cidr = cidrOf(name, raw, place);
    return cidr === undefined ? [] : [{ name, cidr }];
  });
  return blocks.flatMap((one, index) =>
    blocks
      .slice(index + 1)
      .filter((other) => overlap(one.cidr, other.cidr))
      .map(
        (other) =>
          `${configPath([systems[other.name].configKey, "cidr"])} is ${other.cidr}, which overlaps ${one.cidr} of ${one.name}; give each system a block of its own.`,
      ),
  );
}

/** The addresses of a system's VPC, whatever else is wrong with its settings. */
export function cidrOf(name: SystemName, raw: Raw, place: Place): string | undefined {
  const { configKey, schema } = systems[name];
  const object = schema(place);
  const own = raw[configKey] ?? {};
  const given = typeof own === "object" ? (own as Raw)["cidr"] : undefined;
  const { cidr } = (object instanceof z.ZodObject ? object.shape : {}) as Readonly<Record<string, z.ZodType>>;
  const data = cidr?.safeParse(given).data;
  return typeof data === "string" ? data : undefined;
}

/** This namespace's keys without it. Text that is not JSON stays text: the schema says what was expected instead. */
function ownKeys(all: Readonly<Record<string, string>>): Raw {
  const plain = new Set([...textKeys, ...rows.flatMap((row) => row.secretKeys)]);
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(`${namespace}:`))
      .map(([key, text]) => [key.slice(namespace.length + 1), text] as const)
      .map(([name, text]) => [name, plain.has(name) ? text : fromJson(text)]),
  );
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

class Report {
  readonly mistakes: string[] = [];

  constructor(private readonly stack: string) {}

  add(mistake: string, command?: string): void {
    this.mistakes.push(command ? `${mistake}\n  ${command} --stack ${this.stack}` : mistake);
  }

  /** @param prefix where the schema's value stands in the configuration */
  addIssues(schema: z.ZodType, issues: readonly z.core.$ZodIssue[], prefix: readonly PropertyKey[]): void {
    for (const issue of issues) {
      if (issue.code === "unrecognized_keys") this.addUnknown(schema, issue.path, issue.keys, prefix);
      else this.addWrong(schema, issue, prefix);
    }
  }

  private addUnknown(schema: z.ZodType, path: PropertyKey[], keys: string[], prefix: readonly PropertyKey[]): void {
    const known = settingsAt(schema, path).join(", ");
    for (const key of keys) {
      const place = configPath([...prefix, ...path, key]);
      this.add(`${place} is not a setting; known are ${known}.`, `pulumi config rm --path '${place}'`);
    }
  }

  private addWrong(schema: z.ZodType, issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): void {
    const place = configPath([...prefix, ...issue.path]);
    const found = issue.input === undefined || issue.input === "" ? "is not set" : `is ${quote(issue.input)}`;
    const help = helpFor(schema, issue.path);
    if (issue.code === "custom" && issue.message !== plainRefusal) {
      this.mistakes.push(`${place}: ${issue.message}`);
      return;
    }
    const expected = help ? `expected ${help.expects}.` : issue.message;
    const target = Array.isArray(issue.input) || place.endsWith(":systems") ? `${place}[0]` : place;
    const command = help ? `pulumi config set --path '${target}' ${shellQuote(String(help.example))}` : undefined;
    this.add(`${place} ${found}; ${expected}`, command);
  }
}

function configPath(path: readonly PropertyKey[]): string {
  const steps = path.map((step, index) => {
    if (typeof step === "number") return `[${step}]`;
    return index === 0 ? String(step) : `.${String(step)}`;
  });
  return `${namespace}:${steps.join("")}`;
}

function quote(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
