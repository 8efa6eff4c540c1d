import { z } from "zod";
import { UsageError } from "../automation/lib/exit";
import { UserError } from "../automation/lib/user-error";

/** What a load test asks, and the names it is known by: all of it read from a stack's outputs. */
export interface Target {
  readonly system: TestedSystem;
  /** Output whose URL is asked. */
  readonly output: string;
  readonly url: string;
  readonly model: string;
  /** SSM parameter with the key; undefined where none is asked for. */
  readonly apiKeyParameter: string | undefined;
  /** `rest` where a REST API asks for the key; undefined otherwise. */
  readonly edgeApi: "rest" | undefined;
  /** Target groups of the engine, whose place the small model takes on this machine. */
  readonly targetGroupArns: readonly string[];
  /** For the report: load balancer, Auto Scaling group, dashboard, and what else tells of the load. */
  readonly resources: Readonly<Record<string, string>>;
}

/** Systems that can be tested: their key in the outputs, and there the URLs that answer, the usual one first, and the target groups. */
const systems = {
  // CloudFront, which streams; an HTTP API does not, and gives up after 30 s.
  phi3: { configKey: "phi3", urls: ["pageUrl", "apiUrl"], targetGroups: ["targetGroupArn"] },
  ollama: { configKey: "ollama", urls: ["ollamaUrl"], targetGroups: ["apiTargetGroupArn", "webUiTargetGroupArn"] },
} as const;

export type TestedSystem = keyof typeof systems;

const https = z.url({ protocol: /^https?$/ });

const arn = z.string().startsWith("arn:");
const outputsSchema = z.object({
  model: z.string().min(1),
  apiKeyParameter: z.string().startsWith("/").optional(),
  edgeApi: z.literal("rest").optional(),
  loadBalancerDns: z.string().min(1),
  groupName: z.string().min(1),
  dashboardUrl: https,
  alarmTopicArn: arn,
});

/** What the outputs are called in a report. */
const shown = {
  "Load balancer": "loadBalancerDns",
  "Auto Scaling group": "groupName",
  Dashboard: "dashboardUrl",
  "Alarm topic": "alarmTopicArn",
} as const;

/** @throws UsageError for one that has no load test */
export function testedSystem(name: string): TestedSystem {
  if (Object.hasOwn(systems, name)) return name as TestedSystem;
  throw new UsageError(
    `There is no load test of "${name}".`,
    `Systems with one: ${Object.keys(systems).sort().join(", ")}.`,
  );
}

/**
 * Finds out from the outputs what to ask.
 *
 * @param outputs of the whole stack, one object per system
 * @param through the output whose URL to ask. Default: the system's usual one
 * @throws UserError when the system is not deployed, an output is missing, or names something of another system; UsageError for a `through` that has no URL to ask
 */
export function targetOf(
  system: TestedSystem,
  stackName: string,
  outputs: Readonly<Record<string, unknown>>,
  through?: string,
): Target {
  const { configKey, urls, targetGroups } = systems[system];
  const output = through ?? urls[0];
  if (!urls.some((known) => known === output)) {
    throw new UsageError(`--through ${output} is no URL of ${system} to test.`, `Give one of ${urls.join(", ")}.`);
  }
  const found = outputsSchema.safeParse(outputs[configKey]);
  const addresses: Record<string, z.ZodType<string>> = { [output]: https };
  for (const key of targetGroups) addresses[key] = arn;
  const own = z.object(addresses).safeParse(outputs[configKey]);
  if (!found.success || !own.success) {
    const issues = [...(found.error?.issues ?? []), ...(own.error?.issues ?? [])];
    const mistakes = issues.map(({ path, message }) => `${path.join(".") || configKey}: ${message}`);
    throw new UserError(
      `Stack ${stackName} has no complete ${system} (${mistakes.join("; ")}): it is not deployed, or not with this version.`,
      `Deploy it: ./llm up ${stackName} --systems ${system}`,
      { cause: found.error ?? own.error },
    );
  }
  const { data } = found;
  for (const key of ["loadBalancerDns", "groupName"] as const) {
    if (data[key].startsWith(`${system}-`)) continue;
    throw new UserError(
      `${key} of ${system} in stack ${stackName} is "${data[key]}", which is not a name of ${system}.`,
      `Deploy the stack again, so that its outputs are written anew: ./llm up ${stackName}`,
    );
  }
  return {
    system,
    output,
    url: String(own.data[output]).replace(/\/+$/, ""),
    model: data.model,
    apiKeyParameter: data.apiKeyParameter,
    edgeApi: data.edgeApi,
    targetGroupArns: targetGroups.map((key) => String(own.data[key])),
    resources: Object.fromEntries(Object.entries(shown).map(([label, key]) => [label, data[key]])),
  };
}
