/**
 * Programs over generated configurations: a stack's configuration as the engine would give it, the program run under mocks, and what it
 * registered. For properties that hold for every configuration, not for the shipped ones alone.
 *
 * It does not show what the provider makes of the inputs, nor that AWS takes them.
 */
import fc from "fast-check";
import { type Environment, environments } from "../../components/lib/context";
import { buildSystems } from "../../stacks/build";
import { parseStackConfig } from "../../stacks/config";
import { type SystemName, systems } from "../../stacks/systems";
import { type Recording, record, resolved } from "./mocks";

/** What a stack's configuration is made of, for one system. */
export interface Configuration {
  readonly stack: string;
  readonly environment: Environment;
  readonly region: string;
  readonly accountId: string;
  readonly alarmEmail: string | undefined;
  /** The system's own settings, as they stand in the stack's file. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Configuration secrets by key. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What a stack `dev` is configured with when it leaves everything at its default. */
export const devDefaults: Configuration = {
  stack: "dev",
  environment: "dev",
  region: "us-east-1",
  accountId: "123456789012",
  alarmEmail: "ops@example.com",
  settings: {},
  secrets: {},
};

export interface Registered {
  readonly configuration: Configuration;
  readonly recording: Recording;
  /** The system's outputs, resolved. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Regions of each partition that has all services; CloudFront's own among them. */
const regions = ["us-east-1", "us-west-2", "eu-central-1", "ap-southeast-2"] as const;

const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz");
const namePart = fc
  .tuple(letter, fc.string({ unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789"), maxLength: 7 }))
  .map((parts) => parts.join(""));
/** Stack names up to the 20 characters that there may be. */
export const stackNames = fc
  .array(namePart, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("-").slice(0, 20).replace(/-+$/, ""));

/** Zones of a region, two or three, in any order. */
function zonesOf(region: string): fc.Arbitrary<string[]> {
  return fc
    .uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 2, maxLength: 3 })
    .map((letters) => letters.map((zone) => `${region}${zone}`));
}

/** A name with its certificate, as every environment but dev needs for its load balancer. */
function certificate(region: string, accountId: string, name: string) {
  return {
    name,
    certificateArn: `arn:aws:acm:${region}:${accountId}:certificate/11111111-2222-3333-4444-555555555555`,
  };
}

/**
 * Configurations of a system behind a load balancer: every environment, several regions, two or three zones, any names.
 * @param more settings of the system's own, and its secrets; the rest is generated here
 */
export function inferenceConfigurations(
  more: (environment: Environment) => fc.Arbitrary<{
    readonly settings: Readonly<Record<string, unknown>>;
    readonly secrets?: Readonly<Record<string, string>>;
  }>,
): fc.Arbitrary<Configuration> {
  const place = fc.record({
    stack: stackNames,
    environment: fc.constantFrom(...environments.filter((environment) => environment !== "free")),
    region: fc.constantFrom(...regions),
    accountId: fc.stringMatching(/^[1-9]\d{11}$/),
    alarmEmail: fc.option(fc.constantFrom("ops@example.com", "on-call+ai@example.org"), { nil: undefined }),
    cidr: fc.integer({ min: 0, max: 255 }).map((block) => `10.${block}.0.0/16`),
    ownDomain: fc.boolean(),
    ownPageDomain: fc.boolean(),
    flowLogs: fc.boolean(),
    nat: fc.constantFrom("single", "per-az"),
    encryptAlarms: fc.boolean(),
  });
  return place.chain(({ cidr, ownDomain, ownPageDomain, flowLogs, nat, encryptAlarms, ...where }) =>
    fc.tuple(zonesOf(where.region), more(where.environment)).map(([availabilityZones, { settings, secrets = {} }]) => ({
      ...where,
      secrets,
      settings: {
        cidr,
        availabilityZones,
        flowLogs,
        nat,
        encryptAlarms,
        ...(ownDomain || where.environment !== "dev"
          ? { domain: certificate(where.region, where.accountId, "origin.example.com") }
          : {}),
        ...(ownPageDomain ? { pageDomain: certificate("us-east-1", where.accountId, "page.example.com") } : {}),
        ...settings,
      },
    })),
  );
}

/** What stands for secrets that AWS makes up: a test that finds it in the clear has found a leak. */
export const madeUpSecret = "Zq7".repeat(16);

/** Answers to what the program asks AWS. */
export const awsAnswers = {
  "aws:ssm/getParameter:getParameter": { insecureValue: "ami-0123456789abcdef0", value: "secret" },
  "aws:ec2/getManagedPrefixList:getManagedPrefixList": { id: "pl-cloudfront" },
  "aws:secretsmanager/getRandomPassword:getRandomPassword": { randomPassword: madeUpSecret },
};

/** A configuration's keys with their namespace, as the engine gives them to the program. */
export function configurationText(system: SystemName, configuration: Configuration): Record<string, string> {
  const { environment, region, alarmEmail, settings } = configuration;
  return {
    "aws:region": region,
    "llm-stacks:environment": environment,
    "llm-stacks:systems": JSON.stringify([system]),
    [`llm-stacks:${systems[system].configKey}`]: JSON.stringify(settings),
    ...(alarmEmail === undefined ? {} : { "llm-stacks:alarmEmail": alarmEmail }),
    ...secretsOf(configuration),
  };
}

function secretsOf({ secrets }: Configuration): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).map(([key, value]) => [`llm-stacks:${key}`, value]));
}

/** Runs the program for one system. @throws ConfigError as the program would */
export async function registered(system: SystemName, configuration: Configuration): Promise<Registered> {
  const { stack, accountId } = configuration;
  const { configKey } = systems[system];
  const config = parseStackConfig(configurationText(system, configuration), "llm-stacks", stack);
  const { result, recording } = await record(() => buildSystems(config, accountId), {
    calls: awsAnswers,
    stack,
    config: secretsOf(configuration),
  });
  const outputs = (await resolved(result[configKey] ?? {})) as Record<string, unknown>;
  return { configuration, recording, outputs };
}

/** A property of what the program registers. */
export type Holds = (registered: Registered) => void | Promise<void>;

/**
 * A way to say that something holds for every configuration: `await forAll((registered) => …)`. All properties of a file see the same configurations, each of
 * which is run once; the seed is another one each time, and stands in the message of a failure with the configuration.
 */
export function everywhere(
  system: SystemName,
  configurations: fc.Arbitrary<Configuration>,
  runs = 10,
): (holds: Holds) => Promise<void> {
  const seed = Date.now() % 2 ** 31;
  const seen = new Map<string, Promise<Registered>>();
  const once = (configuration: Configuration) => {
    const key = JSON.stringify(configuration);
    const known = seen.get(key) ?? registered(system, configuration);
    seen.set(key, known);
    return known;
  };
  return (holds) =>
    fc.assert(
      fc.asyncProperty(configurations, async (configuration) => holds(await once(configuration))),
      // Each smaller configuration would be another run of the program: a minute for what the first counterexample says already.
      { seed, numRuns: runs, endOnFailure: true },
    );
}

/** Marks a value that the SDK sends as a secret. Source: https://www.pulumi.com/docs/iac/concepts/secrets/ */
export const secretMark = "4dabf18193072939515e22adb298388d";

/** A resource's inputs without what is marked as secret: what stands in the state in the clear. */
export function inTheClear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inTheClear);
  if (typeof value !== "object" || value === null) return value;
  if (secretMark in value) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inTheClear(each)]));
}

/** A resource's inputs with secrets as plain values. */
export function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null) return value;
  if (secretMark in value) return unwrapped((value as unknown as { value: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unwrapped(each)]));
}
