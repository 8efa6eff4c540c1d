import { z } from "zod";
import { isCapacityId } from "../components/inference/fleet-checks";
import { dailyUsd, efaAdapters, hardware, instanceTypes, isInstanceType } from "../components/inference/hardware";
import { type CacheType, cacheTypes, type DatabaseClass, databaseClasses } from "./agents-cost";
import { checkOrigin, databaseOrigin } from "./database-settings";
import { environmentDefaults } from "./environments";
import { domain, fleet, network, pageDomain, withFleetChecks } from "./inference-settings";
import { flag, needs, oneOf, setting, text, whole } from "./setting";
import type { Place } from "./system";
import { vllm, withVllmChecks } from "./vllm-settings";

/** Keys of the configuration's secrets. All may be left out. */
export const agentsSecrets = {
  /** Google's key for Gemini, the last provider of the chain. */
  gemini: "agentsGeminiApiKey",
  /** Keys of callers, as the gateway's API_KEYS. Without it there is one key, which AWS makes up. */
  callers: "agentsApiKeys",
  /** Turns the Datadog agent on. */
  datadog: "agentsDatadogApiKey",
} as const;

const serverTypes = instanceTypes.filter((name) => hardware[name].gpus === 0);

/** Settings of the system agents, under `llm-stacks:agents`. Everything has a default, but for the domain outside dev, and p5 has to be allowed. */
export function agentsSchema(place: Place) {
  const { spareInstances, encryptAlarms } = environmentDefaults[place.environment];
  const prod = place.environment === "prod";
  const schema = z.strictObject({
    ...network(place, "10.3.0.0/16"),
    ...fleet({
      instanceType: prod ? "p5.48xlarge" : "g5.xlarge",
      gpu: true,
      // Elsewhere the queue starts the first engine.
      mayBeEmpty: !prod,
      min: prod ? 2 : 0,
      max: prod ? 8 : 2,
      upAbove: 80,
      downBelow: 20,
      schedules: [],
    }),
    ...vllm(),
    /** Marks the stack as one that may run p5 instances, which cost up to $1,519 a day each. */
    allowP5: flag(false),
    /** Jobs that wait for each engine that are too many. */
    backlogPerInstance: whole(1, 100_000, 10, "jobs"),
    /** Reserved capacity that engines start in. */
    capacity: z
      .strictObject({
        kind: oneOf(["reservation", "block"], "reservation"),
        id: setting(
          z.string().refine(isCapacityId),
          "the id of a capacity reservation or a Capacity Block",
          "cr-0123456789abcdef0",
        ),
        zone: setting(z.string(), "the zone that it is in, one of availabilityZones", `${place.region}a`),
      })
      .optional(),
    /** Adapters of Elastic Fabric Adapter, for models split over several instances. */
    efa: flag(false),
    /** Machines that run the gateway. */
    servers: z
      .strictObject({
        instanceTypes: setting(
          z
            .array(setting(z.enum(serverTypes), `one of ${serverTypes.join(", ")}`, "t4g.medium"))
            .min(1)
            .default([prod ? "c6i.xlarge" : "t4g.medium"]),
          "a list of instance types without GPUs",
          "t4g.medium",
        ),
        size: z
          .strictObject({
            min: whole(1, 100, 1 + spareInstances, "instances"),
            max: whole(1, 100, 2 + 4 * spareInstances, "instances"),
          })
          .prefault({}),
      })
      .prefault({}),
    database: z
      .strictObject({
        instanceClass: oneOf(Object.keys(databaseClasses) as DatabaseClass[], prod ? "db.r6g.xlarge" : "db.t4g.small"),
        multiAz: flag(spareInstances > 0),
        storageGiB: whole(20, 65_536, prod ? 100 : 20, "GiB"),
        backupDays: whole(1, 35, 7, "days"),
        ...databaseOrigin(),
      })
      .prefault({}),
    cache: z
      .strictObject({
        nodeType: oneOf(Object.keys(cacheTypes) as CacheType[], prod ? "cache.r6g.large" : "cache.t4g.micro"),
        nodes: whole(1, 6, 1 + spareInstances, "nodes"),
      })
      .prefault({}),
    /** Seconds in which a job is one worker's alone; the gateway extends them while it works. */
    jobVisibilitySeconds: whole(30, 43_200, 120, "seconds"),
    /** Seconds that a job may wait before someone is woken. */
    jobAgeSeconds: whole(60, 345_600, 900, "seconds"),
    resultDays: whole(1, 3650, 30, "days"),
    /** Provider between vLLM and Gemini. */
    ollama: z
      .strictObject({
        url: text(/^https:\/\/[a-z0-9.-]+(:443)?\/v1$/, "https, a host and /v1", "https://ollama.example.com/v1"),
        model: text(/^[A-Za-z0-9][\w.:/-]{0,127}$/, "a model that it has", "llama3.2:1b"),
      })
      .optional(),
    datadogSite: text(/^[a-z0-9]+([.-][a-z0-9]+)+$/, "a site of Datadog", "datadoghq.com").default("datadoghq.com"),
    encryptAlarms: flag(encryptAlarms),
    domain: domain(place, "agents-origin.example.com"),
    pageDomain: pageDomain(),
  });
  return withFleetChecks(withVllmChecks(schema), place)
    .superRefine(
      ({ allowP5, instanceTypes: types, size }, issues) => {
        if (!allowP5) refuseP5(types, size, issues);
      },
      needs("allowP5", "instanceTypes", "size"),
    )
    .superRefine(
      ({ capacity, instanceTypes: types, spot, availabilityZones }, issues) => {
        if (!capacity) return;
        if (spot || types.length > 1) {
          const message = "is of one instance type on demand; leave spot out and name one type.";
          issues.addIssue({ code: "custom", path: ["capacity"], message });
        }
        if (!availabilityZones.includes(capacity.zone)) {
          const message = `${capacity.zone} is not in availabilityZones (${availabilityZones.join(", ")}); add it, or take capacity there.`;
          issues.addIssue({ code: "custom", path: ["capacity", "zone"], message });
        }
      },
      needs("capacity", "instanceTypes", "spot", "availabilityZones"),
    )
    .superRefine(
      ({ efa, instanceTypes: types }, issues) => {
        if (!efa || (types.length === 1 && types.every((type) => efaAdapters(type) !== undefined))) return;
        const message = `is for one instance type with EFA, not for ${types.join(", ")}; take one such as p5.48xlarge, or leave efa off.`;
        issues.addIssue({ code: "custom", path: ["efa"], message });
      },
      needs("efa", "instanceTypes"),
    )
    .superRefine(({ database }, issues) => checkOrigin(database, issues), needs("database"))
    .superRefine(({ servers: { size, instanceTypes: types } }, issues) => {
      if (size.min > size.max) {
        const message = `the least size, ${size.min}, is above the largest, ${size.max}; raise servers.size.max or lower servers.size.min.`;
        issues.addIssue({ code: "custom", path: ["servers", "size", "min"], message });
      }
      const architectures = new Set(types.filter(isInstanceType).map((name) => hardware[name].arch));
      if (architectures.size > 1) {
        const message = "mixes x86_64 and arm64; one image can't start on both.";
        issues.addIssue({ code: "custom", path: ["servers", "instanceTypes"], message });
      }
    }, needs("servers"));
}

export type AgentsSettings = z.output<ReturnType<typeof agentsSchema>>;

/** Names each p5 type with what it costs: nobody is to find out on the bill. */
function refuseP5(
  types: readonly string[],
  { min, max }: { readonly min: number; readonly max: number },
  issues: z.core.$RefinementCtx,
): void {
  types.filter(isInstanceType).forEach((name, index) => {
    if (!/^p5[a-z]*\./.test(name)) return;
    const row = hardware[name];
    const { region, date } = row.usdPerHour;
    const [one, least, most] = [1, min, max].map((instances) => dollars(dailyUsd(row, instances)));
    const message =
      `${name} costs ${one} a day, and ${min} to ${max} of them ${least} to ${most} a day (${region}, on demand, ${date}). ` +
      "If that is meant, set allowP5 to true; else name a smaller type, such as g5.xlarge.";
    issues.addIssue({ code: "custom", path: ["instanceTypes", index], message });
  });
}

function dollars(usd: number): string {
  return `$${usd.toLocaleString("en-US", { maximumFractionDigits: 0 })}`;
}
